//! Clicks on tracked links: taken in without delaying an answer, logged, counted, and read.
//!
//! A click goes into a bounded channel. Nobody waits on its other end: one task empties it once
//! per interval, so that a click never wakes another thread, and appends what was there to the log
//! ([`log`]), where it is safe. What is logged is counted later and many clicks at once ([`count`]),
//! when enough has come together, after a while, or when somebody asks for the counts.

pub mod count;
pub mod log;
mod marks;
mod show;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::Env;
use crate::domain::click::Click;
use count::count_logged;
use log::append;

pub use marks::ClickMarks;
pub use show::{MAX_DAYS, show_clicks};

/// Logged clicks are counted when this many have come together...
const COUNT_AT_CLICKS: usize = count::MAX_CLICKS;

/// ...or after this time.
const COUNT_INTERVAL: Duration = Duration::from_secs(60);

/// Where clicks go in. Clones lead to the same place.
#[derive(Debug, Clone)]
pub struct ClickSink {
    sender: mpsc::Sender<Click>,
    dropped: Arc<AtomicU64>,
}

/// Where clicks come out.
#[derive(Debug)]
pub struct ClickSource {
    receiver: mpsc::Receiver<Click>,
    dropped: Arc<AtomicU64>,
    capacity: usize,
}

/// A channel that holds `capacity` clicks (at least one).
#[must_use]
pub fn channel(capacity: usize) -> (ClickSink, ClickSource) {
    let capacity = capacity.max(1);
    let (sender, receiver) = mpsc::channel(capacity);
    let dropped = Arc::new(AtomicU64::new(0));
    let sink = ClickSink {
        sender,
        dropped: Arc::clone(&dropped),
    };
    let source = ClickSource {
        receiver,
        dropped,
        capacity,
    };
    (sink, source)
}

impl ClickSink {
    /// Takes a click in; where there is no room it is dropped, and that is counted.
    pub fn count(&self, click: Click) {
        if self.sender.try_send(click).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many clicks found no room since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl ClickSource {
    /// Takes out what is there, as far as `batch` has room for it.
    fn drain_into(&mut self, batch: &mut Vec<Click>) {
        while batch.len() < self.capacity {
            match self.receiver.try_recv() {
                Ok(click) => batch.push(click),
                Err(_) => return,
            }
        }
    }

    /// Logs all that is left; what cannot be logged now is lost, and said so.
    async fn finish(mut self, env: &Env, mut waiting: Vec<Click>) {
        loop {
            self.drain_into(&mut waiting);
            if waiting.is_empty() {
                return;
            }
            if let Err(error) = append(env, &mut waiting).await {
                let lost = waiting.len() + self.receiver.len();
                self.dropped
                    .fetch_add(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
                tracing::error!(lost, %error, "clicks were lost: the store was away at the stop");
                return;
            }
        }
    }
}

/// Logs what comes in, every `flush_interval`, and counts what is logged, until `shutdown`; then logs
/// the rest and ends. While the store is away clicks are kept, as many as the channel holds twice
/// over.
pub async fn run_clicks(
    env: Env,
    mut source: ClickSource,
    flush_interval: Duration,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let mut ticks = tokio::time::interval(flush_interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = Vec::new();
    // What an earlier process logged is counted with the first.
    let mut uncounted = 0;
    let mut counted_at = Instant::now();
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            _ = ticks.tick() => {}
        }
        source.drain_into(&mut waiting);
        let before = waiting.len();
        if let Err(error) = append(&env, &mut waiting).await {
            tracing::warn!(waiting = waiting.len(), %error, "clicks could not be logged yet");
        }
        uncounted += before - waiting.len();
        if uncounted >= COUNT_AT_CLICKS || counted_at.elapsed() >= COUNT_INTERVAL {
            if let Err(error) = count_logged(&env).await {
                tracing::warn!(%error, "logged clicks could not be counted yet");
            }
            (uncounted, counted_at) = (0, Instant::now());
        }
    }
    source.receiver.close();
    source.finish(&env, waiting).await;
}
