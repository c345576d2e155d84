//! What callers and the writer share: the open tables, and whether writes are possible.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use arc_swap::ArcSwap;

use super::read::Tables;
use super::slot::Slot;
use super::stats::Stats;
use crate::store::engine::{Key, Record, StoreError, Watchers};

/// Whether writes are possible.
#[derive(Debug, Clone)]
enum Mode {
    Writable,
    Failed(String),
    Closed,
}

pub(super) struct Shared {
    /// Absent while the engine recovers and after it is closed. Readers hold the lock only for
    /// one read and keep nothing of the tables after it, so that taking them out releases the
    /// files.
    tables: RwLock<Option<Tables>>,
    /// Set by the writer alone.
    mode: ArcSwap<Mode>,
    pub(super) watchers: Watchers,
    pub(super) stats: Stats,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("mode", &self.mode)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(tables: Tables) -> Self {
        Self {
            tables: RwLock::new(Some(tables)),
            mode: ArcSwap::from_pointee(Mode::Writable),
            watchers: Watchers::default(),
            stats: Stats::default(),
        }
    }

    /// Runs one read over the open tables.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Tables) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.tables().as_ref() {
            Some(tables) => read(tables),
            None => Err(self.writable().err().unwrap_or_else(|| {
                StoreError::Unavailable("it recovers; try again in a moment".to_owned())
            })),
        }
    }

    /// Looks at the record under `key`, if it has a slot; waits for nobody.
    pub(super) fn get_cached(&self, key: &Key, look: &mut dyn FnMut(Option<&[u8]>)) {
        if let Some(slot) = Slot::of(key)
            && let Ok(tables) = self.tables.try_read()
            && let Some(tables) = tables.as_ref()
        {
            tables.table.try_with(&slot, look);
        }
    }

    /// The records under `keys`, each on its own.
    pub(super) fn get_each(&self, keys: &[Key]) -> Vec<Result<Option<Record>, StoreError>> {
        let all = self.read(|tables| {
            let records = keys.iter().map(|key| tables.get(key));
            Ok(records.collect())
        });
        all.unwrap_or_else(|error| vec![Err(error); keys.len()])
    }

    /// The open tables, for the writer.
    pub(super) fn tables(&self) -> RwLockReadGuard<'_, Option<Tables>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the tables from all readers.
    pub(super) fn take_tables(&self) -> Option<Tables> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.take()
    }

    pub(super) fn put_tables(&self, tables: Tables) {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Some(tables);
    }

    /// Whether writes are possible now; the reason if not.
    pub(super) fn writable(&self) -> Result<(), StoreError> {
        match &**self.mode.load() {
            Mode::Writable => Ok(()),
            Mode::Failed(why) => Err(StoreError::Unavailable(why.clone())),
            Mode::Closed => Err(StoreError::Unavailable("it is closed".to_owned())),
        }
    }

    /// What to answer to a close: a failure before it is worth telling.
    pub(super) fn closing_error(&self) -> Result<(), StoreError> {
        match &**self.mode.load() {
            Mode::Failed(why) => Err(StoreError::Unavailable(why.clone())),
            Mode::Writable | Mode::Closed => Ok(()),
        }
    }

    pub(super) fn fail(&self, why: String) {
        self.stats.failures.fetch_add(1, Relaxed);
        self.mode.store(Arc::new(Mode::Failed(why)));
    }

    pub(super) fn resume(&self) {
        self.stats.recoveries.fetch_add(1, Relaxed);
        self.mode.store(Arc::new(Mode::Writable));
    }

    /// Keeps an earlier failure, which `close` reports.
    pub(super) fn close(&self) {
        if matches!(**self.mode.load(), Mode::Writable) {
            self.mode.store(Arc::new(Mode::Closed));
        }
    }
}
