//! Read-modify-write of many records ([`Update`]): in the engine where it can, else here, by reading the
//! records and committing what the update makes of them. A lost race is retried.
#![expect(
    clippy::indexing_slicing,
    reason = "`n` counts the keys of the update, and its outcomes"
)]

use std::sync::Arc;

use super::Store;
use super::engine::{Changes, CommitError, Expect, Key, Record, StoreError, Update};

/// A record for which so many races were lost is given up.
const ATTEMPTS: u32 = 16;

/// A record of an update that is still to be replaced, and how many races for it were lost.
type Left = (usize, u32);

/// An outcome for each record of an update.
pub type Outcomes = Vec<Result<(), CommitError>>;

impl Store {
    /// Replaces the records of `update`, each on its own. `Ok` means durable, or that nothing was
    /// to be written. A conflict names the record that must be there, or one that others change
    /// all the time.
    pub async fn update(&self, update: Arc<dyn Update>) -> Outcomes {
        if self.mark.is_none()
            && let Some(outcomes) = self.engine.update(Arc::clone(&update)).await
        {
            return outcomes;
        }
        let count = update.keys().len();
        let mut outcomes: Outcomes = vec![Ok(()); count];
        let mut left: Vec<Left> = (0..count).map(|n| (n, 0)).collect();
        while !left.is_empty() {
            left = self.update_some(&*update, left, &mut outcomes).await;
        }
        outcomes
    }

    /// Replaces the records whose lock is held; returns those that are left.
    async fn update_some(
        &self,
        update: &dyn Update,
        left: Vec<Left>,
        outcomes: &mut Outcomes,
    ) -> Vec<Left> {
        let keys = |of: &[Left]| of.iter().map(|(n, _)| update.keys()[*n].clone()).collect();
        let wanted: Vec<Key> = keys(&left);
        let locks = self.locks.take_many(&wanted).await;
        let mut is_mine = locks.is_mine.iter();
        let (mine, mut left): (Vec<Left>, Vec<Left>) = left
            .into_iter()
            .partition(|_| is_mine.next() == Some(&true));
        let records = self.engine.get_each(&keys(&mine)).await;
        let mut parents = self.parents(update, &mine, &records).await.into_iter();
        let (mut decided, mut changes) = (Vec::new(), Vec::new());
        for ((n, lost), record) in mine.into_iter().zip(records) {
            let parent = match &record {
                Ok(None) => parents.next(),
                _ => None,
            };
            match change_of(update, n, record, parent) {
                Ok(None) => {}
                Ok(Some(change)) => {
                    decided.push((n, lost + 1));
                    changes.push(change);
                }
                Err(error) => outcomes[n] = Err(error),
            }
        }
        if changes.is_empty() {
            return left;
        }
        for ((n, lost), outcome) in decided.into_iter().zip(self.commit_each(changes).await) {
            match outcome {
                Err(CommitError::Conflict(_)) if lost < ATTEMPTS => left.push((n, lost)),
                outcome => outcomes[n] = outcome,
            }
        }
        left
    }

    /// The records that must be there where those of the update are not, in their order.
    async fn parents(
        &self,
        update: &dyn Update,
        mine: &[Left],
        records: &[Result<Option<Record>, StoreError>],
    ) -> Vec<(Key, Result<Option<Record>, StoreError>)> {
        let absent = mine
            .iter()
            .zip(records)
            .filter(|(_, found)| matches!(found, Ok(None)));
        let keys: Vec<Key> = absent.map(|((n, _), _)| update.parent(*n)).collect();
        if keys.is_empty() {
            return Vec::new();
        }
        let found = self.engine.get_each(&keys).await;
        keys.into_iter().zip(found).collect()
    }
}

/// The change that replaces a record; `None` where nothing is to be written.
fn change_of(
    update: &dyn Update,
    n: usize,
    record: Result<Option<Record>, StoreError>,
    parent: Option<(Key, Result<Option<Record>, StoreError>)>,
) -> Result<Option<Changes>, CommitError> {
    let record = record?;
    let mut changes = Changes::new();
    let key = &update.keys()[n];
    let expect = record
        .as_ref()
        .map_or(Expect::Absent, |record| Expect::Revision(record.revision));
    changes.expect(key.clone(), expect);
    if let Some((key, found)) = parent {
        let Some(found) = found? else {
            return Err(CommitError::Conflict(key));
        };
        changes.expect(key, Expect::Revision(found.revision));
    }
    let body = record.as_ref().map(|record| record.body.as_slice());
    let Some(updated) = update.apply(n, body)? else {
        return Ok(None);
    };
    changes.put(key.clone(), updated.body);
    changes.writes.extend(updated.others);
    Ok(Some(changes))
}
