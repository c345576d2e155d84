//! Slots by number, in chunks that are made when an account in them is known and go when none is.
//!
//! Numbers have holes, since roles and plans draw from the same counter and the rest of a block is
//! lost in a crash. When there is no room for another chunk, the oldest goes.
//!
//! Locks, each taken while those before it may be held: the list of chunks, a chunk, a shard of the
//! index.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, PoisonError, TryLockError};

use arc_swap::ArcSwapOption;
use uuid::Uuid;

use super::fields::{BrandState, TenantFields};
use super::slot::Slot;
use super::sync::{Mutex, MutexGuard};
use crate::domain::ids::V1Id;

/// Slots of a chunk.
pub(super) const CHUNK: usize = 256;

/// Chunks of a region, and regions: 2^8 slots × 2^12 × 2^12 are all numbers.
const REGION: usize = 4096;

type Region = Box<[ArcSwapOption<Chunk>]>;

/// What is known of brands of tenants in a chunk, by their ids. One that is missing is not known.
type Brands = Vec<(Uuid, BrandState)>;

/// A chunk with a number in it.
pub(super) type NumberedChunk = (V1Id, Arc<Chunk>);

#[derive(Debug)]
pub(super) struct Chunk {
    slots: [Slot; CHUNK],
    brands: ArcSwapOption<Brands>,
    state: Mutex<ChunkState>,
}

#[derive(Debug, Default)]
pub(super) struct ChunkState {
    /// Slots that are taken.
    pub(super) taken: usize,
    /// Nobody finds the chunk any more: nothing may be put in.
    pub(super) is_gone: bool,
}

#[derive(Debug)]
pub(super) struct Chunks {
    regions: Box<[OnceLock<Region>]>,
    /// The numbers of the chunks that are there, the oldest first.
    there: Mutex<VecDeque<u32>>,
    max: usize,
}

const fn chunk_of(number: V1Id) -> u32 {
    number.0 >> CHUNK.trailing_zeros()
}

const fn place_of(number: V1Id) -> usize {
    number.0 as usize % CHUNK
}

impl Chunk {
    fn new() -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot::default()),
            brands: ArcSwapOption::empty(),
            state: Mutex::default(),
        }
    }

    pub(super) fn slot(&self, number: V1Id) -> Option<&Slot> {
        self.slots.get(place_of(number))
    }

    /// The slots that are taken, with their numbers, of a chunk in which `one` is.
    pub(super) fn taken(&self, one: V1Id) -> impl Iterator<Item = (V1Id, &Slot)> {
        let first = chunk_of(one) << CHUNK.trailing_zeros();
        let numbered = (first..=u32::MAX).map(V1Id).zip(&self.slots);
        numbered.filter(|(_, slot)| slot.is_taken())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ChunkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same without waiting.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, ChunkState>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Sets what is known of the brand of the tenant in `slot`. Only while the chunk is locked.
    pub(super) fn set_brand(&self, slot: &Slot, brand: Option<BrandState>) {
        let id = slot.id();
        let known = self.brands.load();
        let known = known.as_deref().map(Vec::as_slice).unwrap_or_default();
        if brand.is_none() && known.iter().all(|(other, _)| *other != id) {
            return;
        }
        let others = known.iter().filter(|(other, _)| *other != id).cloned();
        let brands: Brands = others.chain(brand.map(|brand| (id, brand))).collect();
        let brands = (!brands.is_empty()).then(|| Arc::new(brands));
        self.brands.store(brands);
    }

    /// Forgets all brands. Only while the chunk is locked.
    pub(super) fn forget_brands(&self) {
        self.brands.store(None);
    }
}

impl Chunks {
    pub(super) fn new(max_accounts: usize) -> Self {
        Self {
            regions: (0..REGION).map(|_| OnceLock::new()).collect(),
            there: Mutex::default(),
            max: max_accounts.div_ceil(CHUNK).max(1),
        }
    }

    /// Looks at the slot of a number, if its chunk is there.
    pub(super) fn with_slot<T>(&self, number: V1Id, look: impl FnOnce(&Slot) -> T) -> Option<T> {
        let chunk = self.entry(chunk_of(number))?.load();
        chunk.as_ref()?.slot(number).map(look)
    }

    /// The chunk of a number, if it is there.
    pub(super) fn get(&self, number: V1Id) -> Option<Arc<Chunk>> {
        self.entry(chunk_of(number))?.load_full()
    }

    /// Looks at a tenant's brand, if it is known.
    pub(super) fn with_brand<T>(
        &self,
        tenant: &TenantFields,
        look: impl FnOnce(&BrandState) -> T,
    ) -> Option<T> {
        let chunk = self.entry(chunk_of(tenant.number))?.load();
        let brands = chunk.as_ref()?.brands.load();
        let mut brands = brands.as_ref()?.iter();
        let (_, brand) = brands.find(|(id, _)| *id == tenant.id.uuid())?;
        Some(look(brand))
    }

    /// The chunk of a number, made where there is none; and the oldest chunk with one number of it,
    /// if that had to go.
    pub(super) fn get_or_add(&self, number: V1Id) -> (Option<Arc<Chunk>>, Option<NumberedChunk>) {
        if let Some(chunk) = self.get(number) {
            return (Some(chunk), None);
        }
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have been faster.
        if let Some(chunk) = self.get(number) {
            return (Some(chunk), None);
        }
        let oldest = (there.len() >= self.max)
            .then(|| there.pop_front())
            .flatten();
        let gone = oldest.and_then(|oldest| {
            let chunk = self.entry(oldest)?.swap(None)?;
            Some((V1Id(oldest << CHUNK.trailing_zeros()), chunk))
        });
        let own = chunk_of(number);
        let region = self.regions.get(own as usize / REGION);
        let new_region = || (0..REGION).map(|_| ArcSwapOption::empty()).collect();
        let region = region.map(|region| region.get_or_init(new_region));
        let entry = region.and_then(|region: &Region| region.get(own as usize % REGION));
        let added = entry.map(|entry| {
            let chunk = Arc::new(Chunk::new());
            entry.store(Some(Arc::clone(&chunk)));
            there.push_back(own);
            chunk
        });
        (added, gone)
    }

    /// Lets the chunk of a number go if nobody is in it.
    pub(super) fn free_if_empty(&self, number: V1Id) {
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let own = chunk_of(number);
        let Some(chunk) = self.get(number) else {
            return;
        };
        let mut state = chunk.lock();
        if state.taken == 0 {
            state.is_gone = true;
            there.retain(|other| *other != own);
            if let Some(entry) = self.entry(own) {
                entry.store(None);
            }
        }
    }

    /// The chunks that are there, each with one number of it.
    pub(super) fn all(&self) -> Vec<NumberedChunk> {
        let there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let firsts = there.iter().map(|own| V1Id(own << CHUNK.trailing_zeros()));
        firsts
            .filter_map(|first| Some((first, self.get(first)?)))
            .collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.there
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    fn entry(&self, chunk: u32) -> Option<&ArcSwapOption<Chunk>> {
        let region = self.regions.get(chunk as usize / REGION)?.get()?;
        region.get(chunk as usize % REGION)
    }
}
