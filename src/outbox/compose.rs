//! Compose: renders a claimed mail when a connection is free and builds its message.
//! [`crate::usecases::compose`] decides whether it is sent, and says why not.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use super::message::{self, Posting};
use super::queue::Taken;
use super::send::Sender;
use super::smtp::{Envelope, MailConnection, PreparedMail};
use super::worker::Outbox;
use crate::domain::mail::{CancelReason, Mail};
use crate::panics::{Panicked, caught, contained};
use crate::telemetry::metrics::{MailOutcome, NotTold};
use crate::usecases::compose::{Composed, Due, compose, compose_for};
use crate::usecases::deliver::Ended;
use crate::usecases::error::Error;

/// A mail says what is true when it is composed. One that was composed ahead of its turn longer ago
/// is composed again.
const FRESH: Duration = Duration::from_secs(2);

/// A mail that is ready for the wire, and when what it says was read.
pub(super) struct ComposedMail {
    pub(super) taken: Box<Taken>,
    pub(super) prepared: PreparedMail,
    pub(super) subject: String,
    composed_at: Instant,
}

impl Sender {
    /// A mail that was composed ahead, as far as it may go now.
    pub(super) async fn still_good(
        &self,
        ready: ComposedMail,
        connection: &mut MailConnection,
    ) -> Option<ComposedMail> {
        if self.queue.is_stopping() {
            connection.forget_ahead();
            self.end(&ready.taken.mail, Ended::Untried).await;
            return None;
        }
        if ready.composed_at.elapsed() < FRESH {
            return Some(ready);
        }
        connection.forget_ahead();
        self.compose(ready.taken).await
    }

    /// Composes a mail. `None`: it is not to be sent, and that is dealt with.
    pub(super) async fn compose(&self, mut taken: Box<Taken>) -> Option<ComposedMail> {
        let view = taken.view.take().filter(|_| taken.since.elapsed() < FRESH);
        let composed_at = view.as_ref().map_or_else(Instant::now, |_| taken.since);
        let mail = &taken.mail;
        if taken.is_held_too_long() || !self.may_begin(&taken) {
            self.end(mail, Ended::Untried).await;
            return None;
        }
        let Outbox { env, clock, .. } = &self.outbox;
        let due = {
            let composing = pin!(async {
                match view {
                    Some(view) => compose_for(env, mail, view, clock()).await,
                    None => compose(env, mail, clock()).await,
                }
            });
            contained(composing).await
        };
        let internal = |broke: Panicked| Err(Error::Internal(broke.to_string()));
        let composed = match due.unwrap_or_else(internal) {
            Ok(Due::Send(composed)) if composed.route() != mail.route => {
                self.end(mail, Ended::Rerouted(composed.route())).await;
                return None;
            }
            Ok(Due::Send(composed)) => composed,
            Ok(Due::Cancel(why)) => {
                env.metrics.mails.inc(MailOutcome::Withdrawn);
                env.metrics.unsent.inc(why.into());
                if let CancelReason::NotTold(rule) = why {
                    env.metrics.not_told.inc(NotTold::of(rule));
                }
                self.end(mail, Ended::Cancelled(why)).await;
                return None;
            }
            Err(error) => {
                tracing::error!(mail = %mail.id, %error, "a mail could not be composed");
                let why = "the mail could not be composed; see the log".to_owned();
                self.fail(mail, false, why).await;
                return None;
            }
        };
        let prepared = caught(|| self.prepare(mail, &composed));
        match prepared.unwrap_or_else(|broke| Err(broke.to_string())) {
            Ok(prepared) => Some(ComposedMail {
                prepared,
                subject: composed.subject,
                composed_at,
                taken,
            }),
            Err(why) => {
                self.fail(mail, true, why).await;
                None
            }
        }
    }

    fn prepare(&self, mail: &Mail, composed: &Composed) -> Result<PreparedMail, String> {
        let from = &self.queue.route.from;
        let posting = Posting {
            id: mail.id,
            from,
            id_domain: &self.outbox.id_domain,
            now: (self.outbox.clock)(),
        };
        let message = message::build(composed, posting).map_err(|error| error.to_string())?;
        let envelope = Envelope {
            from: from.clone(),
            to: composed.to.clone(),
        };
        let prepared = self.outbox.mailer.prepare(envelope, &message);
        prepared.map_err(|error| error.public().to_owned())
    }
}
