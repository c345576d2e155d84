//! Writers of one node take turns at an account, so that they do not lose races to each other.
//! Against other nodes the expected revisions protect; this only saves the vain attempts.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::ids::AccountId;

/// Accounts share locks; with this many, two that are busy at once rarely share one.
const LOCKS: usize = 4096;

/// The locks, and how accounts find theirs.
pub(super) struct Turns {
    locks: Box<[Mutex<()>]>,
    hasher: RandomState,
}

impl Turns {
    pub(super) fn new() -> Self {
        let locks = (0..LOCKS).map(|_| Mutex::new(())).collect();
        Self {
            locks,
            hasher: RandomState::new(),
        }
    }

    /// Waits for this account's turn, first come first served.
    pub(super) async fn wait(&self, account: AccountId) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(account);
        // The remainder is below the number of locks.
        let index = usize::try_from(hash % LOCKS as u64).unwrap_or_default();
        self.locks[index].lock().await
    }
}
