//! Per-account locks of one node, so that its writers do not lose races to each other and retry.
//! Against other nodes the expected revisions protect; this only saves the vain attempts, so nobody
//! waits long for it: where the store is away, each one before would wait for the store in vain.

use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use hashbrown::DefaultHashBuilder;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// Accounts share locks; with this many, two that are busy at once rarely share one.
const LOCKS: usize = 1 << 16;

/// After this a writer goes on without its lock: a commit takes milliseconds.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The locks, and how accounts find theirs.
pub(super) struct AccountLocks {
    locks: Box<[Mutex<()>]>,
    hasher: DefaultHashBuilder,
}

impl AccountLocks {
    pub(super) fn new() -> Self {
        let locks = (0..LOCKS).map(|_| Mutex::new(())).collect();
        Self {
            locks,
            hasher: DefaultHashBuilder::default(),
        }
    }

    fn index(&self, of: &impl Hash) -> usize {
        let hash = self.hasher.hash_one(of);
        // The remainder is below the number of locks.
        usize::try_from(hash % LOCKS as u64).unwrap_or_default()
    }

    /// Waits for this account's lock, first come first served.
    pub(super) async fn wait(&self, of: &(impl Hash + Sync)) -> AccountLock<'_> {
        self.wait_at(self.index(of)).await
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "`index` is a remainder of the number of locks"
    )]
    async fn wait_at(&self, index: usize) -> AccountLock<'_> {
        let held = timeout(LONGEST_WAIT, self.locks[index].lock()).await;
        AccountLock { _held: held.ok() }
    }

    /// The locks that can be had without waiting; where that is none, the first, waited for.
    #[expect(
        clippy::indexing_slicing,
        reason = "`index` is a remainder of the number of locks"
    )]
    pub(super) async fn take_many(&self, of: &[impl Hash + Sync]) -> ManyLocks<'_> {
        let indices: Vec<usize> = of.iter().map(|one| self.index(one)).collect();
        let mut wanted = indices.clone();
        wanted.sort_unstable();
        wanted.dedup();
        let mut held = Vec::with_capacity(wanted.len());
        wanted.retain(|index| match self.locks[*index].try_lock() {
            Ok(guard) => {
                held.push(AccountLock { _held: Some(guard) });
                true
            }
            Err(_) => false,
        });
        if let (true, Some(first)) = (held.is_empty(), indices.first()) {
            held.push(self.wait_at(*first).await);
            wanted.push(*first);
        }
        let is_mine = |index: &usize| wanted.binary_search(index).is_ok();
        ManyLocks {
            is_mine: indices.iter().map(is_mine).collect(),
            _held: held,
        }
    }
}

/// The lock of an account, released when dropped.
#[derive(Debug)]
pub struct AccountLock<'a> {
    /// Nothing where it was not waited for any longer.
    _held: Option<MutexGuard<'a, ()>>,
}

/// The locks of many accounts, released when dropped.
pub(super) struct ManyLocks<'a> {
    /// Whether the caller has it, for each account in the order given.
    pub(super) is_mine: Vec<bool>,
    _held: Vec<AccountLock<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccountId, TenantId};

    /// Accounts that share no lock.
    fn accounts<const N: usize>(locks: &AccountLocks) -> [AccountId; N] {
        let mut taken = std::collections::HashSet::new();
        let mut ids = std::iter::repeat_with(|| AccountId::Tenant(TenantId::random()));
        std::array::from_fn(|_| ids.find(|id| taken.insert(locks.index(id))).unwrap())
    }

    #[tokio::test]
    async fn what_somebody_else_has_is_not_taken_and_given_back_in_the_end() {
        let locks = AccountLocks::new();
        let [one, two, three] = accounts(&locks);
        let other = locks.wait(&two).await;
        let some = locks.take_many(&[three, two, one, three]).await;
        assert_eq!(some.is_mine, [true, false, true, true]);
        drop(other);
        // Only what was free is held.
        let rest = locks.take_many(&[one, two, three]).await;
        assert_eq!(rest.is_mine, [false, true, false]);
        drop((some, rest));
        let all = locks.take_many(&[one, two, three]).await;
        assert_eq!(all.is_mine, [true; 3]);
    }

    #[tokio::test]
    async fn where_none_is_free_the_first_is_waited_for() {
        const SHORT: Duration = Duration::from_millis(20);
        let locks = AccountLocks::new();
        let [one, two] = accounts(&locks);
        let (first, _second) = (locks.wait(&one).await, locks.wait(&two).await);
        let both = [one, two];
        assert!(timeout(SHORT, locks.take_many(&both)).await.is_err());
        drop(first);
        let some = locks.take_many(&both).await;
        assert_eq!(some.is_mine, [true, false]);
    }

    /// A hundred who wait for a store that is away must not wait a hundred times as long.
    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_all_that_are_before_it() {
        let locks = AccountLocks::new();
        let [one] = accounts(&locks);
        let _never_given_back = locks.wait(&one).await;
        let waiting = (0..50).map(|_| async {
            drop(locks.wait(&one).await);
            let some = locks.take_many(&[one]).await;
            assert_eq!(some.is_mine, [true]);
        });
        let all = futures_util::future::join_all(waiting);
        assert!(timeout(LONGEST_WAIT * 3, all).await.is_ok());
    }
}
