//! Slots by id, in shards, so that requests on several cores do not wait for each other.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::{DefaultHashBuilder, HashTable};
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

/// The slots of a shard lie close together, and the table has only their places: a table of slots
/// is half empty on average, and there are many slots.
struct Shard<F> {
    places: HashTable<u32>,
    slots: Vec<(Uuid, Slot<F>)>,
}

/// A bounded number of slots.
pub(super) struct Slots<F> {
    shards: Box<[RwLock<Shard<F>>]>,
    hasher: DefaultHashBuilder,
    max_per_shard: usize,
}

impl<F> Shard<F> {
    const fn new() -> Self {
        Self {
            places: HashTable::new(),
            slots: Vec::new(),
        }
    }

    fn place(&self, hash: u64, id: Uuid) -> Option<usize> {
        let is_it = |place: &u32| {
            self.slots
                .get(*place as usize)
                .is_some_and(|(i, _)| *i == id)
        };
        self.places.find(hash, is_it).map(|place| *place as usize)
    }

    fn get(&self, hash: u64, id: Uuid) -> Option<&Slot<F>> {
        let place = self.place(hash, id)?;
        self.slots.get(place).map(|(_, slot)| slot)
    }

    fn get_mut(&mut self, hash: u64, id: Uuid) -> Option<&mut Slot<F>> {
        let place = self.place(hash, id)?;
        self.slots.get_mut(place).map(|(_, slot)| slot)
    }

    /// Adds a slot that is not there yet.
    fn add(&mut self, id: Uuid, slot: Slot<F>, hasher: &DefaultHashBuilder) {
        if self.slots.len() == self.slots.capacity() {
            // To double it would leave a quarter of it unused on average.
            self.slots.reserve_exact((self.slots.len() / 8).max(4));
        }
        let place = self.slots.len();
        self.slots.push((id, slot));
        index(&mut self.places, &self.slots, place, hasher);
    }

    /// Gives up a part of the slots.
    fn give_up_some(&mut self, hasher: &DefaultHashBuilder) {
        let mut place = 0;
        self.slots.retain(|_| {
            place += 1;
            place % GIVEN_UP_PART != 1
        });
        self.places.clear();
        for place in 0..self.slots.len() {
            index(&mut self.places, &self.slots, place, hasher);
        }
    }
}

fn index<F>(
    places: &mut HashTable<u32>,
    slots: &[(Uuid, Slot<F>)],
    place: usize,
    hasher: &DefaultHashBuilder,
) {
    let hash_of = |place: usize| slots.get(place).map_or(0, |(id, _)| hasher.hash_one(id));
    // A shard has some hundred slots.
    let number = u32::try_from(place).unwrap_or(u32::MAX);
    places.insert_unique(hash_of(place), number, |place| hash_of(*place as usize));
}

impl<F> Slots<F> {
    pub(super) fn new(max: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::new(Shard::new())).collect(),
            hasher: DefaultHashBuilder::default(),
            max_per_shard: (max / SHARDS).max(1),
        }
    }

    /// Gives up all slots. Stamps are never used twice, so nothing that began before gets in after.
    pub(super) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.places.clear();
            shard.slots.clear();
        }
    }

    /// How many there can be.
    pub(super) const fn max(&self) -> usize {
        self.max_per_shard * SHARDS
    }

    /// Looks at a slot, if there is one.
    pub(super) fn with<T>(&self, id: Uuid, look: impl FnOnce(&Slot<F>) -> T) -> Option<T> {
        let hash = self.hasher.hash_one(id);
        self.read(hash).get(hash, id).map(look)
    }

    /// The stamp of a slot, which is made where there is none.
    pub(super) fn stamp(&self, id: Uuid, fresh: impl FnOnce() -> Stamp) -> Stamp {
        let hash = self.hasher.hash_one(id);
        if let Some(slot) = self.read(hash).get(hash, id) {
            return slot.stamp;
        }
        let mut shard = self.write(hash);
        // Somebody may have been faster.
        if let Some(slot) = shard.get(hash, id) {
            return slot.stamp;
        }
        if shard.slots.len() >= self.max_per_shard {
            shard.give_up_some(&self.hasher);
        }
        let stamp = fresh();
        shard.add(id, Slot::empty(stamp), &self.hasher);
        stamp
    }

    /// Changes a slot, if there is one.
    pub(super) fn change(&self, id: Uuid, change: impl FnOnce(&mut Slot<F>)) {
        let hash = self.hasher.hash_one(id);
        if let Some(slot) = self.write(hash).get_mut(hash, id) {
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
        let lock = |shard: &RwLock<Shard<F>>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.slots.len()
        };
        self.shards.iter().map(lock).sum()
    }

    fn shard(&self, hash: u64) -> &RwLock<Shard<F>> {
        // The upper bits: the lower ones choose the place within the shard.
        let index = usize::try_from(hash >> 48).unwrap_or_default() % SHARDS;
        &self.shards[index]
    }

    fn read(&self, hash: u64) -> RwLockReadGuard<'_, Shard<F>> {
        let shard = self.shard(hash).read();
        shard.unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Shard<F>> {
        let shard = self.shard(hash).write();
        shard.unwrap_or_else(PoisonError::into_inner)
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
        // What is left is still found.
        let last = Uuid::from_u128(3 * MAX as u128 - 1);
        assert_eq!(slots.with(last, |slot| slot.stamp), Some(1));
        let ids = (0..3 * MAX as u128).map(Uuid::from_u128);
        let found = ids.filter(|id| slots.with(*id, |_| ()).is_some());
        assert_eq!(found.count(), slots.len());
    }
}
