//! Record: stores the outcomes of mails, many in one commit: those that come within [`COMPANY`] and
//! while the previous commit is under way. A crash loses only the outcomes of that time (bounded by
//! [`QUEUED`] and [`AT_ONCE`]).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::domain::mail::AfterFailure;
use crate::domain::time::Timestamp;
use crate::store::engine::StoreError;
use crate::telemetry::metrics::MailOutcome;
use crate::usecases::deliver::{self, Ended, Outcome};
use crate::usecases::error::Error;
use crate::usecases::{Clock, Env};

/// Outcomes that wait to be recorded; then no further mail is begun.
const QUEUED: usize = 64;

/// Outcomes in one commit, at most.
const AT_ONCE: usize = 64;

/// How long the first outcome waits for others. A commit costs an fsync, and nobody waits for it.
const COMPANY: Duration = Duration::from_millis(5);

/// The wait after the store failed, at first and at last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where outcomes go.
pub(super) type Results = mpsc::Sender<Outcome>;

/// A way for outcomes to be recorded, and its end.
pub(super) fn channel() -> (Results, mpsc::Receiver<Outcome>) {
    mpsc::channel(QUEUED)
}

/// When mails are due again that were in somebody's hands when the queue was looked at.
#[derive(Default)]
pub(super) struct DueAgain {
    at: Mutex<Option<Timestamp>>,
    changed: Notify,
}

impl DueAgain {
    fn note(&self, at: Timestamp) {
        let mut known = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(known.map_or(at, |known| known.min(at)));
        drop(known);
        self.changed.notify_one();
    }

    /// The first such time, once there is one.
    pub(super) async fn next(&self) -> Timestamp {
        loop {
            self.changed.notified().await;
            let mut known = self.at.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = known.take() {
                return at;
            }
        }
    }
}

/// Records outcomes until nobody sends any more.
pub(super) async fn record_all(
    env: Env,
    mut outcomes: mpsc::Receiver<Outcome>,
    due_again: std::sync::Arc<DueAgain>,
    clock: Clock,
) {
    let mut group = Vec::with_capacity(AT_ONCE);
    while outcomes.recv_many(&mut group, AT_ONCE).await > 0 {
        if group.len() < AT_ONCE {
            tokio::time::sleep(COMPANY).await;
            while group.len() < AT_ONCE
                && let Ok(more) = outcomes.try_recv()
            {
                group.push(more);
            }
        }
        let next = record_at_last(&env, &group, &clock).await;
        let now = clock();
        for (outcome, next) in group.iter().zip(next) {
            tell(&env, &due_again, (&outcome.ended, next), now);
        }
        group.clear();
    }
}

/// Records outcomes, trying again for as long as the store is away: until that is done, no further
/// mail is begun, and these stay claimed. What cannot be recorded for another reason is left out, and
/// keeps no other back.
async fn record_at_last(
    env: &Env,
    outcomes: &[Outcome],
    clock: &Clock,
) -> Vec<Option<AfterFailure>> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match deliver::record(env, outcomes, clock()).await {
            Ok(next) => return next,
            Err(error) => error,
        };
        if matches!(error, Error::Store(StoreError::Unavailable(_))) {
            tracing::warn!(mails = outcomes.len(), %error, "what became of mails waits for the store");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        }
        if let [outcome] = outcomes {
            // A record is damaged. The mail stays claimed, so this process does not send it again.
            tracing::error!(mail = %outcome.id, %error, "what became of a mail was not recorded");
            return vec![None];
        }
        let mut next = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            let one = std::slice::from_ref(outcome);
            next.extend(Box::pin(record_at_last(env, one, clock)).await);
        }
        return next;
    }
}

fn tell(
    env: &Env,
    due_again: &DueAgain,
    (ended, next): (&Ended, Option<AfterFailure>),
    now: Timestamp,
) {
    let outcome = match (ended, next) {
        (_, Some(AfterFailure::RetryAt(at))) => {
            due_again.note(at);
            MailOutcome::Deferred
        }
        (_, Some(AfterFailure::GiveUp(reason))) => {
            env.metrics.unsent.inc(reason.into());
            MailOutcome::Dead
        }
        (Ended::Untried | Ended::Rerouted(_), None) => return due_again.note(now),
        // Counted when they happened.
        (_, None) => return,
    };
    env.metrics.mails.inc(outcome);
}
