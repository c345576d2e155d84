//! The HTTP server: accepts connections, bounds them, and drains them at shutdown.
//!
//! One [`Server::run`] serves one listener on the runtime it is called on; for one runtime per
//! core, run a clone with its own listener on each (see [`super::listener::bind_shared`]). Clones
//! share their bounds and counters, but nothing that every request writes to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::budget::{Grant, Holder};
use super::client_address::{TrustedProxies, counted};
use super::connection;
use super::limits::Limits;
use super::message::{RequestId, Service};
use super::socket::reset_on_close;
use super::stats::{Cause, Lane, Stats};
use super::tls::Tls;
use crate::domain::time::Timestamp;
use crate::panics::contained;

/// How long to wait after an accept that failed for want of descriptors or memory: trying again at
/// once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The only clock of the service.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An HTTP server for one service. Clones serve the same within the same bounds.
pub struct Server<S> {
    shared: Shared<S>,
}

impl<S> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.fork(),
        }
    }
}

/// What all connections of a listener have in common.
pub(super) struct Shared<S> {
    pub(super) service: Arc<S>,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) tls: Option<Tls>,
    pub(super) proxies: TrustedProxies,
    pub(super) stats: Arc<Stats>,
    pub(super) lane: Arc<Lane>,
}

impl<S> Shared<S> {
    /// A copy for another listener.
    fn fork(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            limits: self.limits.clone(),
            clock: Arc::clone(&self.clock),
            tls: self.tls.clone(),
            proxies: self.proxies.clone(),
            stats: Arc::clone(&self.stats),
            lane: self.stats.lane(random_or((self.clock)())),
        }
    }
}

/// A random number. Without the system's randomness identifiers start at the clock: still unique in
/// this process, and they are names, not secrets.
fn random_or(now: Timestamp) -> u64 {
    getrandom::u64().unwrap_or(now.micros().unsigned_abs())
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections cut because they were still open when the drain time was over.
    pub connections_cut: usize,
    /// Requests without an answer on them; 0 in a clean stop.
    pub requests_cut: usize,
    /// From the signal to the end.
    pub took: Duration,
}

impl<S: Service> Server<S> {
    /// A server for `service`, within `limits`.
    pub fn new<C>(service: Arc<S>, limits: Limits, clock: C) -> Self
    where
        C: Fn() -> Timestamp + Send + Sync + 'static,
    {
        let stats: Arc<Stats> = Arc::default();
        Self {
            shared: Shared {
                service,
                limits,
                lane: stats.lane(random_or(clock())),
                clock: Arc::new(clock),
                tls: None,
                proxies: TrustedProxies::default(),
                stats,
            },
        }
    }

    /// Serves TLS instead of plain text.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.shared.tls = Some(tls);
        self
    }

    /// Believes these proxies where they name the client of a request.
    #[must_use]
    pub fn with_trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.shared.proxies = proxies;
        self
    }

    /// The counters of this server; they live as long as anyone holds them.
    #[must_use]
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.shared.stats)
    }

    /// Serves `listener` until `shutdown` completes, then drains: requests in flight and requests
    /// already on their way are answered, new connections are not taken, and what is still open
    /// after [`Limits::drain`] is cut.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Drained {
        let shared = Arc::new(self.shared);
        let (drain, drained) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => admit(&shared, &mut connections, &drained, stream, peer),
                    Err(error) => pause_after(&error).await,
                },
            }
        }
        let from = Instant::now();
        drain.send_replace(true);
        // Clients in the backlog have a connection already as far as they can tell.
        while let Some(accepted) = listener.accept().now_or_never() {
            if let Ok((stream, peer)) = accepted {
                admit(&shared, &mut connections, &drained, stream, peer);
            }
        }
        drop(listener);
        let end = from + shared.limits.drain;
        while let Ok(Some(_)) = tokio::time::timeout_at(end, connections.join_next()).await {}
        let cut = Drained {
            connections_cut: connections.len(),
            requests_cut: shared.lane.unanswered.load(Relaxed),
            took: from.elapsed(),
        };
        connections.shutdown().await;
        cut
    }
}

fn admit<S: Service>(
    shared: &Arc<Shared<S>>,
    connections: &mut JoinSet<()>,
    drained: &watch::Receiver<bool>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    let Some(permit) = connection_permit(shared, peer.ip()) else {
        shared.stats.count(Cause::ConnectionLimit);
        reset_on_close(&stream);
        return;
    };
    // Nagle's algorithm against delayed acknowledgements costs 40 ms an answer.
    let _ = stream.set_nodelay(true);
    let shared = Arc::clone(shared);
    let drained = drained.clone();
    connections.spawn(async move {
        let serving = pin!(connection::serve(shared, stream, peer.ip(), drained));
        // A panic ends this connection; the log says where.
        let _panicked = contained(serving).await;
        drop(permit);
    });
}

/// A permit for an open connection; `None` where there are too many, in all or of this peer.
fn connection_permit<S>(shared: &Shared<S>, peer: IpAddr) -> Option<Grant> {
    let most = shared.limits.connections;
    let holder = Holder::Address(counted(peer));
    let share = match shared.proxies.trusts(peer) {
        // Its connections are those of many clients.
        true => most,
        false => shared.limits.share(most, holder),
    };
    let mut permit = shared.stats.connections.grant(holder);
    permit.hold(1, share, most).is_ok().then_some(permit)
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("limits", &self.shared.limits)
            .field("tls", &self.shared.tls.is_some())
            .finish_non_exhaustive()
    }
}

impl<S> Shared<S> {
    /// Different for every request of this process: a counter from a random start, its bits mixed
    /// (splitmix64, a bijection).
    pub(super) fn next_request_id(&self) -> RequestId {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.lane.next_id.fetch_add(STEP, Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        RequestId::from_bits(z)
    }
}

async fn pause_after(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    // These concern the one connection, which is gone.
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    ) {
        return;
    }
    tracing::warn!(%error, "cannot accept connections; raise the limit on open files if this stays");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
