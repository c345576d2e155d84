//! Counters of the embedded engine.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

counters! {
    /// What an engine has done since it was opened.
    pub struct Stats {
        /// Changes made and acknowledged.
        commits: AtomicU64 as u64,
        /// Groups of changes that were written: each took one fsync.
        groups: AtomicU64 as u64,
        /// Changes not made because an expectation did not hold.
        conflicts: AtomicU64 as u64,
        /// Changes refused because the queue stayed full.
        overloads: AtomicU64 as u64,
        /// Writes or fsyncs that failed and stopped the engine.
        failures: AtomicU64 as u64,
        /// Times the engine went on by itself after a full disk.
        recoveries: AtomicU64 as u64,
    }
}
