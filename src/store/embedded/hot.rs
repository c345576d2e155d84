//! Records that are read and written all the time, kept in memory in a compact form.
//!
//! What is here is never behind the disk, as far as anybody was told: only the writer puts in what
//! it made durable, before it answers. A reader that missed puts in what it read from the tables
//! only if the writer has put nothing into the same part meanwhile (`epoch`), so it can never
//! bring back what was replaced, removed or evicted. When the tables are opened again after a
//! failure, all of it is forgotten, since what the failed group left on the disk is not known.

use std::hash::BuildHasher as _;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::read::REVISION_BYTES;
use crate::store::engine::{Key, Record, Revision};

/// Parts that are locked on their own.
const PARTS: usize = 256;

/// Longer keys are not kept: their length is stored in one byte.
const MAX_HOT_KEY_BYTES: usize = 64;

/// Longer bodies are not kept.
const MAX_HOT_BODY_BYTES: usize = 4096;

/// What an entry takes beside its own bytes: its place in the list and in the table, and what the
/// allocator rounds up.
const ENTRY_COST_BYTES: usize = 40;

/// Which records are kept, and how many.
pub(super) struct Hot {
    /// The first bytes of keys of records that are kept.
    families: &'static [u8],
    parts: Box<[RwLock<Part>]>,
    hasher: DefaultHashBuilder,
    part_bytes: usize,
}

/// An entry: the length of the key, the key, the revision, the body.
type Entry = Box<[u8]>;

#[derive(Default)]
struct Part {
    /// Places in `entries`.
    index: HashTable<u32>,
    entries: Vec<Entry>,
    /// The next to be evicted.
    hand: usize,
    used_bytes: usize,
    /// Grows with each change that the writer makes here.
    epoch: u64,
}

/// That a reader did not find a key, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missed {
    hash: u64,
    epoch: u64,
}

/// What a look into memory gives.
pub(super) enum Look<T> {
    Found(T),
    /// To be read from the tables, and then given to [`Hot::fill`].
    Missed(Missed),
    /// Not a record that is kept.
    NotHot,
}

fn key_of(entry: &[u8]) -> &[u8] {
    let length = entry.first().map_or(0, |length| usize::from(*length));
    entry.get(1..=length).unwrap_or_default()
}

fn split(entry: &[u8]) -> Option<(Revision, &[u8])> {
    let rest = entry.get(1 + key_of(entry).len()..)?;
    let (revision, body) = rest.split_first_chunk::<REVISION_BYTES>()?;
    Some((Revision(u64::from_be_bytes(*revision)), body))
}

fn entry_of(key: &[u8], revision: Revision, body: &[u8]) -> Entry {
    let length = u8::try_from(key.len()).unwrap_or(0);
    let whole = [&[length][..], key, &revision.0.to_be_bytes(), body].concat();
    whole.into_boxed_slice()
}

impl Hot {
    /// Keeps records of `families` in about so many bytes.
    pub(super) fn new(families: &'static [u8], max_bytes: usize) -> Self {
        let parts = (0..PARTS).map(|_| RwLock::default()).collect();
        Self {
            families,
            parts,
            hasher: DefaultHashBuilder::default(),
            part_bytes: max_bytes / PARTS,
        }
    }

    fn is_hot(&self, key: &[u8]) -> bool {
        let family = key.first();
        key.len() <= MAX_HOT_KEY_BYTES && family.is_some_and(|f| self.families.contains(f))
    }

    fn part(&self, hash: u64) -> &RwLock<Part> {
        // The table takes the lowest and the highest bits.
        let index = usize::try_from(hash >> 32 & 0xFF).unwrap_or(0);
        &self.parts[index % PARTS]
    }

    fn read(&self, hash: u64) -> RwLockReadGuard<'_, Part> {
        let part = self.part(hash).read();
        part.unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Part> {
        let part = self.part(hash).write();
        part.unwrap_or_else(PoisonError::into_inner)
    }

    fn look<T>(&self, key: &Key, take: impl FnOnce(Revision, &[u8]) -> T) -> Look<T> {
        if !self.is_hot(&key.0) {
            return Look::NotHot;
        }
        let hash = self.hasher.hash_one(key.0.as_slice());
        let part = self.read(hash);
        match part.find(hash, &key.0).and_then(split) {
            Some((revision, body)) => Look::Found(take(revision, body)),
            None => Look::Missed(Missed {
                hash,
                epoch: part.epoch,
            }),
        }
    }

    /// The record under `key`.
    pub(super) fn get(&self, key: &Key) -> Look<Record> {
        self.look(key, |revision, body| Record {
            revision,
            body: body.to_vec(),
        })
    }

    /// The revision of the record under `key`.
    pub(super) fn revision(&self, key: &Key) -> Option<Revision> {
        match self.look(key, |revision, _| revision) {
            Look::Found(revision) => Some(revision),
            Look::Missed(_) | Look::NotHot => None,
        }
    }

    /// Keeps what a reader read from the tables after it missed it here.
    pub(super) fn fill(&self, missed: Missed, key: &Key, record: &Record) {
        if record.body.len() > MAX_HOT_BODY_BYTES {
            return;
        }
        let mut part = self.write(missed.hash);
        if part.epoch != missed.epoch || part.find(missed.hash, &key.0).is_some() {
            return;
        }
        let entry = entry_of(&key.0, record.revision, &record.body);
        part.insert(missed.hash, entry, &self.hasher);
        part.shrink(self.part_bytes, &self.hasher);
    }

