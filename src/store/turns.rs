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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::domain::ids::TenantId;

    /// Accounts that share no lock.
    fn accounts<const N: usize>(turns: &Turns) -> [AccountId; N] {
        let mut taken = std::collections::HashSet::new();
        let mut ids = std::iter::repeat_with(|| AccountId::Tenant(TenantId::random()));
        std::array::from_fn(|_| ids.find(|id| taken.insert(turns.index(*id))).unwrap())
    }

    #[tokio::test]
    async fn what_somebody_else_has_is_not_taken_and_given_back_in_the_end() {
        let turns = Turns::new();
        let [one, two, three] = accounts(&turns);
        let other = turns.wait(two).await;
        let some = turns.take_many(&[three, two, one, three]).await;
        assert_eq!(some.is_mine, [true, false, true, true]);
        drop(other);
        // Only what was free is held.
        let rest = turns.take_many(&[one, two, three]).await;
        assert_eq!(rest.is_mine, [false, true, false]);
        drop((some, rest));
        let all = turns.take_many(&[one, two, three]).await;
        assert_eq!(all.is_mine, [true; 3]);
    }

    #[tokio::test]
    async fn where_none_is_free_the_first_is_waited_for() {
        const SHORT: Duration = Duration::from_millis(20);
        let turns = Turns::new();
        let [one, two] = accounts(&turns);
        let (first, _second) = (turns.wait(one).await, turns.wait(two).await);
        let both = [one, two];
        assert!(timeout(SHORT, turns.take_many(&both)).await.is_err());
        drop(first);
        let some = turns.take_many(&both).await;
        assert_eq!(some.is_mine, [true, false]);
    }
}
