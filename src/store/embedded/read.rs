//! The open tables and how records are read from them.

use std::fmt;
use std::io;

use fjall::{Database, Keyspace, Readable, Snapshot};

use super::layout::OpenError;
use super::slot::{SLOT_FAMILIES, Slot};
use super::table::{Seen, Table};
use crate::store::engine::{Key, MAX_KEY_BYTES, Record, Revision, StoreError, scan_bounds};
use crate::store::limits::checked_limit;

/// A stored value is the revision, big-endian, then the body.
pub(super) const REVISION_BYTES: usize = 8;

/// Under this key stands the revision up to which revisions may have been given out. It is longer
/// than any key of a caller, so it cannot be one, and it lives with the records, so that it is
/// written in the same batch.
pub(super) const REVISION_MARK_KEY: [u8; MAX_KEY_BYTES + 1] = [0xFF; MAX_KEY_BYTES + 1];

/// An open database.
pub(super) struct Tables {
    pub(super) database: Database,
    pub(super) records: Keyspace,
    pub(super) journal: Keyspace,
    pub(super) pages: Keyspace,
    /// The records with a slot.
    pub(super) table: Table,
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

impl Tables {
    /// The first revision that was certainly never used.
    pub(super) fn next_revision(&self) -> Result<u64, OpenError> {
        let damaged = |why: String| OpenError::Damaged {
            dir: self.records.path().to_owned(),
            why,
        };
        let mark = self
            .records
            .get(REVISION_MARK_KEY)
            .map_err(|error| damaged(words(&error)))?;
        let Some(mark) = mark else { return Ok(1) };
        match <[u8; REVISION_BYTES]>::try_from(&*mark) {
            Ok(bytes) => Ok(u64::from_be_bytes(bytes)),
            Err(_) => Err(damaged(format!(
                "the revision mark has {} bytes, not 8",
                mark.len()
            ))),
        }
    }

    /// The revision of the newest stored value of `key`.
    pub(super) fn revision(&self, key: &Key) -> Result<Option<Revision>, StoreError> {
        let value = self
            .records
            .get(&key.0)
            .map_err(|error| unreadable(&error))?;
        value
            .map(|value| split(key, &value).map(|(revision, _)| revision))
            .transpose()
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        match Slot::of(key) {
            Some(slot) => Ok(self.table.get(&slot)),
            None => self.get_from(&self.database.snapshot(), key),
        }
    }

    /// Records of one moment; `None` while a change of some of them is half visible.
    pub(super) fn get_many(&self, keys: &[Key]) -> Result<Option<Vec<Option<Record>>>, StoreError> {
        let slots: Vec<Option<Slot>> = keys.iter().map(Slot::of).collect();
        let look = || slots.iter().flatten().map(|slot| self.table.look(slot));
        let before: Vec<Seen> = look().collect();
        let snapshot = self.database.snapshot();
        let mut seen = before.iter().map(|seen| seen.record.clone());
        let mut found = Vec::with_capacity(keys.len());
        for (key, slot) in keys.iter().zip(&slots) {
            found.push(match slot {
                Some(_) => seen.next().flatten(),
                None => self.get_from(&snapshot, key)?,
            });
        }
        let is_mixed = !before.is_empty() && before.len() < keys.len();
        let is_whole =
            !is_mixed || before.iter().all(|seen| !seen.is_committing) && look().eq(before);
        Ok(is_whole.then_some(found))
    }

    fn get_from(&self, snapshot: &Snapshot, key: &Key) -> Result<Option<Record>, StoreError> {
        // The revision mark is no record.
        if key.0.is_empty() || key.0.len() > MAX_KEY_BYTES {
            return Ok(None);
        }
        let value = snapshot
            .get(&self.records, &key.0)
            .map_err(|error| unreadable(&error))?;
        value.map(|value| record_of(key, &value)).transpose()
    }

    pub(super) fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Record)>, StoreError> {
        checked_limit(limit)?;
        let mut found = self.scan_records(prefix, after, limit)?;
        let with_slots = self.scan_slots(prefix, after, limit);
        if !with_slots.is_empty() {
            found.extend(with_slots);
            found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            found.truncate(limit);
        }
        Ok(found)
    }

    /// The records with a slot.
    fn scan_slots(&self, prefix: &Key, after: Option<&Key>, limit: usize) -> Vec<(Key, Record)> {
        let families = SLOT_FAMILIES.into_iter();
        let scans = families.flat_map(|family| self.scan_family(family, prefix, after, limit));
        scans.collect()
    }

    fn scan_family(
        &self,
        family: u8,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Vec<(Key, Record)> {
        let is_after = after.is_some_and(|after| after.0.first() > Some(&family));
        if is_after || prefix.0.first().is_some_and(|first| *first != family) {
            return Vec::new();
        }
        // The number that the keys asked for begin with, as far as they say so.
        let least = after.filter(|after| *after > prefix).unwrap_or(prefix);
        let mut number = [0; 4];
        if least.0.first() == Some(&family) {
            let given = least.0.get(1..least.0.len().min(5)).unwrap_or_default();
            number
                .iter_mut()
                .zip(given)
                .for_each(|(to, byte)| *to = *byte);
        }
        let from = u32::from_be_bytes(number);
        let mut found = self.table.scan(family, from, limit.saturating_add(1));
        found.retain(|(key, _)| key.0.starts_with(&prefix.0) && after.is_none_or(|a| key > a));
        found.truncate(limit);
        found
    }

    fn scan_records(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Record)>, StoreError> {
        let Some((lower, upper)) = scan_bounds(prefix, after) else {
            return Ok(Vec::new());
        };
        let upper = upper.as_ref().map(Vec::as_slice);
        let snapshot = self.database.snapshot();
        let mut found = Vec::new();
        for entry in snapshot.range::<&[u8], _>(&self.records, (lower, upper)) {
            if found.len() == limit {
                break;
            }
            let (key, value) = entry.into_inner().map_err(|error| unreadable(&error))?;
            if key.len() > MAX_KEY_BYTES {
                continue;
            }
            let key = Key(key.to_vec());
            let record = record_of(&key, &value)?;
            found.push((key, record));
        }
        Ok(found)
    }
}

fn record_of(key: &Key, value: &[u8]) -> Result<Record, StoreError> {
    let (revision, body) = split(key, value)?;
    Ok(Record {
        revision,
        body: body.to_vec(),
    })
}

fn split<'a>(key: &Key, value: &'a [u8]) -> Result<(Revision, &'a [u8]), StoreError> {
    match value.split_first_chunk::<REVISION_BYTES>() {
        Some((revision, body)) => Ok((Revision(u64::from_be_bytes(*revision)), body)),
        None => Err(StoreError::Corrupt(format!(
            "{} has {} bytes, too few for a revision",
            key.0.escape_ascii(),
            value.len()
        ))),
    }
}

/// A failed read: the disk's error is worth another try, a wrong checksum is not.
fn unreadable(error: &fjall::Error) -> StoreError {
    match io_error(error) {
        Some(_) => StoreError::Unavailable(words(error)),
        None => StoreError::Corrupt(words(error)),
    }
}

/// The I/O error inside `error`, if it is one.
pub(super) fn io_error(error: &fjall::Error) -> Option<&io::Error> {
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
            Some(source)
        }
        _ => None,
    }
}

/// The error in plain words.
pub(super) fn words(error: &fjall::Error) -> String {
    match (io_error(error), error) {
        (Some(source), _) => source.to_string(),
        (None, fjall::Error::Storage(source)) => format!("{source:?}"),
        (None, other) => format!("{other:?}"),
    }
}
