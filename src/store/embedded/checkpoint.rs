//! The writer's side of the journal: which entry is next, which pages are to be stored, and what the
//! next batch takes along. The steps are those in [`journal`](super::journal).

use std::time::{Duration, Instant};

use fjall::OwnedWriteBatch;

use super::journal::{CHECKPOINT_KEY, checkpoint_at};
use super::read::Tables;
use super::slot::PageId;
use crate::store::engine::StoreError;

/// Pages that one batch takes along hold about so many bytes for each byte of its entry.
const PAGE_BYTES_PER_ENTRY_BYTE: usize = if cfg!(test) { 1 } else { 2 };

/// The least that a batch takes along.
const MIN_SLICE_BYTES: usize = if cfg!(test) { 60 } else { 64 * 1024 };

/// What an idle writer stores at once.
const IDLE_SLICE_BYTES: usize = 1024 * 1024;

/// Entries that one batch deletes at most.
const MAX_DELETED: u64 = if cfg!(test) { 2 } else { 256 };

/// Changes that are older than this are stored in pages, however few they are.
const MAX_AGE: Duration = Duration::from_secs(300);

/// What a batch takes along, to be noted once it is durable.
#[derive(Debug, Default)]
pub(super) struct Slice {
    pages: Vec<PageId>,
    ends: bool,
    deleted_to: u64,
}

/// How far the journal is, and the pages that lag behind it.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// The number of the last entry.
    last: u64,
    /// Bytes of the entries that pages do not hold all of.
    bytes: u64,
    /// When the first of them was written.
    since: Instant,
    /// Pages that changed since the current checkpoint began, or since the last.
    dirty: Vec<PageId>,
    /// The checkpoint that is under way.
    current: Option<Checkpoint>,
    /// Entries up to here are in stored pages.
    stored: u64,
    /// Entries up to here are deleted.
    deleted: u64,
    start_bytes: u64,
    max_bytes: u64,
}

#[derive(Debug)]
struct Checkpoint {
    /// Its N.
    number: u64,
    /// Bytes of the entries up to N.
    bytes: u64,
    /// The pages that are still to be stored.
    pages: Vec<PageId>,
}

impl Checkpoints {
    /// Behind a start that found these.
    pub(super) fn new(found: Found, (start_bytes, max_bytes): (u64, u64)) -> Self {
        Self {
            last: found.last,
            bytes: found.bytes,
            since: Instant::now(),
            dirty: found.dirty,
            current: None,
            stored: found.stored,
            deleted: found.deleted,
            start_bytes,
            max_bytes,
        }
    }

    /// The number of the next entry.
    pub(super) const fn next(&self) -> u64 {
        self.last + 1
    }

    /// # Errors
    /// The journal has its full length: checkpoints do not keep up.
    pub(super) fn check_room(&self) -> Result<(), StoreError> {
        if self.bytes < self.max_bytes {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!(
            "overloaded: the journal has {} of at most {} bytes; try again later",
            self.bytes, self.max_bytes
        )))
    }

    /// Adds what is next to `batch`, which has an entry of so many bytes; nothing if there is nothing.
    pub(super) fn add_to(
        &mut self,
        batch: &mut OwnedWriteBatch,
        tables: &Tables,
        entry_bytes: usize,
    ) -> Slice {
        let bytes = (entry_bytes * PAGE_BYTES_PER_ENTRY_BYTE).max(MIN_SLICE_BYTES);
        self.add(batch, tables, bytes)
    }

    /// The same for an idle writer; `None` where there is nothing to do.
    pub(super) fn add_idle(
        &mut self,
        batch: &mut OwnedWriteBatch,
        tables: &Tables,
    ) -> Option<Slice> {
        if self.bytes > 0 && self.since.elapsed() >= MAX_AGE {
            self.begin();
        }
        let slice = self.add(batch, tables, IDLE_SLICE_BYTES);
        (slice.ends || !slice.pages.is_empty() || slice.deleted_to > self.deleted).then_some(slice)
    }

    fn begin(&mut self) {
        if self.current.is_none() {
            self.current = Some(Checkpoint {
                number: self.last,
                bytes: self.bytes,
                pages: std::mem::take(&mut self.dirty),
            });
            self.since = Instant::now();
        }
    }

    fn add(&mut self, batch: &mut OwnedWriteBatch, tables: &Tables, max_bytes: usize) -> Slice {
        if self.bytes >= self.start_bytes {
            self.begin();
        }
        let mut slice = Slice {
            deleted_to: self.deleted,
            ..Slice::default()
        };
        if let Some(checkpoint) = &self.current {
            let mut bytes = 0;
            for page in checkpoint.pages.iter().rev() {
                if bytes >= max_bytes {
                    break;
                }
                match tables.table.copy(*page) {
                    Some(copy) => {
                        bytes += copy.len();
                        batch.insert(&tables.pages, page.key(), copy);
                    }
                    None => batch.remove(&tables.pages, page.key()),
                }
                slice.pages.push(*page);
            }
            slice.ends = slice.pages.len() == checkpoint.pages.len();
            if slice.ends {
                let checkpoint = checkpoint_at(checkpoint.number);
                batch.insert(&tables.journal, CHECKPOINT_KEY, checkpoint);
            }
        }
        for number in self.deleted + 1..=self.stored.min(self.deleted + MAX_DELETED) {
            batch.remove(&tables.journal, number.to_be_bytes());
            slice.deleted_to = number;
        }
        slice
    }

    /// The batch with this slice is durable, and so is its entry of so many bytes, if it had one.
    pub(super) fn done(&mut self, tables: &Tables, slice: &Slice, entry_bytes: Option<usize>) {
        for page in &slice.pages {
            tables.table.clean(*page);
        }
        if let Some(checkpoint) = &mut self.current {
            let left = checkpoint.pages.len().saturating_sub(slice.pages.len());
            checkpoint.pages.truncate(left);
        }
        if slice.ends
            && let Some(checkpoint) = self.current.take()
        {
            self.stored = checkpoint.number;
            self.bytes = self.bytes.saturating_sub(checkpoint.bytes);
        }
        self.deleted = slice.deleted_to;
        if let Some(bytes) = entry_bytes {
            if self.bytes == 0 {
                self.since = Instant::now();
            }
            self.last += 1;
            self.bytes += bytes as u64;
        }
    }

    /// A page changed that was clean.
    pub(super) fn changed(&mut self, page: PageId) {
        self.dirty.push(page);
    }
}

/// What a start found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The number of the last entry.
    pub(super) last: u64,
    /// Bytes of the entries that were applied.
    pub(super) bytes: u64,
    /// Pages that they changed.
    pub(super) dirty: Vec<PageId>,
    /// The checkpoint.
    pub(super) stored: u64,
    /// Entries up to here are gone.
    pub(super) deleted: u64,
}
