//! SMTP: one mail to one recipient through one server, said once, bounded in everything.
//!
//! The conversation is our own rather than lettre's (which composes the messages). In lettre
//! 0.11.23 an EHLO's SIZE and PIPELINING are dropped, and what a server said beyond the reply that
//! is due cannot be seen; content and final dot are one call, so nobody knows whether a mail that
//! failed may have arrived; a reply with a second digit over 5, or not in UTF-8, is no reply; a line
//! is read whole before its length is looked at; and a stream that has been through STARTTLS is
//! expected to greet again. A stream of ours that mends this has to take replies apart itself.
//!
//! A [`MailConnection::send`] may be dropped at any point: the connection goes with it.

mod connect;
mod content;
mod error;
mod exchange;
mod mail_connection;
mod pool;
mod remembered;
mod reply;
mod session;
mod settings;
mod target;
mod wire;

use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use rustls::ClientConfig;

pub use error::{Cause, Kind, SendError, Stage};
pub use exchange::{Envelope, PreparedMail};
pub use mail_connection::MailConnection;
pub use reply::Reply;
pub use settings::{
    Answer, Connection, InvalidSettings, Network, Roots, Settings, SystemNetwork, Timeouts,
};
pub use target::{Credentials, DomainName, Encryption, Host, InvalidTarget, Target, Trust};

use pool::Pool;

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

    /// Makes `message`, a complete RFC 5322 message, ready for [`MailConnection::send`]. Its line
    /// ends are mended.
    ///
    /// # Errors
    /// It is too long, or holds what mail cannot carry.
    pub fn prepare(&self, envelope: Envelope, message: &[u8]) -> Result<PreparedMail, SendError> {
        PreparedMail::new(envelope, message, self.shared.settings.message_bytes)
    }

    /// One of the target's connections, if one is free now; a server that stalls has one alone. A
    /// worker that takes a mail off the outbox only with a connection in hand never has a dead
    /// host's mails waiting in the way of others.
    #[must_use]
    pub fn try_reserve(&self, target: &Target) -> Option<MailConnection> {
        let visit = self.shared.pool.enter(target);
        if self.shared.pool.room(&visit) <= 0 {
            return None;
        }
        let slot = Arc::clone(&visit.slots).try_acquire_owned().ok()?;
        Some(MailConnection::new(self.clone(), slot, visit))
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

    /// Idle connections, over all targets.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.shared.pool.idle_count()
    }

    /// Targets with a connection.
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
