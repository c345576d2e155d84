//! An outbox at work, with a clock that the test turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use upsell::outbox::route::Deployment;
use upsell::outbox::smtp::{Encryption, Mailer, Target};
use upsell::outbox::worker::Outbox;
use upsell::usecases::{Clock, Env};

use super::app::eventually;
use super::smtp_client::{mailer, target};
use super::smtp_script::SmtpScript;
use crate::outbox_rules::later;

/// A clock that the test turns. It counts how often it is read.
#[derive(Clone)]
pub(crate) struct TestClock {
    pub(crate) seconds: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
}

impl TestClock {
    pub(crate) fn at(seconds: u64) -> Self {
        Self {
            seconds: Arc::new(AtomicU64::new(seconds)),
            reads: Arc::default(),
        }
    }

    pub(crate) fn turn_to(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn clock(&self) -> Clock {
        let own = self.clone();
        Arc::new(move || {
            own.reads.fetch_add(1, Ordering::Relaxed);
            later(own.seconds.load(Ordering::Relaxed))
        })
    }

    /// Wakes the outbox that has this clock until it has ended a pass or more: each pass begins
    /// with a look at the clock, and one that finds nothing to do takes few.
    pub(crate) async fn until_passed(&self, wake: &Notify) {
        let enough = self.reads.load(Ordering::Relaxed) + 10;
        eventually("the outbox goes through its queue", async || {
            wake.notify_one();
            (self.reads.load(Ordering::Relaxed) >= enough).then_some(())
        })
        .await;
    }
}

/// What no brand has a server for goes to `target`.
fn outbox(env: &Env, mailer: Mailer, target: Option<Target>, clock: &TestClock) -> Outbox {
    let from = "upsell@cloud.example".parse().unwrap();
    let deployment = Deployment { target, from };
    Outbox::new(
        env.clone(),
        mailer,
        deployment,
        "cloud.example",
        clock.clock(),
    )
}

/// One that sends to `server`.
pub(crate) fn outbox_to(env: &Env, server: &SmtpScript, clock: &TestClock) -> Outbox {
    let target = target(server, Encryption::None);
    outbox(env, mailer(server), Some(target), clock)
}

pub(crate) struct Running {
    pub(crate) clock: TestClock,
    pub(crate) task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Running {
    pub(crate) fn start(env: &Env, mailer: Mailer, target: Option<Target>, seconds: u64) -> Self {
        let clock = TestClock::at(seconds);
        let outbox = outbox(env, mailer, target, &clock);
        Self::with(outbox, clock, Duration::from_secs(5))
    }

    /// After a stop, mails that are with the server have `drain` to end.
    pub(crate) fn to(env: &Env, server: &SmtpScript, seconds: u64, drain: Duration) -> Self {
        let clock = TestClock::at(seconds);
        Self::with(outbox_to(env, server, &clock), clock, drain)
    }

    pub(crate) fn with(outbox: Outbox, clock: TestClock, drain: Duration) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(outbox.run(stopped, drain));
        Self { clock, task, stop }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}
