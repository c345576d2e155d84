//! Who has clicked where within an hour: kept in memory for the hours that clicks come from now.

use std::collections::HashMap;

use hashbrown::HashSet;

use crate::domain::click::LoggedClick;
use crate::store::engine::Changes;
use crate::store::engine::StoreError;
use crate::store::record::clicks::{ClickMark, decode_marks, encode_marks};
use crate::store::{Store, keys};

/// Records of marks that are read at once.
const READ_AT_ONCE: usize = 16;

/// Marks in one record: half a megabyte of them.
const MARKS_PER_RECORD: usize = 32_768;

/// Hours that are kept in memory: this one, and the last for clicks that were logged late.
const KEPT_HOURS: usize = 2;

/// What this node knows of the marks. They are in the store too; here is what makes it fast. An hour
/// takes some 20 to 40 bytes for each user and place that was clicked in it.
#[derive(Debug, Default)]
pub struct ClickMarks {
    known: tokio::sync::Mutex<Known>,
}

#[derive(Debug, Default)]
pub(super) struct Known {
    hours: HashMap<u32, Hour>,
}

#[derive(Debug, Default)]
struct Hour {
    /// The log up to this entry is in `marks`.
    counted_to: u64,
    marks: HashSet<ClickMark>,
    /// Those of them that are not in the store yet.
    fresh: Vec<ClickMark>,
}

impl ClickMarks {
    /// Waits until nobody else of this node counts.
    pub(super) async fn lock(&self) -> tokio::sync::MutexGuard<'_, Known> {
        self.known.lock().await
    }
}

impl Known {
    /// Marks the click. Whether it is the first of its user and place in its hour; `counted_to` is
    /// how far the log was counted before.
    pub(super) async fn is_first(
        &mut self,
        store: &Store,
        click: &LoggedClick,
        counted_to: u64,
    ) -> Result<bool, StoreError> {
        let hour = match self.hours.get_mut(&click.hour) {
            Some(hour) if hour.counted_to >= counted_to => hour,
            _ => self.read_hour(store, click.hour, counted_to).await?,
        };
        let mark = ClickMark {
            user_id: click.user_id,
            placement: click.placement,
        };
        let is_first = hour.marks.insert(mark);
        if is_first {
            hour.fresh.push(mark);
        }
        Ok(is_first)
    }

    /// Takes in what was marked in an hour since it was last looked at: by other nodes, or by an
    /// earlier process.
    async fn read_hour(
        &mut self,
        store: &Store,
        hour: u32,
        counted_to: u64,
    ) -> Result<&mut Hour, StoreError> {
        let known = self.hours.entry(hour).or_default();
        let prefix = keys::clicks::marks_of_hour(hour);
        let mut after = keys::clicks::marks(hour, known.counted_to, u16::MAX);
        loop {
            let engine = store.engine();
            let records = engine.scan(&prefix, Some(&after), READ_AT_ONCE).await?;
            for (key, record) in &records {
                known.marks.extend(decode_marks(&record.body)?);
                after = key.clone();
            }
            if records.len() < READ_AT_ONCE {
                known.counted_to = counted_to;
                return Ok(known);
            }
        }
    }

    /// Adds to `changes` what is not in the store yet.
    pub(super) fn store_fresh(&self, changes: &mut Changes, counted_to: u64) {
        for (hour, known) in &self.hours {
            for (part, marks) in (0..).zip(known.fresh.chunks(MARKS_PER_RECORD)) {
                let key = keys::clicks::marks(*hour, counted_to, part);
                changes.put(key, encode_marks(marks));
            }
        }
    }

    /// What was fresh is in the store. Hours of long ago are let go.
    pub(super) fn stored(&mut self, counted_to: u64) {
        let mut hours: Vec<u32> = self.hours.keys().copied().collect();
        hours.sort_unstable_by(|one, other| other.cmp(one));
        for hour in hours.into_iter().skip(KEPT_HOURS) {
            self.hours.remove(&hour);
        }
        for known in self.hours.values_mut() {
            known.fresh = Vec::new();
            known.counted_to = counted_to;
        }
    }

    /// Forgets all: what was marked may not be in the store.
    pub(super) fn forget(&mut self) {
        self.hours.clear();
    }
}
