//! How the table knows that something changed while it was read: a fixed number of counters, so that
//! reading an id that names nothing takes no room.

use super::sync::atomic::{AtomicU64, Ordering, fence};

/// Says when the reading of an account's records began.
#[derive(Debug, Clone, Copy)]
pub struct ReadToken {
    pub(super) hash: u64,
    pub(super) count: u64,
}

/// Counters that only grow, by hash.
#[derive(Debug)]
pub(super) struct ChangeCounters {
    counters: Box<[AtomicU64]>,
    /// Changes of everything.
    of_all: AtomicU64,
}

impl ChangeCounters {
    pub(super) fn new(count: usize) -> Self {
        Self {
            counters: (0..count).map(|_| AtomicU64::new(0)).collect(),
            of_all: AtomicU64::new(0),
        }
    }

    /// The count for `hash`: another one after each change.
    pub(super) fn get(&self, hash: u64) -> u64 {
        let own = self
            .counter(hash)
            .map_or(0, |one| one.load(Ordering::Acquire));
        own + self.of_all.load(Ordering::Acquire)
    }

    pub(super) fn change(&self, hash: u64) {
        if let Some(counter) = self.counter(hash) {
            counter.fetch_add(1, Ordering::AcqRel);
        }
        fence(Ordering::SeqCst);
    }

    pub(super) fn change_all(&self) {
        self.of_all.fetch_add(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }

    pub(super) fn begin(&self, hash: u64) -> ReadToken {
        ReadToken {
            hash,
            count: self.get(hash),
        }
    }

    /// Whether nothing changed since. Who fills a slot asks after the slot is there, and who changes a
    /// record counts before looking for the slot: one of them sees the other.
    pub(super) fn holds(&self, token: ReadToken) -> bool {
        fence(Ordering::SeqCst);
        self.get(token.hash) == token.count
    }

    fn counter(&self, hash: u64) -> Option<&AtomicU64> {
        let place = usize::try_from(hash >> 40).unwrap_or_default() % self.counters.len().max(1);
        self.counters.get(place)
    }
}
