//! What the engine has done since it was opened. For metrics.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counters; each only grows, but for `subscribed`.
#[derive(Debug, Default)]
pub struct Stats {
    pub(super) commits: AtomicU64,
    pub(super) conflicts: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) overloads: AtomicU64,
    pub(super) across: AtomicU64,
    pub(super) finished_for_others: AtomicU64,
    pub(super) connects: AtomicU64,
    pub(super) connect_failures: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) redirections: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) errors: AtomicU64,
    pub(super) in_flight: AtomicI64,
    pub(super) forgot_all: AtomicU64,
}

macro_rules! counters {
    ($($(#[$meaning:meta])* $name:ident)*) => {
        impl Stats {
            $(
                $(#[$meaning])*
                #[must_use]
                pub fn $name(&self) -> u64 {
                    self.$name.load(Relaxed)
                }
            )*
        }
    };
}

counters! {
    /// Changes that were made.
    commits
    /// Changes that lost a race.
    conflicts
    /// Changes that failed otherwise.
    failures
    /// Calls refused because too many were under way.
    overloads
    /// Changes that spanned partitions.
    across
    /// Changes of others, cut short, that were ended here.
    finished_for_others
    /// Connections made.
    connects
    /// Connections that could not be made.
    connect_failures
    /// Commands sent again.
    retries
    /// Commands sent to a node that has a slot only for now.
    redirections
    /// Commands without an answer in time.
    timeouts
    /// Commands that failed in the end.
    errors
    /// How often all that was remembered was forgotten, because changes may have been missed.
    forgot_all
}

impl Stats {
    /// Calls under way.
    #[must_use]
    pub fn in_flight(&self) -> i64 {
        self.in_flight.load(Relaxed)
    }
}
