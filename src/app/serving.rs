//! The threads that answer HTTP: each with a runtime and a listener of its own, so that a request
//! never changes its core, and all with the same bounds.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::num::NonZero;
use std::thread;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use super::{AppError, Stage, reached};
use crate::http::listener;
use crate::http::message::Service;
use crate::http::server::{Drained, Server};

/// Listeners that share one address.
pub(super) struct Listeners {
    pub(super) address: SocketAddr,
    all: Vec<StdListener>,
}

/// How many threads answer: as configured, else one for each core that this process may use.
#[must_use]
pub(super) fn threads(configured: usize) -> usize {
    match configured {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        some => some,
    }
}

/// Listens on `address` as often as there are `threads`.
///
/// # Errors
/// [`AppError::Listen`].
pub(super) fn bind(address: SocketAddr, threads: usize) -> Result<Listeners, AppError> {
    let failed = |source| AppError::Listen { address, source };
    bind_all(address, threads).map_err(failed)
}

fn bind_all(address: SocketAddr, threads: usize) -> io::Result<Listeners> {
    if threads <= 1 {
        let only = listener::bind(address)?.into_std()?;
        return Ok(Listeners {
            address: only.local_addr()?,
            all: vec![only],
        });
    }
    // Listeners that share an address share it with any other process of this user that does the
    // same; one that does not share finds out whether somebody is there.
    drop(listener::bind(address)?);
    let first = listener::bind_shared(address)?.into_std()?;
    let address = first.local_addr()?;
    let mut all = vec![first];
    for _ in 1..threads {
        all.push(listener::bind_shared(address)?.into_std()?);
    }
    Ok(Listeners { address, all })
}

/// Threads that serve.
pub(super) struct Serving {
    ends: Vec<oneshot::Receiver<Drained>>,
}

/// Serves every listener on a thread of its own, until the service drains.
///
/// # Errors
/// [`AppError::Thread`]; listeners that were served already stop when `stage` is dropped.
pub(super) fn serve<S: Service>(
    server: &Server<S>,
    listeners: Listeners,
    stage: &watch::Receiver<Stage>,
) -> Result<Serving, AppError> {
    let mut ends = Vec::new();
    for (index, listener) in listeners.all.into_iter().enumerate() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Thread)?;
        let (server, stage) = (server.clone(), stage.clone());
        let (end, ended) = oneshot::channel();
        let run = move || {
            let drained = runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                let shutdown = reached(stage, Stage::Draining);
                Ok::<_, io::Error>(server.run(listener, shutdown).await)
            });
            match drained {
                // Who stops the service waits for it, unless the service never came up.
                Ok(drained) => drop(end.send(drained)),
                Err(error) => tracing::error!(%error, "a listener could not be served"),
            }
        };
        thread::Builder::new()
            .name(format!("http-{index}"))
            .spawn(run)
            .map_err(AppError::Thread)?;
        ends.push(ended);
    }
    Ok(Serving { ends })
}

impl Serving {
    /// Waits until every thread has drained.
    pub(super) async fn drained(self) {
        let mut cut = 0;
        for end in self.ends {
            match end.await {
                Ok(drained) => cut += drained.requests_cut,
                Err(_) => tracing::error!("a thread of the HTTP server failed"),
            }
        }
        if cut > 0 {
            tracing::warn!(requests = cut, "requests cut at the end of the drain time");
        }
    }
}
