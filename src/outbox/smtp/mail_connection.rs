//! One of a target's connections, which sends mail after mail.

use std::fmt;

use tokio::sync::OwnedSemaphorePermit;

use super::Mailer;
use super::error::{Cause, SendError, Stage};
use super::exchange::PreparedMail;
use super::pool::Visit;
use super::reply::Reply;
use super::session::Session;

/// How often a mail moves on to another connection because the server had dropped the idle one.
const MAX_STALE_CONNECTIONS: usize = 3;

/// One of a target's connections, opened when the first mail comes and again when it broke. Whoever
/// drops a [`MailConnection::send`] half-way drops the connection with it.
pub struct MailConnection {
    mailer: Mailer,
    // Before `visit`: a host must not be forgotten while one of its slots is taken.
    _slot: OwnedSemaphorePermit,
    visit: Visit,
    /// Between two mails.
    session: Option<Session>,
}

impl MailConnection {
    pub(super) fn new(mailer: Mailer, slot: OwnedSemaphorePermit, visit: Visit) -> Self {
        Self {
            mailer,
            _slot: slot,
            visit,
            session: None,
        }
    }

    /// Hands over `prepared`, and gives back what the server said, often with its queue id. Where
    /// [`MailConnection::sends_ahead`], the envelope of `next` goes with the end of this mail; the
    /// next call is to be for that one.
    ///
    /// # Errors
    /// [`SendError`]: says whether to try again, and whether the server may have the mail anyway.
    /// Nothing was said of the mail that went ahead but its envelope.
    pub async fn send(
        &mut self,
        prepared: &PreparedMail,
        next: Option<&PreparedMail>,
    ) -> Result<Reply, SendError> {
        let mut stale = 0;
        loop {
            let kept = if stale < MAX_STALE_CONNECTIONS {
                self.session.take().or_else(|| self.visit.take())
            } else {
                None
            };
            let is_new = kept.is_none();
            let mut session = match kept {
                Some(session) => session,
                None => self.open(true).await?,
            };
            let settings = &self.mailer.shared.settings;
            match session.send(prepared, next, settings).await {
                Err(error) if !is_new && error.is_stale_connection() => stale += 1,
                Err(error) if session.pipelines && error.is_perhaps_of_pipelining() => {
                    return Box::pin(self.send_in_steps(prepared, error)).await;
                }
                sent => return self.done(session, sent).await,
            }
        }
    }

    /// The server offers PIPELINING and perhaps cannot do it: the mail goes once more, one command
    /// at a time. What comes of that counts, and when it goes well the server is spared from now on.
    async fn send_in_steps(
        &mut self,
        prepared: &PreparedMail,
        first: SendError,
    ) -> Result<Reply, SendError> {
        let (shared, target) = (&self.mailer.shared, &self.visit.target);
        if first.is_timeout() {
            // This mail has used its time; the next attempt will tell.
            shared.pool.plain.note(target);
            return Err(first);
        }
        let mut session = self.open(false).await?;
        let sent = session.send(prepared, None, &shared.settings).await;
        if sent.is_ok() {
            tracing::info!(
                server = %target.host,
                "offers PIPELINING and cannot do it ({first}); it is told one command at a time"
            );
            shared.pool.plain.note(target);
        }
        self.done(session, sent).await
    }

    /// The server came to no answer in time: it has one connection from now on.
    pub fn note_stall(&self) {
        self.mailer.shared.pool.stalling.note(&self.visit.target);
    }

    /// The server took a mail: it has all its connections again. Whether it had not.
    #[must_use]
    pub fn note_well(&self) -> bool {
        self.mailer.shared.pool.stalling.forget(&self.visit.target)
    }

    /// Whether the server has more connections than it may have, this one among them.
    #[must_use]
    pub fn is_one_too_many(&self) -> bool {
        self.mailer.shared.pool.room(&self.visit) < 0
    }

    async fn open(&self, may_pipeline: bool) -> Result<Session, SendError> {
        let (shared, target) = (&self.mailer.shared, &self.visit.target);
        let permit = shared
            .pool
            .permit()
            .ok_or_else(|| SendError::new(Stage::Slot, Cause::TooManyConnections))?;
        let may_pipeline = may_pipeline && !shared.pool.plain.has(target);
        let (settings, tls) = (&shared.settings, &shared.tls);
        // Rare and large: it shall not swell every send.
        Box::pin(Session::open(target, settings, tls, may_pipeline, permit)).await
    }

    /// Keeps the connection where it can go on.
    async fn done(
        &mut self,
        session: Session,
        sent: Result<Reply, SendError>,
    ) -> Result<Reply, SendError> {
        let settings = &self.mailer.shared.settings;
        if session.is_reusable(settings) {
            self.session = Some(session);
        } else if sent.is_ok() || session.is_usable {
            session.quit(&settings.timeouts).await;
        }
        sent
    }

    /// Whether the envelope of a next mail would go with the mail that is handed over now.
    #[must_use]
    pub fn sends_ahead(&self) -> bool {
        let settings = &self.mailer.shared.settings;
        let session = self.session.as_ref();
        session.is_some_and(|session| session.may_send_ahead(settings))
    }

    /// Forgets the mail whose envelope went ahead: with it goes the connection, as the server waits
    /// for the content and there is no word to call it off.
    pub fn forget_ahead(&mut self) {
        self.session.take_if(|session| session.ahead.is_some());
    }

    /// Gives the connection to whoever needs one next.
    pub async fn rest(mut self) {
        self.forget_ahead();
        match self.session.take() {
            Some(session) if session.needs_reset => {
                session.quit(&self.mailer.shared.settings.timeouts).await;
            }
            Some(session) => self.visit.put(session),
            None => {}
        }
    }
}

impl fmt::Debug for MailConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailConnection")
            .field("target", &self.visit.target)
            .finish_non_exhaustive()
    }
}
