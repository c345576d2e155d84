//! Clicks on tracked links: accepted without delaying an answer, counted, and read.
//!
//! A click goes into a bounded channel. Nobody waits on its other end: one task empties it once
//! per interval, so that a click never wakes another thread, and counts what was there
//! ([`count`]). A crash loses the clicks of one interval at most; none is counted twice.

pub mod count;
mod show;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::Env;
use crate::domain::click::Click;
use count::ClickCounter;

pub use show::{MAX_DAYS, show_clicks};

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

    /// Counts all that is left; what cannot be counted now is lost, and said so.
    async fn finish(mut self, env: &Env, mut counter: ClickCounter, mut waiting: Vec<Click>) {
        loop {
            self.drain_into(&mut waiting);
            if waiting.is_empty() && counter.unfinished() == 0 {
                return;
            }
            if let Err(error) = counter.count(env, &mut waiting).await {
                let lost = waiting.len() + counter.unfinished() + self.receiver.len();
                self.dropped
                    .fetch_add(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
                tracing::error!(lost, %error, "clicks were lost: the store was away at the stop");
                return;
            }
        }
    }
}

/// Counts what comes in, every `flush_interval`, until `shutdown`; then counts the rest and ends.
/// While the store is away clicks are kept, as many as the channel holds twice over.
pub async fn run_clicks(
    env: Env,
    mut source: ClickSource,
    flush_interval: Duration,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let mut ticks = tokio::time::interval(flush_interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counter = ClickCounter::new();
    let mut waiting = Vec::new();
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            _ = ticks.tick() => {}
        }
        source.drain_into(&mut waiting);
        if let Err(error) = counter.count(&env, &mut waiting).await {
            let waiting = waiting.len() + counter.unfinished();
            tracing::warn!(waiting, %error, "clicks could not be counted yet");
        }
    }
    source.receiver.close();
    source.finish(&env, counter, waiting).await;
}
