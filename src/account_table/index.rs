//! From an account's id to its number: four bytes an entry, in shards. The ids themselves are in the
//! slots.

use std::hash::BuildHasher as _;
use std::sync::PoisonError;

use hashbrown::{DefaultHashBuilder, HashTable};
use uuid::Uuid;

use super::sync::{RwLock, RwLockWriteGuard};
use crate::domain::ids::V1Id;

/// So many that two cores rarely meet in one.
const SHARDS: usize = if cfg!(feature = "shuttle") { 2 } else { 256 };

type Shard = RwLock<HashTable<V1Id>>;

#[derive(Debug)]
pub(super) struct Index {
    shards: Box<[Shard]>,
    hasher: DefaultHashBuilder,
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    pub(super) fn hash(&self, id: Uuid) -> u64 {
        self.hasher.hash_one(id.as_u128())
    }

    /// The number, if it is there and no writer is at the shard.
    pub(super) fn try_find(&self, hash: u64, is_it: impl Fn(V1Id) -> bool) -> Option<V1Id> {
        let shard = self.shard(hash)?.try_read().ok()?;
        shard.find(hash, |number| is_it(*number)).copied()
    }

    /// The number, if it is there.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(V1Id) -> bool) -> Option<V1Id> {
        let shard = self.shard(hash)?.read();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        shard.find(hash, |number| is_it(*number)).copied()
    }

    /// Adds a number that is not there. `hash_of` says the hash of any number that is.
    pub(super) fn add(&self, hash: u64, number: V1Id, hash_of: impl Fn(V1Id) -> u64) {
        if let Some(mut shard) = self.write(hash) {
            shard.insert_unique(hash, number, |number| hash_of(*number));
        }
    }

    pub(super) fn remove(&self, hash: u64, number: V1Id) {
        if let Some(mut shard) = self.write(hash)
            && let Ok(entry) = shard.find_entry(hash, |known| *known == number)
        {
            entry.remove();
        }
    }

    pub(super) fn len(&self) -> usize {
        let len = |shard: &Shard| shard.read().unwrap_or_else(PoisonError::into_inner).len();
        self.shards.iter().map(len).sum()
    }

    fn write(&self, hash: u64) -> Option<RwLockWriteGuard<'_, HashTable<V1Id>>> {
        let shard = self.shard(hash)?.write();
        Some(shard.unwrap_or_else(PoisonError::into_inner))
    }

    fn shard(&self, hash: u64) -> Option<&Shard> {
        // Upper bits: the lower ones choose the place within the shard.
        let place = usize::try_from(hash >> 48).unwrap_or_default() % SHARDS;
        self.shards.get(place)
    }
}
