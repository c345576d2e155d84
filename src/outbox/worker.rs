//! Runs the outbox: one pass finds all due work and says when it wants to run again.
//!
//! [`crate::outbox`] lists the stages. As many connections as its server may have work off the
//! queue of a route, so a dead server delays only its own mails.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::due::DueMails;
use super::record::{self, DueAgain, Results};
use super::route::Deployment;
use super::send::Sender;
use super::smtp::Mailer;
use crate::domain::time::Timestamp;
use crate::usecases::deliver::{self, Ended, Look, Outcome, Remind};
use crate::usecases::error::Error;
use crate::usecases::fan_out::{self, FanOut};
use crate::usecases::{Clock, Env};

/// Connections at work at once, over all servers.
const MAX_CONNECTIONS: usize = 1000;

/// Commits of notices in one pass, so that sending is never starved by them.
const MAX_FAN_OUT_COMMITS: usize = 8;

/// Reminders handled in one pass, likewise.
const MAX_REMINDERS: usize = 1000;

/// The longest sleep: idle connections are closed then.
const PAUSE: Duration = Duration::from_secs(60);

/// The same where other nodes make work too: of their mails nothing wakes this one.
const SHARED_PAUSE: Duration = Duration::from_secs(1);

/// The wait after the store failed.
const STORE_BACKOFF: Duration = Duration::from_secs(1);

/// The outbox of one node.
#[derive(Clone)]
pub struct Outbox {
    pub(super) env: Env,
    pub(super) mailer: Mailer,
    pub(super) deployment: Arc<Deployment>,
    pub(super) id_domain: Arc<str>,
    pub(super) clock: Clock,
}

/// What is under way.
pub(super) struct Work {
    pub(super) due: DueMails,
    /// One for each connection.
    senders: JoinSet<()>,
    results: Results,
    /// The latest time that the clock has said; `None` before the first pass.
    latest: Option<Timestamp>,
}

impl Outbox {
    /// An outbox that sends through `mailer`. `id_domain` stands on the right of `Message-ID`s.
    #[must_use]
    pub fn new(
        env: Env,
        mailer: Mailer,
        deployment: Deployment,
        id_domain: &str,
        clock: Clock,
    ) -> Self {
        Self {
            env,
            mailer,
            deployment: Arc::new(deployment),
            id_domain: id_domain.into(),
            clock,
        }
    }

