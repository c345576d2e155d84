//! The table at a start: pages, then the entries of the journal behind them. The cases are those in
//! [`journal`](super::journal).

use std::collections::HashMap;

use fjall::Keyspace;

use super::checkpoint::Found;
use super::journal::{CHECKPOINT_KEY, read_checkpoint, read_entry, read_page};
use super::read::words;
use super::slot::PageId;
use super::table::Table;

/// Loads the table.
///
/// # Errors
/// What is damaged or missing, in words for [`OpenError::Damaged`](super::OpenError::Damaged).
pub(super) fn load(journal: &Keyspace, pages: &Keyspace) -> Result<(Table, Found), String> {
    let table = Table::default();
    let positions = load_pages(&table, pages)?;
    let stored = match journal.get(CHECKPOINT_KEY).map_err(|error| words(&error))? {
        None => 0,
        Some(bytes) => read_checkpoint(&bytes)
            .map_err(|why| format!("the checkpoint of the journal: {why}"))?,
    };
    let mut found = Found {
        last: stored,
        stored,
        deleted: stored,
        ..Found::default()
    };
    for entry in journal.range::<&[u8], _>(..CHECKPOINT_KEY) {
        let (key, bytes) = entry.into_inner().map_err(|error| words(&error))?;
        let number = <[u8; 8]>::try_from(&*key).map(u64::from_be_bytes);
        let number = number.map_err(|_| "the journal has an entry without a number".to_owned())?;
        if number <= stored {
            found.deleted = found.deleted.min(number.saturating_sub(1));
            continue;
        }
        if number != found.last + 1 {
            let missing = found.last + 1;
            return Err(format!(
                "entry {missing} of the journal is missing before {number}"
            ));
        }
        apply(&table, &positions, number, &bytes, &mut found.dirty)
            .map_err(|why| format!("entry {number} of the journal: {why}"))?;
        found.last = number;
        found.bytes += bytes.len() as u64;
    }
    if let Some((page, position)) = positions.iter().find(|(_, at)| **at > found.last) {
        return Err(format!(
            "page {} is of entry {position}, and the journal ends with {}",
            page.index, found.last
        ));
    }
    Ok((table, found))
}

fn load_pages(table: &Table, pages: &Keyspace) -> Result<HashMap<PageId, u64>, String> {
    let mut positions = HashMap::new();
    for page in pages.iter() {
        let (key, bytes) = page.into_inner().map_err(|error| words(&error))?;
        let id = PageId::of_key(&key).ok_or("a page has no number")?;
        let index = id.index;
        let mut records = Vec::new();
        let position = read_page(id.family, &bytes, |slot, revision, body| {
            records.push((slot, revision, body));
        })
        .map_err(|why| format!("page {index}: {why}"))?;
        for (slot, revision, body) in records {
            if slot.page() != id {
                return Err(format!("page {index} holds slot {}", slot.number));
            }
            table.load(position, &slot, revision, body);
        }
        positions.insert(id, position);
    }
    Ok(positions)
}

/// Applies an entry to the pages that it is newer than.
fn apply(
    table: &Table,
    positions: &HashMap<PageId, u64>,
    number: u64,
    bytes: &[u8],
    dirty: &mut Vec<PageId>,
) -> Result<(), &'static str> {
    read_entry(bytes, |slot, changed| {
        if positions.get(&slot.page()).is_none_or(|at| number > *at) {
            dirty.extend(table.publish(number, &slot, changed));
        }
    })
}

#[cfg(test)]
mod tests;
