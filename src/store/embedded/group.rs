//! A group of changes on its way to one fsync.

use fjall::{OwnedWriteBatch, PersistMode};
use hashbrown::HashMap;

use super::hot::Hot;
use super::read::{REVISION_BYTES, REVISION_MARK_KEY, Tables};
use crate::store::engine::{Changes, CommitError, Expect, Key, Revision, StoreError, Write};

/// What the group does to a key: the new revision and body, or nothing after a delete.
type Pending = Option<(Revision, Vec<u8>)>;

/// The writes of the changes accepted so far. The last write of a key wins, as fjall does not
/// order two writes of one key in a batch.
pub(super) struct Group<'a> {
    tables: &'a Tables,
    hot: &'a Hot,
    pending: HashMap<Key, Pending>,
}

impl<'a> Group<'a> {
    pub(super) fn new(tables: &'a Tables, hot: &'a Hot, writes: usize) -> Self {
        Self {
            tables,
            hot,
            pending: HashMap::with_capacity(writes),
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
        for write in changes.writes {
            match write {
                Write::Put(key, body) => self.pending.insert(key, Some((revision, body))),
                Write::Delete(key) => self.pending.insert(key, None),
            };
        }
        Ok(())
    }

    fn revision(&self, key: &Key) -> Result<Option<Revision>, StoreError> {
        match self.pending.get(key) {
            Some(pending) => Ok(pending.as_ref().map(|(revision, _)| *revision)),
            None => match self.hot.revision(key) {
                Some(revision) => Ok(Some(revision)),
                None => self.tables.revision(key),
            },
        }
    }

    /// Whether there is nothing to write: only conflicts, or changes that only expect.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Writes the group, and `revision_mark` if it moves, and returns after the fsync. fjall
    /// shows the batch to readers after that.
    pub(super) fn write(&self, revision_mark: Option<u64>) -> fjall::Result<()> {
        let Self {
            tables, pending, ..
        } = self;
        let mut batch = OwnedWriteBatch::with_capacity(tables.database.clone(), pending.len() + 1)
            .durability(Some(PersistMode::SyncAll));
        for (key, write) in pending {
            match write {
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
        batch.commit()
    }

    /// Keeps what was made durable.
    pub(super) fn remember(&self) {
        for (key, write) in &self.pending {
            match write {
                Some((revision, body)) => self.hot.put(key, *revision, body),
                None => self.hot.remove(key),
            }
        }
    }

    /// The keys of everything written or removed.
    pub(super) fn keys(&self) -> Vec<&Key> {
        self.pending.keys().collect()
    }
}
