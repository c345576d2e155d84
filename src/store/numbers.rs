//! The numbers of accounts: API v1 ids, each given once, and the account that each leads to.

use super::engine::{Changes, CommitError, Expect, Key, StoreError};
use super::keys::Subject;
use super::record::Numbered;
use super::{Store, keys, read_counter};
use crate::domain::ids::V1Id;

/// API v1 ids are taken from the store in blocks of this size; the rest of a block is lost in a
/// crash, which is fine: ids are unique, not dense.
const ID_BLOCK: u64 = 1000;

/// The first API v1 id. Small enough to type, large enough not to look like a count.
const FIRST_V1_ID: u64 = 1000;

impl Store {
    /// The accounts of numbers, in their order; numbers of nobody are left out.
    ///
    /// # Errors
    /// As [`Store::lookup`].
    pub async fn numbered(&self, numbers: &[V1Id]) -> Result<Vec<Numbered>, StoreError> {
        let keys: Vec<Key> = numbers.iter().copied().map(keys::v1_id).collect();
        let records = self.engine.get_many(&keys).await?.into_iter().flatten();
        records.map(|found| Numbered::decode(&found.body)).collect()
    }

    /// Up to `limit` accounts with their numbers, in the order of these, beginning after `after`.
    ///
    /// # Errors
    /// As [`Store::lookup`].
    pub async fn numbered_after(
        &self,
        after: Option<V1Id>,
        limit: usize,
    ) -> Result<Vec<(V1Id, Numbered)>, StoreError> {
        let (all, after) = (keys::v1_ids(), after.map(keys::v1_id));
        let found = self.engine.scan(&all, after.as_ref(), limit).await?;
        let numbered = found.into_iter().filter_map(|(key, record)| {
            let Subject::Number(number) = key.subject() else {
                return None;
            };
            Some(Numbered::decode(&record.body).map(|numbered| (number, numbered)))
        });
        numbered.collect()
    }

    /// A fresh API v1 id: unique over tenants and users, never given again.
    ///
    /// # Errors
    /// The store is away, another node takes ids faster than this one can, or all are used.
    pub async fn next_v1_id(&self) -> Result<V1Id, StoreError> {
        let mut block = self.ids.lock().await;
        if let Some(id) = block.next() {
            return account_number(id);
        }
        const ATTEMPTS: u32 = 64;
        let key = keys::counter("v1_id");
        for _ in 0..ATTEMPTS {
            let record = self.engine.get(&key).await?;
            let first = match &record {
                Some(record) => read_counter(&record.body)?,
                None => FIRST_V1_ID,
            };
            account_number(first)?;
            let next = first.saturating_add(ID_BLOCK);
            let expect = record.map_or(Expect::Absent, |r| Expect::Revision(r.revision));
            let mut changes = Changes::new();
            changes
                .expect(key.clone(), expect)
                .put(key.clone(), next.to_be_bytes().to_vec());
            match self.engine.commit(changes).await {
                Ok(()) => {
                    *block = first + 1..next;
                    return account_number(first);
                }
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Unavailable(
            "no API v1 id could be reserved".to_owned(),
        ))
    }
}

fn account_number(id: u64) -> Result<V1Id, StoreError> {
    let number = u32::try_from(id).map_err(|_| {
        let why = format!(
            "all {} API v1 ids are used: no account can be made",
            u32::MAX
        );
        StoreError::Refused(why)
    })?;
    Ok(V1Id(number))
}
