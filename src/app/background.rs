//! The background tasks: sending mail, counting the outbox and clicks, and removing what expired.
//! [`start`] starts all of them, and `Running::stop` joins them. A task whose state is in the store
//! restarts after a panic; in any other, a panic ends the process (`panics`).

use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Stage, gauges, reached, system_clock};
use crate::config::Config;
use crate::outbox::worker::Outbox;
use crate::panics::contained;
use crate::usecases::count_clicks::{ClickSource, run_clicks};
use crate::usecases::{Env, clean_up};

/// How often marks and revocations that nothing asks for any more are removed.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(60);

/// How long mails that are with a server may take to finish at shutdown.
const OUTBOX_DRAIN: Duration = Duration::from_secs(3);

/// The wait before a task that panicked runs again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A task with its name.
pub(super) type Task = (&'static str, JoinHandle<()>);

/// Starts the tasks; each runs until the service finishes.
pub(super) fn start(
    config: &Config,
    env: &Env,
    outbox: Outbox,
    source: ClickSource,
    stage: &watch::Receiver<Stage>,
) -> Vec<Task> {
    let (stage, env) = (stage.clone(), env.clone());
    let until_finishing = move || reached(stage.clone(), Stage::Finishing);
    // The clicks that this one has in hand are nowhere else.
    let interval = config.clicks.flush_interval;
    let clicks = run_clicks(env.clone(), source, interval, until_finishing());
    let outbox = {
        let stop = until_finishing.clone();
        move || outbox.clone().run(stop(), OUTBOX_DRAIN)
    };
    let gauges = {
        let (env, stop) = (env.clone(), until_finishing.clone());
        move || gauges::count_outbox(env.clone(), stop())
    };
    let clean_up = move || {
        let stop = until_finishing();
        clean_up::run_clean_up(env.clone(), CLEAN_UP_INTERVAL, system_clock, stop)
    };
    vec![
        ("outbox", tokio::spawn(restarted("outbox", outbox))),
        ("gauges", tokio::spawn(restarted("gauges", gauges))),
        ("clicks", tokio::spawn(clicks)),
        ("clean-up", tokio::spawn(restarted("clean-up", clean_up))),
    ]
}

/// Runs a task to its end, again after each panic.
async fn restarted<F: Future<Output = ()>>(name: &str, run: impl Fn() -> F) {
    while contained(pin!(run())).await.is_err() {
        tracing::error!(task = name, "a background task panicked; restarting it");
        tokio::time::sleep(RESTART_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_runs_again() {
        let runs = AtomicUsize::new(0);
        let run = || async {
            tokio::task::yield_now().await;
            assert!(runs.fetch_add(1, Ordering::Relaxed) == 2, "a test");
        };
        restarted("test", run).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }
}
