//! What the engine has done since it was opened. For metrics.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

counters! {
    /// Counters; each only grows, but for `in_flight`.
    pub struct Stats {
        /// Changes that were made.
        commits: AtomicU64 as u64,
        /// Changes that lost a race.
        conflicts: AtomicU64 as u64,
        /// Changes that failed otherwise.
        failures: AtomicU64 as u64,
        /// Calls refused because too many were under way.
        overloads: AtomicU64 as u64,
        /// Changes that spanned partitions.
        across: AtomicU64 as u64,
        /// Changes of others, cut short, that were ended here.
        finished_for_others: AtomicU64 as u64,
        /// Connections made.
        connects: AtomicU64 as u64,
        /// Connections that could not be made.
        connect_failures: AtomicU64 as u64,
        /// Commands sent again.
        retries: AtomicU64 as u64,
        /// Commands redirected with ASK, while a slot moves.
        redirections: AtomicU64 as u64,
        /// Commands without an answer in time.
        timeouts: AtomicU64 as u64,
        /// Commands that failed in the end.
        errors: AtomicU64 as u64,
        /// Calls under way.
        in_flight: AtomicI64 as i64,
        /// How often all caches were dropped, because changes may have been missed.
        forgot_all: AtomicU64 as u64,
    }
}
