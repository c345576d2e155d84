//! Shared resources with a bound (connections, requests in flight, bytes), and the share of them
//! that one address or one client may hold, so that it cannot take all of it from the others.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::domain::ids::ClientId;

/// Enough that two cores rarely contend for one.
const SHARDS: usize = 16;

/// Whose share an amount counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// As limits count addresses: IPv6 by its /64.
    Address(IpAddr),
    /// A client with a valid token of its own.
    Client(ClientId),
}

/// A gauge with a bound, and how much of it each holder has.
///
/// A lock is taken to find a holder's counter, and by threads that answer requests only: a grant knows its counter, so
/// that a worker of lower priority drops one without a lock that somebody may be waiting for.
#[derive(Debug, Default)]
pub(super) struct Budget {
    used: AtomicUsize,
    holders: [Mutex<Holders>; SHARDS],
}

/// The counters of the holders of something, and of some former ones.
#[derive(Debug, Default)]
struct Holders {
    counters: HashMap<Holder, Arc<AtomicUsize>>,
    /// At this many, idle counters are removed.
    swept_at: usize,
}

/// Counters that a shard keeps, in use or not.
const MIN_KEPT: usize = 64;

impl Holders {
    fn counter(&mut self, holder: Holder) -> Arc<AtomicUsize> {
        if let Some(known) = self.counters.get(&holder) {
            return Arc::clone(known);
        }
        if self.counters.len() >= self.swept_at {
            // Whoever holds something has a reference to the counter.
            self.counters
                .retain(|_, counter| Arc::strong_count(counter) > 1);
            self.swept_at = (2 * self.counters.len()).max(MIN_KEPT);
        }
        Arc::clone(self.counters.entry(holder).or_default())
    }
}

impl Budget {
    /// How much is used now.
    pub(super) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// How much this holder has.
    pub(super) fn of(&self, holder: Holder) -> usize {
        let holders = self.shard(holder);
        let counter = holders.counters.get(&holder);
        counter.map_or(0, |counter| counter.load(Relaxed))
    }

    /// An empty grant for `holder`.
    pub(super) fn grant(self: &Arc<Self>, holder: Holder) -> Grant {
        Grant {
            budget: Arc::clone(self),
            counter: self.shard(holder).counter(holder),
            holder,
            reserved: 0,
            used: 0,
        }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the remainder is below the number of shards"
    )]
    fn shard(&self, holder: Holder) -> MutexGuard<'_, Holders> {
        let mut hasher = DefaultHasher::new();
        holder.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or_default();
        self.holders[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn reserve(counter: &AtomicUsize, amount: usize, share: usize) -> bool {
    let reserved = counter.fetch_update(Relaxed, Relaxed, |had| {
        let has = had.saturating_add(amount);
        (has <= share).then_some(has)
    });
    reserved.is_ok()
}

/// Why nothing was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// The whole is used up.
    All,
    /// The holder's share of it is.
    Share,
}

/// The part of a [`Budget`] that one connection, request, body or answer holds, until it is dropped.
#[derive(Debug)]
pub(super) struct Grant {
    budget: Arc<Budget>,
    /// The holder's.
    counter: Arc<AtomicUsize>,
    holder: Holder,
    reserved: usize,
    used: usize,
}

impl Grant {
    /// Takes `amount` out of the holder's share, who may have at most `share`.
    pub(super) fn reserve(&mut self, amount: usize, share: usize) -> Result<(), Busy> {
        if !reserve(&self.counter, amount, share) {
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
        let counter = self.budget.shard(holder).counter(holder);
        let moved = reserve(&counter, self.reserved, share);
        if moved {
            self.counter.fetch_sub(self.reserved, Relaxed);
            (self.counter, self.holder) = (counter, holder);
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
        self.counter.fetch_sub(self.reserved, Relaxed);
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

    /// How many have something.
    fn holding(budget: &Budget) -> usize {
        let shards = budget.holders.iter();
        let held = |counter: &Arc<AtomicUsize>| counter.load(Relaxed) > 0;
        let count = |holders: &Holders| holders.counters.values().filter(|it| held(it)).count();
        shards.map(|shard| count(&shard.lock().unwrap())).sum()
    }

    #[test]
    fn a_grant_is_dropped_while_others_look_for_theirs() {
        let budget: Arc<Budget> = Arc::default();
        let holder = Holder::Address([192, 0, 2, 1].into());
        let mut grant = budget.grant(holder);
        assert_eq!(grant.hold(1, 1, 1), Ok(()));
        let locked: Vec<_> = budget.holders.iter().map(|it| it.lock().unwrap()).collect();
        let (dropped, done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            drop(grant);
            dropped.send(()).unwrap();
        });
        let waited = done.recv_timeout(std::time::Duration::from_secs(20));
        assert!(waited.is_ok(), "it waits for a lock");
        drop(locked);
        assert_eq!((budget.used(), budget.of(holder)), (0, 0));
    }

    #[test]
    fn those_that_have_nothing_are_forgotten() {
        let budget: Arc<Budget> = Arc::default();
        let mut kept = budget.grant(Holder::Address([10, 0, 0, 1].into()));
        assert!(kept.hold(1, 1, 1).is_ok());
        for bits in 0..100_000_u32 {
            let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + bits);
            drop(budget.grant(Holder::Address(address.into())));
        }
        let shards = budget.holders.iter();
        let known: usize = shards.map(|it| it.lock().unwrap().counters.len()).sum();
        assert!(known <= SHARDS * MIN_KEPT, "{known}");
        assert_eq!(budget.of(kept.holder()), 1);
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
        assert_eq!((budget.of(other), holding(&budget)), (0, 1));
        let data = first.attach(Bytes::from_static(b"body"));
        let piece = data.slice(1..2);
        drop(data);
        assert_eq!(budget.used(), 25, "somebody has a piece");
        drop(piece);
        assert_eq!(second.hold(25, 25, 25), Ok(()));
        drop(second);
        assert_eq!((budget.used(), holding(&budget)), (0, 0));
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
        assert_eq!(holding(&budget), 0);
    }
}
