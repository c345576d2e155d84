//! A way to a server on which messages can get lost and commands late although connections stay.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes everything on, but for what a connection that has subscribed is told while it is mute.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    mute: AtomicBool,
    hold: watch::Sender<bool>,
    subscriptions: AtomicUsize,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let passing = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, server, Arc::clone(&passing)));
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// From now on nobody who has subscribed is told anything, until it is `false` again. A
    /// connection that missed something then is of no use any more.
    pub(crate) fn mute(&self, mute: bool) {
        self.shared.mute.store(mute, Ordering::SeqCst);
    }

    /// From now on commands are kept back, but for those of connections that have subscribed; then
    /// they are all passed on.
    pub(crate) fn hold(&self, hold: bool) {
        self.shared.hold.send_replace(hold);
    }

    /// How many connections have subscribed to something.
    pub(crate) fn subscriptions(&self) -> usize {
        self.shared.subscriptions.load(Ordering::SeqCst)
    }
}

async fn pass_on(client: TcpStream, server: SocketAddr, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Small commands must not wait for each other.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let subscribed = Arc::new(AtomicBool::new(false));
    // What was sent is passed on, also where its sender has gone since.
    let passing = tokio::spawn({
        let (shared, subscribed) = (Arc::clone(&shared), Arc::clone(&subscribed));
        async move { answers(from_server, to_client, &shared, &subscribed).await }
    });
    commands(from_client, to_server, &shared, &subscribed).await;
    passing.abort();
}

async fn commands(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    subscribed: &AtomicBool,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let is_subscribing = bytes[..count].windows(9).any(|word| word == b"SUBSCRIBE");
        if is_subscribing && !subscribed.swap(true, Ordering::SeqCst) {
            shared.subscriptions.fetch_add(1, Ordering::SeqCst);
        }
        if !subscribed.load(Ordering::SeqCst) {
            let _ = shared.hold.subscribe().wait_for(|hold| !hold).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    subscribed: &AtomicBool,
) {
    let mut bytes = vec![0; 64 * 1024];
    let mut has_missed = false;
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        has_missed |= shared.mute.load(Ordering::SeqCst) && subscribed.load(Ordering::SeqCst);
        // What comes after a gap would make no sense.
        if !has_missed && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
