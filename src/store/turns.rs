//! Writers of one node take turns at an account, so that they do not lose races to each other.
//! Against other nodes the expected revisions protect; this only saves the vain attempts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::ids::AccountId;

/// Accounts share locks; with this many, two that are busy at once rarely share one.
const LOCKS: usize = 1 << 16;

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
        let mut held: HashMap<usize, MutexGuard<'_, ()>> = HashMap::with_capacity(accounts.len());
        let is_mine = accounts.iter().map(|account| {
            let index = self.index(*account);
            match held.entry(index) {
                Entry::Occupied(_) => true,
                Entry::Vacant(vacant) => match self.locks[index].try_lock() {
                    Ok(guard) => {
                        vacant.insert(guard);
                        true
                    }
                    Err(_) => false,
                },
            }
        });
        let mut is_mine: Vec<bool> = is_mine.collect();
        if let (true, Some(first), Some(mine)) =
            (held.is_empty(), accounts.first(), is_mine.first_mut())
        {
            held.insert(self.index(*first), self.wait(*first).await);
            *mine = true;
        }
        TurnsAtMany {
            is_mine,
            _held: held,
        }
    }
}

/// Turns at many accounts, given back when dropped.
pub struct TurnsAtMany<'a> {
    /// Whether it is the caller's turn, for each account in the order given.
    pub is_mine: Vec<bool>,
    _held: HashMap<usize, MutexGuard<'a, ()>>,
}
