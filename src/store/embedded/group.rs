//! A group of changes on its way to one fsync.

use fjall::{OwnedWriteBatch, PersistMode};
use hashbrown::HashMap;

use super::checkpoint::{Checkpoints, Slice};
use super::journal::{Changed, EntryWriter};
use super::read::{REVISION_BYTES, REVISION_MARK_KEY, Tables};
use super::slot::Slot;
use crate::store::engine::{
    Changes, CommitError, Expect, Key, Revision, StoreError, Update, Updated, Watchers, Write,
};

/// What the group does to a record: the new revision and body, or nothing after a delete.
type Pending = Option<(Revision, Vec<u8>)>;

fn changed_to(pending: &Pending) -> Changed<'_> {
    let (revision, body) = pending.as_ref()?;
    Some((*revision, body.as_slice()))
}

fn body_of(pending: &Pending) -> Option<&[u8]> {
    changed_to(pending).map(|(_, body)| body)
}

/// The writes of the changes accepted so far. The last write of a key wins, as fjall does not
/// order two writes of one key in a batch.
pub(super) struct Group<'a> {
    tables: &'a Tables,
    records: HashMap<Key, Pending>,
    slots: HashMap<Slot, Pending>,
    /// Slots that change together with records of the tables.
    mixed: Vec<Slot>,
}

/// What was written of a group, to be noted once it is durable.
pub(super) struct Written {
    slice: Slice,
    entry_bytes: Option<usize>,
}

impl<'a> Group<'a> {
    pub(super) fn new(tables: &'a Tables) -> Self {
        Self {
            tables,
            records: HashMap::new(),
            slots: HashMap::new(),
            mixed: Vec::new(),
        }
    }

    /// Takes the change into the group if its expectations hold, after the changes taken before;
    /// if not, the group is as it was.
    pub(super) fn take(&mut self, changes: Changes, revision: Revision) -> Result<(), CommitError> {
        for (key, expect) in changes.expectations {
            let found = self.revision(&key)?;
            let holds = match expect {
                Expect::Absent => found.is_none(),
                Expect::Revision(expected) => found == Some(expected),
            };
            if !holds {
                return Err(CommitError::Conflict(key));
            }
        }
        self.write_all(changes.writes, revision);
        Ok(())
    }

    /// Replaces the `n`-th record of `update`, after the changes taken before.
    #[expect(clippy::indexing_slicing, reason = "`n` counts the keys of the update")]
    pub(super) fn update(
        &mut self,
        update: &dyn Update,
        n: usize,
        revision: Revision,
    ) -> Result<(), CommitError> {
        let key = &update.keys()[n];
        let mut is_absent = false;
        let mut apply = |body: Option<&[u8]>| {
            is_absent = body.is_none();
            update.apply(n, body)
        };
        let updated = match Slot::of(key) {
            Some(slot) => match self.slots.get(&slot) {
                Some(pending) => apply(body_of(pending)),
                None => self.tables.table.with(&slot, apply),
            },
            None => match self.records.get(key) {
                Some(pending) => apply(body_of(pending)),
                None => {
                    let record = self.tables.get(key)?;
                    apply(record.as_ref().map(|record| record.body.as_slice()))
                }
            },
        };
        let Some(Updated { body, others }) = updated? else {
            return Ok(());
        };
        if is_absent {
            let parent = update.parent(n);
            if self.revision(&parent)?.is_none() {
                return Err(CommitError::Conflict(parent));
            }
        }
        let mut writes = others;
        writes.push(Write::Put(key.clone(), body));
        self.write_all(writes, revision);
        Ok(())
    }

    /// Takes the writes of one change.
    fn write_all(&mut self, writes: Vec<Write>, revision: Revision) {
        let (mut slots, mut records) = (Vec::new(), 0_usize);
        for write in writes {
            let (key, pending) = match write {
                Write::Put(key, body) => (key, Some((revision, body))),
                Write::Delete(key) => (key, None),
            };
            if let Some(slot) = Slot::of(&key) {
                self.slots.insert(slot, pending);
                slots.push(slot);
            } else {
                self.records.insert(key, pending);
                records += 1;
            }
        }
        if records > 0 {
            self.mixed.append(&mut slots);
        }
    }

    fn revision(&self, key: &Key) -> Result<Option<Revision>, StoreError> {
        let slot = Slot::of(key);
        let pending = match &slot {
            Some(slot) => self.slots.get(slot),
            None => self.records.get(key),
        };
        match (pending, slot) {
            (Some(pending), _) => Ok(pending.as_ref().map(|(revision, _)| *revision)),
            (None, Some(slot)) => Ok(self.tables.table.revision(&slot)),
            (None, None) => self.tables.revision(key),
        }
    }

    /// Whether there is nothing to write: only conflicts, or changes that only expect.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.slots.is_empty()
    }

    /// Writes the group, and `revision_mark` if it moves, and returns after the fsync. fjall
    /// shows the batch to readers after that.
    pub(super) fn write(
        &self,
        checkpoints: &mut Checkpoints,
        revision_mark: Option<u64>,
    ) -> fjall::Result<Written> {
        let tables = self.tables;
        let mut batch =
            OwnedWriteBatch::with_capacity(tables.database.clone(), self.records.len() + 2)
                .durability(Some(PersistMode::SyncAll));
        for (key, pending) in &self.records {
            match pending {
                Some((revision, body)) => {
                    let mut value = Vec::with_capacity(REVISION_BYTES + body.len());
                    value.extend_from_slice(&revision.0.to_be_bytes());
                    value.extend_from_slice(body);
                    batch.insert(&tables.records, key.0.as_slice(), value);
                }
                None => batch.remove(&tables.records, key.0.as_slice()),
            }
        }
        if let Some(mark) = revision_mark {
            batch.insert(&tables.records, REVISION_MARK_KEY, mark.to_be_bytes());
        }
        let entry = self.entry();
        let entry_bytes = entry.as_ref().map(Vec::len);
        if let Some(entry) = entry {
            batch.insert(&tables.journal, checkpoints.next().to_be_bytes(), entry);
        }
        let slice = checkpoints.add_to(&mut batch, tables, entry_bytes.unwrap_or(0));
        tables.table.begin(&self.mixed);
        batch.commit()?;
        Ok(Written { slice, entry_bytes })
    }

    /// The changes of slots, as the journal has them.
    fn entry(&self) -> Option<Vec<u8>> {
        let revisions = self.slots.values().flatten().map(|(revision, _)| *revision);
        let least = revisions.min().unwrap_or(Revision(0));
        let mut writer = (!self.slots.is_empty()).then(|| EntryWriter::new(least))?;
        for (slot, pending) in &self.slots {
            writer.push(slot, changed_to(pending));
        }
        Some(writer.into_bytes())
    }

    /// Shows readers what was made durable.
    pub(super) fn publish(&self, checkpoints: &mut Checkpoints, written: &Written) {
        let number = checkpoints.next();
        checkpoints.done(self.tables, &written.slice, written.entry_bytes);
        for (slot, pending) in &self.slots {
            let changed = changed_to(pending);
            let page = self.tables.table.publish(number, slot, changed);
            page.into_iter().for_each(|page| checkpoints.changed(page));
        }
    }

    /// Tells the watchers which records are written or removed.
    pub(super) fn tell(&self, watchers: &Watchers) {
        let slots: Vec<Key> = self.slots.keys().map(Slot::key).collect();
        let keys: Vec<&Key> = self.records.keys().chain(&slots).collect();
        watchers.for_each(|watcher| watcher.changed(&keys));
    }
}
