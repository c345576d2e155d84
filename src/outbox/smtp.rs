//! SMTP: one mail to one recipient through one server, said once, bounded in everything.
//!
//! The conversation is our own rather than lettre's (which composes the messages). In lettre
//! 0.11.23 the reply buffer outlives STARTTLS, so what an attacker appends to the last answer in
//! clear is believed after the handshake; a line is read whole before its length is looked at;
//! only the TCP connect has a timeout; and an error is followed by a QUIT that waits for its
//! answer without one. What is left to share is a handful of format strings.
//!
//! A [`Mailer::send`] may be dropped at any point: the connection goes with it.

pub mod address;
mod connect;
mod content;
mod envelope;
mod error;
mod exchange;
mod mail_connection;
mod pool;
mod reply;
mod session;
mod settings;
mod stalls;
mod target;
mod wire;

use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use rustls::ClientConfig;
use tokio::sync::OwnedSemaphorePermit;

pub use address::check_tenant_server;
pub use envelope::{Envelope, HelloName, InvalidHelloName, InvalidMailbox, Mailbox};
pub use error::{Cause, Kind, SendError, Stage};
pub use exchange::PreparedMail;
pub use mail_connection::MailConnection;
pub use reply::Reply;
pub use settings::{
    Answer, Connection, InvalidSettings, Network, Roots, Settings, SystemNetwork, Timeouts,
};
pub use target::{Credentials, DomainName, Encryption, Host, InvalidTarget, Target, Trust};

use pool::{Pool, Visit};

/// How often a mail moves on to another connection because the server had dropped the idle one.
const MAX_STALE_CONNECTIONS: usize = 3;

/// The server took the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What it said, often with its queue id. For logs and operators.
    pub server_reply: Reply,
}

/// Sends mail over pooled connections. Cheap to clone; all clones share the pool.
#[derive(Clone)]
pub struct Mailer {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    tls: Arc<ClientConfig>,
    pool: Arc<Pool>,
}

impl Mailer {
    /// Checks the settings and reads the system's certificate authorities (blocking, once).
    ///
    /// # Errors
    /// [`InvalidSettings`].
    pub fn new(settings: Settings) -> Result<Self, InvalidSettings> {
        if settings.connections_per_host == 0 {
            return Err(InvalidSettings::Zero("connections_per_host"));
        }
        if settings.connections_total == 0 {
            return Err(InvalidSettings::Zero("connections_total"));
        }
        if settings.mails_per_connection == 0 {
            return Err(InvalidSettings::Zero("mails_per_connection"));
        }
        let tls = connect::tls_config(&settings.roots)?;
        let (slots, total) = (settings.connections_per_host, settings.connections_total);
        let pool = Arc::new(Pool::new(slots, total, settings.idle));
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                tls,
                pool,
            }),
        })
    }

    /// Hands one mail to `target`, waiting for a free connection if need be. `message` is a
    /// complete RFC 5322 message; its line ends are mended.
    ///
    /// # Errors
    /// [`SendError`]: says whether to try again, and whether the server may have the mail anyway.
    pub async fn send(
        &self,
        target: &Target,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<Accepted, SendError> {
        self.reserve(target).await?.send(envelope, message).await
    }

    /// Makes a message ready for [`MailConnection::send`].
    ///
    /// # Errors
    /// It is too long, or holds what mail cannot carry.
    pub fn prepare(&self, envelope: Envelope, message: &[u8]) -> Result<PreparedMail, SendError> {
        PreparedMail::new(envelope, message, self.shared.settings.message_bytes)
    }

    /// Waits for one of the target's connections.
    ///
    /// # Errors
    /// [`Cause::NoSlot`] after the `slot` timeout.
    pub async fn reserve(&self, target: &Target) -> Result<Reservation, SendError> {
        let busy = || SendError::new(Stage::Slot, Cause::NoSlot);
        let visit = self.shared.pool.enter(target);
        let slot = visit.slots().acquire_owned();
        match tokio::time::timeout(self.shared.settings.timeouts.slot, slot).await {
            Ok(Ok(slot)) => Ok(Reservation {
                mailer: self.clone(),
                _slot: slot,
                visit,
            }),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }

    /// One of the target's connections, if one is free now; a server that stalls has one alone. A worker that takes a mail off the
    /// outbox only with a reservation in hand never has a dead host's mails waiting in the way of
    /// others.
    #[must_use]
    pub fn try_reserve(&self, target: &Target) -> Option<Reservation> {
        let visit = self.shared.pool.enter(target);
        if self.shared.pool.room(&visit) <= 0 {
            return None;
        }
        let slot = visit.slots().try_acquire_owned().ok()?;
        Some(Reservation {
            mailer: self.clone(),
            _slot: slot,
            visit,
        })
    }

    /// Takes leave of connections that have been idle too long. To be called now and then; what is
    /// too old is not used in any case.
    pub async fn close_expired(&self) {
        self.close(false).await;
    }

    /// Takes leave of all idle connections, at shutdown.
    pub async fn close_idle(&self) {
        self.close(true).await;
    }

    async fn close(&self, all: bool) {
        let times = &self.shared.settings.timeouts;
        let taken = self.shared.pool.take_idle(all);
        join_all(taken.into_iter().map(|session| session.quit(times))).await;
    }

    /// Idle connections, over all targets. For metrics.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.shared.pool.idle_count()
    }

    /// Targets with a connection, or with a mail that waits for one. For metrics.
    #[must_use]
    pub fn known_hosts(&self) -> usize {
        self.shared.pool.host_count()
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

/// The right to use one connection to a target. Given back when dropped.
pub struct Reservation {
    mailer: Mailer,
    // Before `visit`: a host must not be forgotten while one of its slots is taken.
    _slot: OwnedSemaphorePermit,
    visit: Visit,
}

impl Reservation {
    /// Hands over one mail; see [`Mailer::send`].
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(self, envelope: &Envelope, message: &[u8]) -> Result<Accepted, SendError> {
        let prepared = self.mailer.prepare(envelope.clone(), message)?;
        let mut connection = self.into_connection();
        let sent = connection.send(&prepared, None).await;
        match &sent {
            Ok(_) => connection.rest().await,
            Err(_) => connection.quit().await,
        }
        sent
    }

    /// The connection for mail after mail.
    #[must_use]
    pub fn into_connection(self) -> MailConnection {
        MailConnection::new(self)
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("target", self.visit.target())
            .finish_non_exhaustive()
    }
}
