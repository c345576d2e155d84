//! What callers and the writer share: the open tables, and whether writes are possible.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use super::read::Tables;
use super::slot::Slot;
use super::stats::Stats;
use crate::store::engine::{Key, Record, StoreError, Watcher};

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
    mode: Mutex<Mode>,
    watchers: RwLock<Vec<Arc<dyn Watcher>>>,
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
            mode: Mutex::new(Mode::Writable),
            watchers: RwLock::default(),
            stats: Stats::default(),
        }
    }

    pub(super) fn watch(&self, watcher: Arc<dyn Watcher>) {
        let mut watchers = self
            .watchers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        watchers.push(watcher);
    }

    /// Tells the watchers.
    pub(super) fn tell(&self, keys: &[&Key]) {
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        for watcher in &*watchers {
            watcher.changed(keys);
        }
    }

    /// Tells the watchers that any record may have changed.
    pub(super) fn tell_lost(&self) {
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        for watcher in &*watchers {
            watcher.lost();
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
        match &*self.mode.lock().unwrap_or_else(PoisonError::into_inner) {
            Mode::Writable => Ok(()),
            Mode::Failed(why) => Err(StoreError::Unavailable(why.clone())),
            Mode::Closed => Err(StoreError::Unavailable("it is closed".to_owned())),
        }
    }

    /// What to answer to a close: a failure before it is worth telling.
    pub(super) fn closing_error(&self) -> Result<(), StoreError> {
        match &*self.mode.lock().unwrap_or_else(PoisonError::into_inner) {
            Mode::Failed(why) => Err(StoreError::Unavailable(why.clone())),
            Mode::Writable | Mode::Closed => Ok(()),
        }
    }

    pub(super) fn fail(&self, why: String) {
        self.stats.failed();
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = Mode::Failed(why);
    }

    pub(super) fn resume(&self) {
        self.stats.recovered();
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = Mode::Writable;
    }

    /// Keeps an earlier failure, which `close` reports.
    pub(super) fn close(&self) {
        let mut mode = self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*mode, Mode::Writable) {
            *mode = Mode::Closed;
        }
    }
}
