//! One connection at work: the mails of its line are composed in their turn, handed to the server,
//! and what came of each goes to be recorded.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use tokio::time::Instant;

use super::message::{self, Posting};
use super::queue::{RouteQueue, Taken, Turn};
use super::results::Results;
use super::smtp::{Cause, Envelope, Kind, Lane, Mailbox, Parcel, Reservation, SendError};
use super::worker::Outbox;
use crate::domain::ids::UserId;
use crate::domain::notification::Mail;
use crate::telemetry::metrics::MailOutcome;
use crate::usecases::compose::{Composed, Due, compose, compose_for};
use crate::usecases::deliver::{self, Ended, Failure, Outcome};
use crate::usecases::view;

/// A mail says what is true when it is composed. One that was composed ahead of its turn longer ago
/// is composed again.
const FRESH: Duration = Duration::from_secs(2);

/// A mail that is ready for the wire.
struct Ready {
    taken: Box<Taken>,
    parcel: Parcel,
    subject: String,
    composed_at: Instant,
}

/// One connection's work.
pub(super) struct Sender {
    outbox: Outbox,
    queue: Arc<RouteQueue>,
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

    /// Sends until the line has no more.
    pub(super) async fn run(self, reservation: Reservation) {
        let mut lane = reservation.into_lane();
        let mut ahead: Option<Ready> = None;
        loop {
            let ready = match ahead.take() {
                Some(ready) => self.still_good(ready, &mut lane).await,
                None => self.next().await,
            };
            let Some(ready) = ready else {
                if self.queue.is_stopping() || self.queue.len() == 0 {
                    break;
                }
                continue;
            };
            ahead = self.hand_over(ready, &mut lane).await;
            if lane.is_one_too_many() {
                lane.forget_ahead();
                if let Some(ready) = ahead.take() {
                    self.end(&ready.taken.mail, Ended::Untried).await;
                }
                break;
            }
        }
        lane.rest().await;
    }

    /// Hands over one mail, and the envelope of the next where there is one at hand.
    async fn hand_over(&self, ready: Ready, lane: &mut Lane) -> Option<Ready> {
        let (next, takes_more) = if lane.sends_ahead() {
            self.at_hand().await
        } else {
            (None, false)
        };
        let more = async {
            if takes_more {
                self.take_more().await;
            }
        };
        if !self.may_begin(&ready.taken) {
            lane.forget_ahead();
            more.await;
            self.end(&ready.taken.mail, Ended::Untried).await;
            return next;
        }
        let send = lane.send(&ready.parcel, next.as_ref().map(|next| &next.parcel));
        let (sent, ()) = join(send, more).await;
        match &sent {
            // The others may begin at once.
            Ok(_) if lane.note_well() => self.outbox.env.outbox_wake.notify_one(),
            Err(error) if error.is_timeout() => lane.note_stall(),
            _ => {}
        }
        self.finish(ready, sent.map(|_| ())).await;
        next
    }

    /// The next mail, composed. `None`: there may be no more.
    async fn next(&self) -> Option<Ready> {
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
    async fn at_hand(&self) -> (Option<Ready>, bool) {
        match self.queue.turn() {
            Turn::Send(taken, takes_more) => (self.compose(taken).await, takes_more),
            Turn::Take => (None, true),
            Turn::Wait | Turn::End => (None, false),
        }
    }

    async fn take_more(&self) {
        let ids = self.queue.to_take();
        let Outbox { env, clock, .. } = &self.outbox;
        let now = clock();
        // Looked at before, so that what is taken meanwhile is not of a later term than it seems.
        let term = env.term(now).unwrap_or_default();
        let mails = deliver::claim(env, &ids, now).await;
        let mails = mails.unwrap_or_else(|error| {
            tracing::warn!(%error, "no mails could be taken; they are met again");
            Vec::new()
        });
        // Together: users of one tenant share most of it.
        let users: Vec<UserId> = mails.iter().map(|mail| mail.user_id).collect();
        let since = Instant::now();
        let views = view::load_many(env, &users).await.unwrap_or_default();
        let views = views
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat_with(|| None));
        let taken = mails.into_iter().zip(views);
        let taken = taken.map(|(mail, view)| Taken {
            mail,
            term,
            since,
            view,
        });
        self.queue.took(taken);
    }

    /// Whether the mail is still this node's to begin: since it was taken, the others had no reason
    /// to take the node for dead.
    fn may_begin(&self, taken: &Taken) -> bool {
        let Outbox { env, clock, .. } = &self.outbox;
        env.term(clock()) == Some(taken.term)
    }

    /// A mail that was composed ahead, as far as it may go now.
    async fn still_good(&self, ready: Ready, lane: &mut Lane) -> Option<Ready> {
        if self.queue.is_stopping() {
            lane.forget_ahead();
            self.end(&ready.taken.mail, Ended::Untried).await;
            return None;
        }
        if ready.composed_at.elapsed() < FRESH {
            return Some(ready);
        }
        lane.forget_ahead();
        self.compose(ready.taken).await
    }

    /// Composes a mail. `None`: it is not to be sent, and that is dealt with.
    async fn compose(&self, mut taken: Box<Taken>) -> Option<Ready> {
        let view = taken.view.take().filter(|_| taken.since.elapsed() < FRESH);
        let composed_at = view.as_ref().map_or_else(Instant::now, |_| taken.since);
        let mail = &taken.mail;
        if taken.is_held_too_long() || !self.may_begin(&taken) {
            self.end(mail, Ended::Untried).await;
            return None;
        }
        let Outbox { env, clock, .. } = &self.outbox;
        let due = match view {
            Some(view) => compose_for(env, mail, view, clock()).await,
            None => compose(env, mail, clock()).await,
        };
        let composed = match due {
            Ok(Due::Send(composed)) if composed.route() != mail.route => {
                self.end(mail, Ended::Rerouted(composed.route())).await;
                return None;
            }
            Ok(Due::Send(composed)) => composed,
            Ok(Due::Cancel(why)) => {
                env.metrics.mails.inc(MailOutcome::Withdrawn);
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
        match self.parcel(mail, &composed) {
            Ok(parcel) => Some(Ready {
                parcel,
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

    fn parcel(&self, mail: &Mail, composed: &Composed) -> Result<Parcel, String> {
        let from = &self.queue.route.from;
        let posting = Posting {
            id: mail.id,
            from,
            id_domain: &self.outbox.id_domain,
            now: (self.outbox.clock)(),
        };
        let message = message::build(composed, posting).map_err(|error| error.to_string())?;
        let bad_address = |_| "the address cannot be used in SMTP".to_owned();
        let envelope = Envelope {
            from: Mailbox::parse(from.as_str()).map_err(bad_address)?,
            to: Mailbox::parse(composed.to.as_str()).map_err(bad_address)?,
        };
        let parcel = self.outbox.mailer.parcel(envelope, &message);
        parcel.map_err(|error| error.public().to_owned())
    }

    async fn finish(&self, ready: Ready, sent: Result<(), SendError>) {
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

    async fn fail(&self, mail: &Mail, is_permanent: bool, why: String) {
        let random = u64::from_le_bytes(random_bytes());
        let failure = Failure { is_permanent, why };
        self.end(mail, Ended::Failed { failure, random }).await;
    }

    async fn end(&self, mail: &Mail, ended: Ended) {
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