    /// Runs until `shutdown`; then lets mails that are with a server finish for `drain` at most.
    /// What does not is sent again after the next start.
    pub async fn run(self, shutdown: impl Future<Output = ()>, drain: Duration) {
        let mut shutdown = std::pin::pin!(shutdown);
        let (results, outcomes) = record::channel();
        let due_again = Arc::new(DueAgain::default());
        let recorder = record::record_all(
            self.env.clone(),
            outcomes,
            Arc::clone(&due_again),
            self.clock.clone(),
        );
        let recorder = tokio::spawn(recorder);
        let mut work = Work {
            due: DueMails::watching(self.env.store.engine(), &self.env.outbox_wake),
            senders: JoinSet::new(),
            results,
            latest: None,
        };
        loop {
            let wait = match self.pass(&mut work).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "the outbox waits for the store");
                    // Not interrupted by a wake: a commit of its own that failed may have caused it.
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(STORE_BACKOFF) => Duration::ZERO,
                    }
                }
            };
            if !self
                .rest(&mut work, &due_again, shutdown.as_mut(), wait)
                .await
            {
                break;
            }
        }
        if tokio::time::timeout(drain, finish(&mut work))
            .await
            .is_err()
        {
            tracing::warn!(
                connections = work.senders.len(),
                "stopped while mails were being sent"
            );
        }
        // What is still being sent ends here; what has come of others is recorded.
        drop(work);
        if tokio::time::timeout(drain, recorder).await.is_err() {
            tracing::warn!("stopped before it was recorded what became of some mails");
        }
        self.env.node.in_flight().end_all();
        self.mailer.close_idle().await;
    }

    /// Waits until there is something to do; freed connections are given to waiting mails
    /// meanwhile, without another look at the whole queue. False: shut down.
    async fn rest(
        &self,
        work: &mut Work,
        due_again: &DueAgain,
        mut shutdown: std::pin::Pin<&mut impl Future<Output = ()>>,
        wait: Duration,
    ) -> bool {
        let mut slept = std::pin::pin!(tokio::time::sleep(wait));
        loop {
            tokio::select! {
                () = &mut shutdown => return false,
                () = self.env.outbox_wake.notified() => return true,
                () = &mut slept => {
                    self.mailer.close_expired().await;
                    return true;
                }
                // The pass before saw this mail in somebody's hands, due long after.
                at = due_again.next() => {
                    let until = Instant::now() + at.since((self.clock)());
                    let sooner = until.min(slept.deadline());
                    slept.as_mut().reset(sooner);
                }
                Some(_) = work.senders.join_next() => self.start_senders(work),
            }
        }
    }

    /// Finds all due work; how long until the next pass, unless it is woken earlier. Sending runs on
    /// in the background.
    ///
    /// # Errors
    /// The store failed; what was not done is still due.
    async fn pass(&self, work: &mut Work) -> Result<Duration, Error> {
        let longest = if self.env.store.is_shared() {
            SHARED_PAUSE
        } else {
            PAUSE
        };
        if self.env.term((self.clock)()).is_none() {
            // The others take over; this node is woken when it is one of them again.
            return Ok(longest);
        }
        self.watch_clock(work).await?;
        let mut work_left = true;
        for _ in 0..MAX_FAN_OUT_COMMITS {
            let _held = self.env.node.in_flight().hold_off().await;
            if fan_out::run_some(&self.env, (self.clock)()).await? == FanOut::Idle {
                work_left = false;
                break;
            }
        }
        let reminder = self.remind().await?;
        let mail = self.find_due(work).await?;
        Ok(if work_left {
            Duration::ZERO
        } else {
            reminder.min(mail).min(longest)
        })
    }

    /// Looks for due times that a clock left behind which ran ahead: at first, and when the clock
    /// goes back.
    async fn watch_clock(&self, work: &mut Work) -> Result<(), Error> {
        let now = (self.clock)();
        let skew = self.env.settings.max_clock_skew;
        if work.latest.is_none_or(|latest| now.plus(skew) < latest) {
            deliver::pull_in(&self.env, Look::AtAll, now).await?;
            work.latest = Some(now);
        }
        work.latest = work.latest.max(Some(now));
        Ok(())
    }

    /// Gives free connections to queues that have mail.
    pub(super) fn start_senders(&self, work: &mut Work) {
        while work.senders.try_join_next().is_some() {}
        for queue in work.due.queues.with_mail() {
            let mut more = queue.len();
            while more > 0 && work.senders.len() < MAX_CONNECTIONS {
                let Some(connection) = self.mailer.try_reserve(&queue.route.target) else {
                    break;
                };
                let (queue, results) = (Arc::clone(&queue), work.results.clone());
                let sender = Sender::new(self.clone(), queue, results);
                work.senders.spawn(sender.run(connection));
                more -= 1;
            }
        }
    }

    /// Queues the reminders that are due; how long until the next.
    async fn remind(&self) -> Result<Duration, Error> {
        let mut after = None;
        for _ in 0..MAX_REMINDERS {
            let now = (self.clock)();
            match deliver::remind_next(&self.env, &mut after, now).await? {
                Remind::Done => {}
                Remind::NotBefore(due) => return Ok(due.since(now)),
                Remind::Idle => return Ok(Duration::MAX),
            }
        }
        Ok(Duration::ZERO)
    }
}

/// Lets what is with a server come to its end, and gives back what is not.
async fn finish(work: &mut Work) {
    for taken in work.due.queues.stop() {
        let outcome = Outcome::of(&taken.mail, Ended::Untried);
        // The recorder ends after the last sender.
        let _ = work.results.send(outcome).await;
    }
    while work.senders.join_next().await.is_some() {}
}
