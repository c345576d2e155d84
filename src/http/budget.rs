//! What all requests share (connections, requests at one time, bytes), and how much of it one
//! holder may have: one address, or one client, must not take it all from the others.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::domain::ids::ClientId;

/// So many that two cores rarely meet in one.
const SHARDS: usize = 16;

/// Whose share something counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// As limits count addresses: IPv6 by its /64.
    Address(IpAddr),
    /// A client with a valid token of its own.
    Client(ClientId),
}

/// A gauge with a bound, and how much of it each holder has. It remembers those only that have
/// something.
#[derive(Debug, Default)]
pub(super) struct Budget {
    used: AtomicUsize,
    holders: [Mutex<HashMap<Holder, usize>>; SHARDS],
}

impl Budget {
    /// How much is used now.
    pub(super) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// How much this holder has.
    pub(super) fn of(&self, holder: Holder) -> usize {
        let holders = self.shard(holder);
        holders.get(&holder).copied().unwrap_or_default()
    }

    /// Nothing yet, for `holder`.
    pub(super) fn grant(self: &Arc<Self>, holder: Holder) -> Grant {
        Grant {
            budget: Arc::clone(self),
            holder,
            reserved: 0,
            used: 0,
        }
    }

    fn shard(&self, holder: Holder) -> MutexGuard<'_, HashMap<Holder, usize>> {
        let mut hasher = DefaultHasher::new();
        holder.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or_default();
        self.holders[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reserve(&self, holder: Holder, amount: usize, share: usize) -> bool {
        let mut holders = self.shard(holder);
        let had = holders.get(&holder).copied().unwrap_or_default();
        let has = had.saturating_add(amount);
        if has > share {
            return false;
        }
        if has > 0 {
            holders.insert(holder, has);
        }
        true
    }

    fn give_back(&self, holder: Holder, amount: usize) {
        let mut holders = self.shard(holder);
        let Some(has) = holders.get_mut(&holder) else {
            return;
        };
        *has = has.saturating_sub(amount);
        if *has == 0 {
            holders.remove(&holder);
        }
    }
}

/// Why nothing was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// The whole is used up.
    All,
    /// The holder's share of it is.
    Share,
}

/// What one connection, request, body or answer has of a [`Budget`]; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Grant {
    budget: Arc<Budget>,
    holder: Holder,
    reserved: usize,
    used: usize,
}

impl Grant {
    /// Takes `amount` out of the holder's share, who may have at most `share`.
    pub(super) fn reserve(&mut self, amount: usize, share: usize) -> Result<(), Busy> {
        if !self.budget.reserve(self.holder, amount, share) {
            return Err(Busy::Share);
        }
        self.reserved = self.reserved.saturating_add(amount);
        Ok(())
    }

    /// Takes `amount` out of the whole, of which at most `total` may be used.
    pub(super) fn take(&mut self, amount: usize, total: usize) -> Result<(), Busy> {
        let before = self.budget.used.fetch_add(amount, Relaxed);
        if before.saturating_add(amount) > total {
            self.budget.used.fetch_sub(amount, Relaxed);
            return Err(Busy::All);
        }
        self.used = self.used.saturating_add(amount);
        Ok(())
    }

    /// Takes `amount` out of both.
    pub(super) fn hold(&mut self, amount: usize, share: usize, total: usize) -> Result<(), Busy> {
        self.reserve(amount, share)?;
        self.take(amount, total)
    }

    /// Counts what was reserved towards another holder, who may have at most `share`.
    pub(super) fn move_to(&mut self, holder: Holder, share: usize) -> bool {
        let moved = self.budget.reserve(holder, self.reserved, share);
        if moved {
            self.budget.give_back(self.holder, self.reserved);
            self.holder = holder;
        }
        moved
    }

    /// Whose share it is.
    pub(super) const fn holder(&self) -> Holder {
        self.holder
    }

    /// Bytes that count until nobody has a piece of them any more.
    pub(super) fn attach(self, data: Bytes) -> Bytes {
        Bytes::from_owner(Held { data, _grant: self })
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.used, Relaxed);
        if self.reserved > 0 {
            self.budget.give_back(self.holder, self.reserved);
        }
    }
}

struct Held {
    data: Bytes,
    _grant: Grant,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(budget: &Budget) -> usize {
        let shards = budget.holders.iter();
        shards.map(|shard| shard.lock().unwrap().len()).sum()
    }

    #[test]
    fn a_holder_gets_its_share_and_the_rest_stays_for_others() {
        let budget: Arc<Budget> = Arc::default();
        let one = Holder::Address([192, 0, 2, 1].into());
        let other = Holder::Address([192, 0, 2, 2].into());
        let mut first = budget.grant(one);
        assert_eq!(first.hold(25, 25, 100), Ok(()));
        let mut second = budget.grant(one);
        assert_eq!(second.hold(1, 25, 100), Err(Busy::Share));
        let mut third = budget.grant(other);
        assert_eq!(third.hold(25, 25, 49), Err(Busy::All));
        assert_eq!((budget.used(), budget.of(other)), (25, 25));
        drop(third);
        assert_eq!((budget.of(other), remembered(&budget)), (0, 1));
        let data = first.attach(Bytes::from_static(b"body"));
        let piece = data.slice(1..2);
        drop(data);
        assert_eq!(budget.used(), 25, "somebody has a piece");
        drop(piece);
        assert_eq!(second.hold(25, 25, 25), Ok(()));
        drop(second);
        assert_eq!((budget.used(), remembered(&budget)), (0, 0));
    }

    #[test]
    fn a_token_moves_a_request_to_the_share_of_its_client() {
        let budget: Arc<Budget> = Arc::default();
        let address = Holder::Address([192, 0, 2, 1].into());
        let client = Holder::Client(ClientId::random());
        let mut grants: Vec<Grant> = Vec::new();
        for _ in 0..3 {
            let mut grant = budget.grant(address);
            assert_eq!(grant.reserve(1, 1), Ok(()), "nothing else is under way");
            assert!(grant.move_to(client, 3));
            grants.push(grant);
        }
        let mut fourth = budget.grant(address);
        assert_eq!(fourth.reserve(1, 1), Ok(()));
        assert!(!fourth.move_to(client, 3));
        assert_eq!(fourth.holder(), address);
        drop((grants, fourth));
        assert_eq!(remembered(&budget), 0);
    }
}
