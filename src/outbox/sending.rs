//! One mail that was taken: composed, handed to its server, and what came of it recorded.

use super::message::{self, Posting};
use super::route::Route;
use super::smtp::{Envelope, Kind, Mailbox, Reservation};
use super::worker::Outbox;
use crate::domain::notification::{AfterFailure, Mail};
use crate::domain::time::Timestamp;
use crate::telemetry::metrics::MailOutcome;
use crate::usecases::compose::{Composed, Due, compose};
use crate::usecases::deliver::{self, Failure};
use crate::usecases::error::Error;

impl Outbox {
    /// Sends a mail that was taken and records what came of it. When that cannot be recorded the
    /// lease runs out and the mail is sent again: rather twice than never. Returns when it is to be
    /// tried again.
    pub(super) async fn send_recorded(
        &self,
        mail: &Mail,
        route: &Route,
        reservation: Reservation,
    ) -> Option<Timestamp> {
        let recorded = match compose(&self.env, mail, (self.clock)()).await {
            Ok(Due::Cancel(why)) => {
                self.env.metrics.mails.inc(MailOutcome::Withdrawn);
                let ended = deliver::cancelled(&self.env, mail.id, why, (self.clock)()).await;
                ended.map(|()| None)
            }
            Ok(Due::Send(composed)) => {
                match self.hand_over(mail, &composed, route, reservation).await {
                    Ok(()) => {
                        self.count_sent(mail);
                        let subject = &composed.subject;
                        let ended = deliver::sent(&self.env, mail.id, subject, (self.clock)());
                        ended.await.map(|()| None)
                    }
                    Err(failure) => self.record_failure(mail, &failure).await,
                }
            }
            Err(error) => {
                tracing::error!(mail = %mail.id, %error, "a mail could not be composed");
                let why = "the mail could not be composed; see the log".to_owned();
                self.record_failure(
                    mail,
                    &Failure {
                        is_permanent: false,
                        why,
                    },
                )
                .await
            }
        };
        recorded.unwrap_or_else(|error| {
            tracing::error!(mail = %mail.id, %error, "what became of a mail was not recorded");
            None
        })
    }

    async fn hand_over(
        &self,
        mail: &Mail,
        composed: &Composed,
        route: &Route,
        reservation: Reservation,
    ) -> Result<(), Failure> {
        let permanent = |why: String| Failure {
            is_permanent: true,
            why,
        };
        let posting = Posting {
            id: mail.id,
            from: &route.from,
            id_domain: &self.id_domain,
            now: (self.clock)(),
        };
        let message =
            message::build(composed, posting).map_err(|error| permanent(error.to_string()))?;
        let bad_address = |_| permanent("the address cannot be used in SMTP".to_owned());
        let envelope = Envelope {
            from: Mailbox::parse(route.from.as_str()).map_err(bad_address)?,
            to: Mailbox::parse(composed.to.as_str()).map_err(bad_address)?,
        };
        match reservation.send(&envelope, &message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(mail = %mail.id, attempt = mail.attempts, %error, "a mail was not sent");
                let is_permanent = error.kind() == Kind::Permanent;
                Err(Failure {
                    is_permanent,
                    why: error.public().to_owned(),
                })
            }
        }
    }

    fn count_sent(&self, mail: &Mail) {
        let took = (self.clock)().since(mail.created_at);
        self.env.metrics.mails.inc(MailOutcome::Sent);
        self.env.metrics.mail_latency.observe(took.as_secs_f64());
    }

    async fn record_failure(
        &self,
        mail: &Mail,
        failure: &Failure,
    ) -> Result<Option<Timestamp>, Error> {
        let random = u64::from_le_bytes(random_bytes());
        let next = deliver::failed(&self.env, mail.id, failure, random, (self.clock)()).await?;
        let (outcome, retry_at) = match next {
            AfterFailure::RetryAt(at) => (MailOutcome::Deferred, Some(at)),
            AfterFailure::GiveUp => (MailOutcome::Dead, None),
        };
        self.env.metrics.mails.inc(outcome);
        Ok(retry_at)
    }
}

/// Without the system's randomness retries are not spread; they still happen.
fn random_bytes() -> [u8; 8] {
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_err() {
        return [0; 8];
    }
    bytes
}
