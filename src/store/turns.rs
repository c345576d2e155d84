//! Writers of one node take turns at an account, so that they do not lose races to each other.
//! Against other nodes the expected revisions protect; this only saves the vain attempts.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use tokio::sync::{Mutex, MutexGuard};

use crate::domain::ids::AccountId;

/// Accounts share locks; with this many, two that are busy at once rarely share one.
const LOCKS: usize = 1 << 16;

/// The locks, and how accounts find theirs.
pub(super) struct Turns {
    locks: Box<[Mutex<()>]>,
    hasher: DefaultHashBuilder,
}

impl Turns {
    pub(super) fn new() -> Self {
        let locks = (0..LOCKS).map(|_| Mutex::new(())).collect();
        Self {
            locks,
            hasher: DefaultHashBuilder::default(),
        }
    }

    fn index(&self, account: AccountId) -> usize {
        let hash = self.hasher.hash_one(account);
        // The remainder is below the number of locks.
        usize::try_from(hash % LOCKS as u64).unwrap_or_default()
    }

    /// Waits for this account's turn, first come first served.
    pub(super) async fn wait(&self, account: AccountId) -> MutexGuard<'_, ()> {
        self.locks[self.index(account)].lock().await
    }

    /// The turns that can be had without waiting; where that is none, the first, waited for.
    pub(super) async fn take_many(&self, accounts: &[AccountId]) -> TurnsAtMany<'_> {
        let indices: Vec<usize> = accounts.iter().map(|id| self.index(*id)).collect();
        let mut wanted = indices.clone();
        wanted.sort_unstable();
        wanted.dedup();
        let mut held = Vec::with_capacity(wanted.len());
        wanted.retain(|index| match self.locks[*index].try_lock() {
            Ok(guard) => {
                held.push(guard);
                true
            }
            Err(_) => false,
        });
        if let (true, Some(first)) = (held.is_empty(), indices.first()) {
            held.push(self.locks[*first].lock().await);
            wanted.push(*first);
        }
        let is_mine = |index: &usize| wanted.binary_search(index).is_ok();
        TurnsAtMany {
            is_mine: indices.iter().map(is_mine).collect(),
            _held: held,
        }
    }
}

/// Turns at many accounts, given back when dropped.
pub struct TurnsAtMany<'a> {
    /// Whether it is the caller's turn, for each account in the order given.
    pub is_mine: Vec<bool>,
    _held: Vec<MutexGuard<'a, ()>>,
}
