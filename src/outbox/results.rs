//! What became of mails, recorded many at once: whatever came while the commit before was under
//! way. Nothing waits for company, so a single mail is recorded at once, and in a crash no more is
//! unknown than what was accepted within one commit's time (bounded by [`QUEUED`] and [`AT_ONCE`]).

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, mpsc};

use crate::domain::ids::MailId;
use crate::domain::notification::AfterFailure;
use crate::domain::time::Timestamp;
use crate::telemetry::metrics::MailOutcome;
use crate::usecases::deliver::{self, Ended, Outcome};
use crate::usecases::{Clock, Env};

/// Outcomes that wait to be recorded; then no further mail is begun.
const QUEUED: usize = 64;

/// Outcomes in one commit, at most.
const AT_ONCE: usize = 64;

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
        let now = clock();
        match deliver::record(&env, &group, now).await {
            Ok(next) => {
                for (outcome, next) in group.iter().zip(next) {
                    tell(&env, &due_again, (&outcome.ended, next), now);
                }
            }
            // The leases run out and the mails are sent again: rather twice than never.
            Err(error) => {
                let ids: Vec<MailId> = group.iter().map(|outcome| outcome.id).collect();
                tracing::error!(mails = ?ids, %error, "what became of mails was not recorded");
            }
        }
        group.clear();
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
        (_, Some(AfterFailure::GiveUp)) => MailOutcome::Dead,
        (Ended::Untried, None) => return due_again.note(now),
        // Counted when they happened.
        (_, None) => return,
    };
    env.metrics.mails.inc(outcome);
}
