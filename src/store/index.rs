//! How a value is written together with the index entries that lead to it. The functions of
//! [`Changes`] that store profiles, mails, plans and the like call it.

use uuid::Uuid;

use super::accounts::{Taken, taken};
use super::engine::{Changes, Expect, Key, Revision};
use super::record::Stored;

/// An index entry: what it leads to, or nothing where the key says it all.
pub(super) type Entry = (Key, Vec<u8>);

pub(super) fn leads_to(key: Key, id: Uuid) -> Entry {
    (key, id.as_bytes().to_vec())
}

pub(super) fn mark(key: Key) -> Entry {
    (key, Vec::new())
}

impl Changes {
    /// Stores a value; `expect` is what was seen of it.
    pub(super) fn save<T: Stored>(&mut self, key: Key, expect: Expect, value: &T) -> &mut Self {
        self.expect(key.clone(), expect).put(key, value.encode())
    }

    /// Removes a value that was seen.
    pub(super) fn remove(&mut self, key: Key, seen: Revision) -> &mut Self {
        self.expect(key.clone(), Expect::Revision(seen)).delete(key)
    }

    /// Writes the entries that are new and removes those that are gone. New names that only one
    /// account may have must not have been there.
    pub(super) fn replace_entries(&mut self, old: Vec<Entry>, new: Vec<Entry>) -> &mut Self {
        for (key, body) in new.iter().filter(|entry| !old.contains(entry)) {
            if matches!(taken(key), Some(Taken::TenantName | Taken::Login)) {
                self.expect(key.clone(), Expect::Absent);
            }
            self.put(key.clone(), body.clone());
        }
        for (key, _) in old {
            if !new.iter().any(|(kept, _)| *kept == key) {
                self.delete(key);
            }
        }
        self
    }
}
