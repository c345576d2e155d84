//! Counters of the embedded engine.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What an engine has done since it was opened. Read by the metrics endpoint; the counters are
/// independent of each other, so a reader may see one ahead of another.
#[derive(Debug, Default)]
pub struct Stats {
    commits: AtomicU64,
    groups: AtomicU64,
    sync_ns: AtomicU64,
    conflicts: AtomicU64,
    overloads: AtomicU64,
    failures: AtomicU64,
    recoveries: AtomicU64,
    queued: AtomicU64,
}

impl Stats {
    /// Changes made and acknowledged.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Relaxed)
    }

    /// Groups of changes that were written: each took one fsync.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.groups.load(Relaxed)
    }

    /// Time spent in writing and syncing groups.
    #[must_use]
    pub fn sync_time(&self) -> Duration {
        Duration::from_nanos(self.sync_ns.load(Relaxed))
    }

    /// Changes not made because an expectation did not hold.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.conflicts.load(Relaxed)
    }

    /// Changes refused because the queue stayed full.
    #[must_use]
    pub fn overloads(&self) -> u64 {
        self.overloads.load(Relaxed)
    }

    /// Writes or fsyncs that failed and stopped the engine.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Times the engine went on by itself after a full disk.
    #[must_use]
    pub fn recoveries(&self) -> u64 {
        self.recoveries.load(Relaxed)
    }

    /// Changes, or lists of changes handed over together, that wait for the writer now.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.queued.load(Relaxed)
    }

    pub(super) fn enqueued(&self) {
        self.queued.fetch_add(1, Relaxed);
    }

    pub(super) fn dequeued(&self) {
        self.queued.fetch_sub(1, Relaxed);
    }

    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Relaxed);
    }

    pub(super) fn conflicted(&self) {
        self.conflicts.fetch_add(1, Relaxed);
    }

    pub(super) fn overloaded(&self) {
        self.overloads.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    pub(super) fn recovered(&self) {
        self.recoveries.fetch_add(1, Relaxed);
    }

    pub(super) fn synced(&self, took: Duration) {
        self.groups.fetch_add(1, Relaxed);
        self.sync_ns
            .fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}
