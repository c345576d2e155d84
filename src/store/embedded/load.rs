//! The table at a start: pages, then the entries of the journal behind them. The cases are those in
//! [`journal`](super::journal).

use std::collections::HashMap;

use fjall::Keyspace;

use super::checkpoint::Found;
use super::journal::{CHECKPOINT_KEY, read_checkpoint, read_entry, read_page};
use super::read::words;
use super::table::{PAGE_SLOTS, Table};

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
            "page {page} is of entry {position}, and the journal ends with {}",
            found.last
        ));
    }
    Ok((table, found))
}

fn load_pages(table: &Table, pages: &Keyspace) -> Result<HashMap<u32, u64>, String> {
    let mut positions = HashMap::new();
    for page in pages.iter() {
        let (key, bytes) = page.into_inner().map_err(|error| words(&error))?;
        let index = <[u8; 4]>::try_from(&*key).map(u32::from_be_bytes);
        let index = index.map_err(|_| "a page has no number".to_owned())?;
        let mut records = Vec::new();
        let position = read_page(&bytes, |slot, revision, body| {
            records.push((slot, revision, body));
        })
        .map_err(|why| format!("page {index}: {why}"))?;
        for (slot, revision, body) in records {
            if slot.number / PAGE_SLOTS != index {
                return Err(format!("page {index} holds slot {}", slot.number));
            }
            table.load(position, &slot, revision, body);
        }
        positions.insert(index, position);
    }
    Ok(positions)
}

/// Applies an entry to the pages that it is newer than.
fn apply(
    table: &Table,
    positions: &HashMap<u32, u64>,
    number: u64,
    bytes: &[u8],
    dirty: &mut Vec<u32>,
) -> Result<(), &'static str> {
    read_entry(bytes, |slot, changed| {
        let page = slot.number / PAGE_SLOTS;
        if positions.get(&page).is_none_or(|at| number > *at) {
            dirty.extend(table.publish(number, &slot, changed));
        }
    })
}

#[cfg(test)]
mod tests;
