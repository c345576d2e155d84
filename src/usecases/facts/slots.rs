//! Slots by id, in shards, so that requests on several cores do not wait for each other.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::{DefaultHashBuilder, HashMap};
use uuid::Uuid;

use super::{Listed, Stamp};

/// So many that two cores rarely meet in one, and that one has some hundred slots of a million.
const SHARDS: usize = 1024;

/// A full shard gives up one slot in so many.
const GIVEN_UP_PART: usize = 8;

/// What is remembered of one account.
#[derive(Debug, Clone)]
pub(super) struct Slot<F> {
    pub(super) stamp: Stamp,
    pub(super) facts: Option<F>,
    pub(super) listed: Option<Listed>,
}

impl<F> Slot<F> {
    pub(super) const fn empty(stamp: Stamp) -> Self {
        Self {
            stamp,
            facts: None,
            listed: None,
        }
    }
}

type Shard<F> = HashMap<Uuid, Slot<F>>;

/// A bounded number of slots.
pub(super) struct Slots<F> {
    shards: Box<[RwLock<Shard<F>>]>,
    hasher: DefaultHashBuilder,
    max_per_shard: usize,
}

impl<F> Slots<F> {
    pub(super) fn new(max: usize) -> Self {
        let hasher = DefaultHashBuilder::default();
        let shard = || RwLock::new(HashMap::with_hasher(hasher.clone()));
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher: hasher.clone(),
            max_per_shard: (max / SHARDS).max(1),
        }
    }

    /// How many there can be.
    pub(super) const fn max(&self) -> usize {
        self.max_per_shard * SHARDS
    }

    /// Looks at a slot, if there is one.
    pub(super) fn with<T>(&self, id: Uuid, look: impl FnOnce(&Slot<F>) -> T) -> Option<T> {
        self.read(id).get(&id).map(look)
    }

    /// The stamp of a slot, which is made where there is none.
    pub(super) fn stamp(&self, id: Uuid, fresh: impl FnOnce() -> Stamp) -> Stamp {
        if let Some(stamp) = self.with(id, |slot| slot.stamp) {
            return stamp;
        }
        let mut shard = self.write(id);
        if shard.len() >= self.max_per_shard && !shard.contains_key(&id) {
            let mut place = 0;
            shard.retain(|_, _| {
                place += 1;
                place % GIVEN_UP_PART != 1
            });
        }
        shard
            .entry(id)
            .or_insert_with(|| Slot::empty(fresh()))
            .stamp
    }

    /// Changes a slot, if there is one.
    pub(super) fn change(&self, id: Uuid, change: impl FnOnce(&mut Slot<F>)) {
        if let Some(slot) = self.write(id).get_mut(&id) {
            change(slot);
        }
    }

    /// Changes a slot, if it still has this stamp.
    pub(super) fn fill(&self, id: Uuid, stamp: Stamp, fill: impl FnOnce(&mut Slot<F>)) {
        self.change(id, |slot| {
            if slot.stamp == stamp {
                fill(slot);
            }
        });
    }

    pub(super) fn len(&self) -> usize {
        let lock =
            |shard: &RwLock<Shard<F>>| shard.read().unwrap_or_else(PoisonError::into_inner).len();
        self.shards.iter().map(lock).sum()
    }

    fn shard(&self, id: Uuid) -> &RwLock<Shard<F>> {
        // The upper bits: the lower ones choose the place within the shard.
        let hash = self.hasher.hash_one(id);
        let index = usize::try_from(hash >> 48).unwrap_or_default() % SHARDS;
        &self.shards[index]
    }

    fn read(&self, id: Uuid) -> RwLockReadGuard<'_, Shard<F>> {
        let shard = self.shard(id);
        shard.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, id: Uuid) -> RwLockWriteGuard<'_, Shard<F>> {
        let shard = self.shard(id);
        shard.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> fmt::Debug for Slots<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_taken() {
        let slots: Slots<u8> = Slots::new(1_000_000);
        let id = Uuid::from_u128(7);
        let seen = slots.stamp(id, || 1);
        assert_eq!(slots.stamp(id, || 2), seen);
        slots.change(id, |slot| slot.stamp = 3);
        slots.fill(id, seen, |slot| slot.facts = Some(1));
        assert_eq!(slots.with(id, |slot| slot.facts), Some(None));
        slots.fill(id, 3, |slot| slot.facts = Some(2));
        assert_eq!(slots.with(id, |slot| slot.facts), Some(Some(2)));
        // Nobody asked for this one: a change of it is nothing to remember.
        let other = Uuid::from_u128(8);
        slots.change(other, |slot| slot.stamp = 4);
        assert_eq!(slots.with(other, |slot| slot.stamp), None);
    }

    #[test]
    fn there_are_never_more_than_there_is_room_for() {
        const MAX: usize = 64 * SHARDS;
        let slots: Slots<u8> = Slots::new(MAX);
        for number in 0..3 * MAX as u128 {
            slots.stamp(Uuid::from_u128(number), || 1);
        }
        // A full shard gives up a part of what it has, not all.
        assert!((MAX / 2..=MAX).contains(&slots.len()), "{}", slots.len());
    }
}
