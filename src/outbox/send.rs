//! Send: the work of one connection. It claims and composes the mails of its queue, hands each to
//! the server, and passes the outcome on to be recorded.

use std::sync::Arc;

use futures_util::future::join;

use super::compose::ComposedMail;
use super::queue::{RouteQueue, Turn};
use super::record::Results;
use super::smtp::{Cause, Kind, MailConnection, SendError};
use super::worker::Outbox;
use crate::domain::mail::Mail;
use crate::telemetry::metrics::MailOutcome;
use crate::usecases::deliver::{Ended, Failure, Outcome};

/// One connection's work.
pub(super) struct Sender {
    pub(super) outbox: Outbox,
    pub(super) queue: Arc<RouteQueue>,
    results: Results,
}

impl Sender {
    pub(super) fn new(outbox: Outbox, queue: Arc<RouteQueue>, results: Results) -> Self {
        queue.join();
        Self {
            outbox,
            queue,
            results,
        }
    }

    /// Sends until the queue has no more.
    pub(super) async fn run(self, mut connection: MailConnection) {
        let mut ahead: Option<ComposedMail> = None;
        loop {
            let ready = match ahead.take() {
                Some(ready) => self.still_good(ready, &mut connection).await,
                None => self.next().await,
            };
            let Some(ready) = ready else {
                if self.queue.is_stopping() || self.queue.len() == 0 {
                    break;
                }
                continue;
            };
            ahead = self.hand_over(ready, &mut connection).await;
            if connection.is_one_too_many() {
                connection.forget_ahead();
                if let Some(ready) = ahead.take() {
                    self.end(&ready.taken.mail, Ended::Untried).await;
                }
                break;
            }
        }
        connection.rest().await;
    }

    /// Hands over one mail, and the envelope of the next where there is one at hand.
    async fn hand_over(
        &self,
        ready: ComposedMail,
        connection: &mut MailConnection,
    ) -> Option<ComposedMail> {
        let (next, takes_more) = if connection.sends_ahead() {
            self.get_cached().await
        } else {
            (None, false)
        };
        let more = async {
            if takes_more {
                self.take_more().await;
            }
        };
        if !self.may_begin(&ready.taken) {
            connection.forget_ahead();
            more.await;
            self.end(&ready.taken.mail, Ended::Untried).await;
            return next;
        }
        let send = connection.send(&ready.prepared, next.as_ref().map(|next| &next.prepared));
        let (sent, ()) = join(send, more).await;
        match &sent {
            // The others may begin at once.
            Ok(_) if connection.note_well() => self.outbox.env.outbox_wake.notify_one(),
            Err(error) if error.is_timeout() => connection.note_stall(),
            _ => {}
        }
        self.finish(ready, sent.map(|_| ())).await;
        next
    }

    /// The next mail, composed. `None`: there may be no more.
    async fn next(&self) -> Option<ComposedMail> {
        loop {
            let change = self.queue.change();
            match self.queue.turn() {
                Turn::Send(taken, takes_more) => {
                    if takes_more {
                        self.take_more().await;
                    }
                    if let Some(ready) = self.compose(taken).await {
                        return Some(ready);
                    }
                }
                Turn::Take => self.take_more().await,
                Turn::Wait => change.await,
                Turn::End => return None,
            }
        }
    }

    /// The next mail if that needs no waiting, and whether more are to be taken.
    async fn get_cached(&self) -> (Option<ComposedMail>, bool) {
        match self.queue.turn() {
            Turn::Send(taken, takes_more) => (self.compose(taken).await, takes_more),
            Turn::Take => (None, true),
            Turn::Wait | Turn::End => (None, false),
        }
    }

    async fn finish(&self, ready: ComposedMail, sent: Result<(), SendError>) {
        let mail = &ready.taken.mail;
        match sent {
            Ok(()) => {
                self.queue.went_well();
                self.count_sent(mail);
                let subject = ready.subject;
                self.end(mail, Ended::Sent { subject }).await;
            }
            Err(error) => {
                tracing::warn!(mail = %mail.id, attempt = mail.attempts, %error, "a mail was not sent");
                if !matches!(error.cause(), Cause::Answer(_) | Cause::Unsendable(_)) {
                    self.queue.went_wrong();
                }
                let is_permanent = error.kind() == Kind::Permanent;
                self.fail(mail, is_permanent, error.public().to_owned())
                    .await;
            }
        }
    }

    fn count_sent(&self, mail: &Mail) {
        let Outbox { env, clock, .. } = &self.outbox;
        let took = clock().since(mail.created_at);
        env.metrics.mails.inc(MailOutcome::Sent);
        env.metrics.mail_latency.observe(took.as_secs_f64());
    }

    pub(super) async fn fail(&self, mail: &Mail, is_permanent: bool, why: String) {
        let random = u64::from_le_bytes(random_bytes());
        let failure = Failure { is_permanent, why };
        self.end(mail, Ended::Failed { failure, random }).await;
    }

    pub(super) async fn end(&self, mail: &Mail, ended: Ended) {
        let outcome = Outcome::of(mail, ended);
        // The recorder ends after the last sender.
        let _ = self.results.send(outcome).await;
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.queue.leave();
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