    /// Keeps what the writer has made durable. For the writer alone.
    pub(super) fn put(&self, key: &Key, revision: Revision, body: &[u8]) {
        if !self.is_hot(&key.0) {
            return;
        }
        let hash = self.hasher.hash_one(key.0.as_slice());
        let mut part = self.write(hash);
        part.epoch += 1;
        if body.len() > MAX_HOT_BODY_BYTES {
            part.remove(hash, &key.0, &self.hasher);
            return;
        }
        if !part.replace(hash, &key.0, revision, body) {
            let entry = entry_of(&key.0, revision, body);
            part.insert(hash, entry, &self.hasher);
        }
        part.shrink(self.part_bytes, &self.hasher);
    }

    /// Forgets what the writer has removed. For the writer alone.
    pub(super) fn remove(&self, key: &Key) {
        if !self.is_hot(&key.0) {
            return;
        }
        let hash = self.hasher.hash_one(key.0.as_slice());
        let mut part = self.write(hash);
        part.epoch += 1;
        part.remove(hash, &key.0, &self.hasher);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        for part in &self.parts {
            let mut part = part.write().unwrap_or_else(PoisonError::into_inner);
            *part = Part {
                epoch: part.epoch + 1,
                ..Part::default()
            };
        }
    }

    /// About how many bytes are taken.
    #[cfg(test)]
    fn used_bytes(&self) -> usize {
        let parts = self.parts.iter();
        parts
            .map(|part| part.read().map_or(0, |part| part.used_bytes))
            .sum()
    }
}

impl Part {
    fn place(&self, hash: u64, key: &[u8]) -> Option<usize> {
        let is_it = |place: &u32| self.entry(*place).is_some_and(|entry| key_of(entry) == key);
        self.index.find(hash, is_it).map(|place| *place as usize)
    }

    fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries.get(place as usize)
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<&[u8]> {
        let place = self.place(hash, key)?;
        self.entries.get(place).map(|entry| &**entry)
    }

    fn insert(&mut self, hash: u64, entry: Entry, hasher: &DefaultHashBuilder) {
        let Ok(place) = u32::try_from(self.entries.len()) else {
            return;
        };
        self.used_bytes += entry.len() + ENTRY_COST_BYTES;
        // A quarter more, not twice as many: there are many parts, and memory is counted.
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(self.entries.len() / 4 + 16);
        }
        self.entries.push(entry);
        let entries = &self.entries;
        let hash_of = |place: &u32| hash_at(entries, *place, hasher);
        self.index.insert_unique(hash, place, hash_of);
    }

    /// Whether the key was there.
    fn replace(&mut self, hash: u64, key: &[u8], revision: Revision, body: &[u8]) -> bool {
        let Some(place) = self.place(hash, key) else {
            return false;
        };
        let Some(entry) = self.entries.get_mut(place) else {
            return false;
        };
        let start = 1 + key.len();
        if entry.len() == start + REVISION_BYTES + body.len() {
            let (number, kept) = entry[start..].split_at_mut(REVISION_BYTES);
            number.copy_from_slice(&revision.0.to_be_bytes());
            kept.copy_from_slice(body);
            return true;
        }
        let new = entry_of(key, revision, body);
        self.used_bytes = (self.used_bytes + new.len()).saturating_sub(entry.len());
        *entry = new;
        true
    }

    fn remove(&mut self, hash: u64, key: &[u8], hasher: &DefaultHashBuilder) {
        if let Some(place) = self.place(hash, key) {
            self.remove_at(place, hasher);
        }
    }

    /// Removes an entry; the last one takes its place.
    fn remove_at(&mut self, place: usize, hasher: &DefaultHashBuilder) {
        let last = self.entries.len() - 1;
        self.forget(place, hasher);
        let removed = self.entries.swap_remove(place);
        self.used_bytes = self
            .used_bytes
            .saturating_sub(removed.len() + ENTRY_COST_BYTES);
        if place == last {
            return;
        }
        let Some(moved) = self.entries.get(place) else {
            return;
        };
        let hash = hasher.hash_one(key_of(moved));
        let was = |found: &u32| *found as usize == last;
        if let (Some(found), Ok(place)) = (self.index.find_mut(hash, was), u32::try_from(place)) {
            *found = place;
        }
    }

    /// Takes a place out of the index.
    fn forget(&mut self, place: usize, hasher: &DefaultHashBuilder) {
        let Some(entry) = self.entries.get(place) else {
            return;
        };
        let hash = hasher.hash_one(key_of(entry));
        let is_it = |found: &u32| *found as usize == place;
        if let Ok(found) = self.index.find_entry(hash, is_it) {
            found.remove();
        }
    }

    /// Evicts until no more than so many bytes are taken, one entry after the other.
    fn shrink(&mut self, max_bytes: usize, hasher: &DefaultHashBuilder) {
        while self.used_bytes > max_bytes && !self.entries.is_empty() {
            self.hand = (self.hand + 1) % self.entries.len();
            self.remove_at(self.hand, hasher);
        }
    }
}

fn hash_at(entries: &[Entry], place: u32, hasher: &DefaultHashBuilder) -> u64 {
    let entry = entries.get(place as usize);
    hasher.hash_one(entry.map_or(&[][..], |entry| key_of(entry)))
}

#[cfg(test)]
mod tests;
