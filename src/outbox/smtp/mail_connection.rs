//! Mail after mail over one of a target's connections.

use std::fmt;

use super::error::{Cause, SendError, Stage};
use super::exchange::PreparedMail;
use super::session::Session;
use super::{Accepted, MAX_STALE_CONNECTIONS, Reservation};

/// One of a target's connections, opened when the first mail comes and again when it broke. Whoever
/// drops a [`MailConnection::send`] half-way drops the connection with it.
pub struct MailConnection {
    reservation: Reservation,
    /// Between two mails.
    session: Option<Session>,
}

impl MailConnection {
    pub(super) fn new(reservation: Reservation) -> Self {
        Self {
            reservation,
            session: None,
        }
    }

    /// Hands over `prepared`; see [`super::Mailer::send`]. Where [`MailConnection::sends_ahead`], the envelope
    /// of `next` goes with the end of this mail; the next call is to be for that one.
    ///
    /// # Errors
    /// [`SendError`]. Nothing was said of the mail that went ahead but its envelope.
    pub async fn send(
        &mut self,
        prepared: &PreparedMail,
        next: Option<&PreparedMail>,
    ) -> Result<Accepted, SendError> {
        let settings = &self.reservation.mailer.shared.settings;
        for _ in 0..MAX_STALE_CONNECTIONS {
            let kept = self.session.take();
            let Some(mut session) = kept.or_else(|| self.reservation.visit.take()) else {
                break;
            };
            let sent = session.send(prepared, next, settings).await;
            match sent {
                Err(error) if error.is_stale_connection() => {}
                Err(error) if session.pipelines && error.is_perhaps_of_pipelining() => {
                    return Box::pin(self.send_in_steps(prepared, error)).await;
                }
                sent => return self.done(session, sent).await,
            }
        }
        let mut session = self.open(true).await?;
        let sent = session.send(prepared, next, settings).await;
        match sent {
            Err(error) if session.pipelines && error.is_perhaps_of_pipelining() => {
                Box::pin(self.send_in_steps(prepared, error)).await
            }
            sent => self.done(session, sent).await,
        }
    }

    /// The server offers PIPELINING and perhaps cannot do it: the mail goes once more, one command
    /// at a time. What comes of that counts, and when it goes well the server is spared from now on.
    async fn send_in_steps(
        &mut self,
        prepared: &PreparedMail,
        first: SendError,
    ) -> Result<Accepted, SendError> {
        let shared = &self.reservation.mailer.shared;
        let (pool, target) = (&shared.pool, self.reservation.visit.target());
        if first.is_timeout() {
            // This mail has used its time; the next attempt will tell.
            pool.spare_pipelining(target);
            return Err(first);
        }
        let mut session = self.open(false).await?;
        let sent = session.send(prepared, None, &shared.settings).await;
        if sent.is_ok() {
            tracing::info!(
                server = %target.host(),
                "offers PIPELINING and cannot do it ({first}); it is told one command at a time"
            );
            pool.spare_pipelining(target);
        }
        self.done(session, sent).await
    }

    /// The server came to no answer in time: it has one connection from now on.
    pub fn note_stall(&self) {
        let Reservation { mailer, visit, .. } = &self.reservation;
        mailer.shared.pool.stalled(visit.target());
    }

    /// The server took a mail: it has all its connections again. Whether it had not.
    #[must_use]
    pub fn note_well(&self) -> bool {
        let Reservation { mailer, visit, .. } = &self.reservation;
        mailer.shared.pool.is_well(visit.target())
    }

    /// Whether the server has more connections than it may have, this one among them.
    #[must_use]
    pub fn is_one_too_many(&self) -> bool {
        let Reservation { mailer, visit, .. } = &self.reservation;
        mailer.shared.pool.room(visit) < 0
    }

    async fn open(&self, may_pipeline: bool) -> Result<Session, SendError> {
        let Reservation { mailer, visit, .. } = &self.reservation;
        let (shared, target) = (&mailer.shared, visit.target());
        let permit = shared
            .pool
            .permit()
            .ok_or_else(|| SendError::new(Stage::Slot, Cause::TooManyConnections))?;
        let may_pipeline = may_pipeline && shared.pool.may_pipeline(target);
        let (settings, tls) = (&shared.settings, &shared.tls);
        // Rare and large: it shall not swell every send.
        Box::pin(Session::open(target, settings, tls, may_pipeline, permit)).await
    }

    /// Keeps the connection where it can go on.
    async fn done(
        &mut self,
        session: Session,
        sent: Result<super::Reply, SendError>,
    ) -> Result<Accepted, SendError> {
        let settings = &self.reservation.mailer.shared.settings;
        if session.is_reusable(settings) {
            self.session = Some(session);
        } else if sent.is_ok() || session.is_usable {
            session.quit(&settings.timeouts).await;
        }
        sent.map(|server_reply| Accepted { server_reply })
    }

    /// Whether the envelope of a next mail would go with the mail that is handed over now.
    #[must_use]
    pub fn sends_ahead(&self) -> bool {
        let settings = &self.reservation.mailer.shared.settings;
        let session = self.session.as_ref();
        session.is_some_and(|session| session.may_send_ahead(settings))
    }

    /// Whether a connection is open that was of use so far.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Forgets the mail whose envelope went ahead: with it goes the connection, as the server waits
    /// for the content and there is no word to call it off.
    pub fn forget_ahead(&mut self) {
        self.session = self
            .session
            .take()
            .filter(|session| session.ahead.is_none());
    }

    /// Gives the connection to whoever needs one next.
    pub async fn rest(mut self) {
        self.forget_ahead();
        let Some(session) = self.session.take() else {
            return;
        };
        if session.needs_reset {
            let settings = &self.reservation.mailer.shared.settings;
            session.quit(&settings.timeouts).await;
        } else {
            self.reservation.visit.put(session);
        }
    }

    /// Takes leave of the server.
    pub async fn quit(mut self) {
        self.forget_ahead();
        if let Some(session) = self.session.take() {
            let settings = &self.reservation.mailer.shared.settings;
            session.quit(&settings.timeouts).await;
        }
    }
}

impl fmt::Debug for MailConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailConnection")
            .field("target", self.reservation.visit.target())
            .finish_non_exhaustive()
    }
}
