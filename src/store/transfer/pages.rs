//! All records of a store, in the order of their keys, as many at once as memory bears.

use crate::store::engine::{Engine, Key, Record, StoreError};
use crate::store::keys;

/// Keys and bodies that one page holds, about.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// Records of a family that are asked for first: nobody knows yet how long they are.
const FIRST_RECORDS: usize = 16;

/// No page has more records.
const MAX_RECORDS: usize = 4096;

/// A page asks for at most so many times the records of the page before.
const GROWTH: usize = 4;

/// Goes through a store family by family: the records of one are of about the same length, which
/// tells how many to ask for.
pub(super) struct Pages<'a> {
    engine: &'a dyn Engine,
    family: Option<u8>,
    after: Option<Key>,
    records: usize,
}

impl<'a> Pages<'a> {
    /// Begins behind `after`, or with the first record.
    pub(super) fn behind(engine: &'a dyn Engine, after: Option<Key>) -> Self {
        let first = after.as_ref().and_then(|key| key.0.first().copied());
        Self {
            engine,
            family: Some(first.unwrap_or(0)),
            after,
            records: FIRST_RECORDS,
        }
    }

    /// The next records, without those that are only of this store; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<(Key, Record)>>, StoreError> {
        while let Some(family) = self.family {
            let prefix = Key(vec![family]);
            let scan = self.engine.scan(&prefix, self.after.as_ref(), self.records);
            let mut page = scan.await?;
            // An engine may give less than was asked for; nothing is the end of the family.
            let Some((last, _)) = page.last() else {
                self.family = family.checked_add(1);
                self.after = None;
                self.records = FIRST_RECORDS;
                continue;
            };
            self.after = Some(last.clone());
            self.records = next_size(self.records, &page);
            page.retain(|(key, _)| !keys::is_of_one_store(key));
            return Ok(Some(page));
        }
        Ok(None)
    }
}

fn next_size(asked: usize, page: &[(Key, Record)]) -> usize {
    let bytes: usize = page
        .iter()
        .map(|(key, record)| key.0.len() + record.body.len())
        .sum();
    let each = (bytes / page.len().max(1)).max(1);
    (PAGE_BYTES / each)
        .clamp(1, MAX_RECORDS)
        .min(asked * GROWTH)
}
