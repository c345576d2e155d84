//! Meters: each is two records, of which reports read and write one.

use super::engine::{Expect, Key, Record, StoreError};
use super::record::hot_meter::{self, StoredMeter};
use super::record::{OfferingItems, Stored as _};
use super::{Store, keys};
use crate::domain::ids::AccountId;
use crate::domain::meter::{HotMeter, Meter};

/// A meter as reports need it, and what a change to it must expect.
pub type SeenMeter = (StoredMeter, Expect);

impl Store {
    /// The meter of an account; an account that was never measured has an empty one.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn meter(&self, account: AccountId) -> Result<(Meter, Expect), StoreError> {
        let keys = [keys::meter(account), keys::offering_items(account)];
        let mut records = self.engine.get_many(&keys).await?.into_iter();
        let (meter, items) = (records.next().flatten(), records.next().flatten());
        let (stored, expect) = seen(account, meter)?;
        if let Some(items) = stored.undivided {
            return Ok((stored.hot.join(items), expect));
        }
        let items = match items {
            Some(items) => OfferingItems::decode(&items.body)?.0,
            None if stored.hot.offering_items.is_empty() => Vec::new(),
            None => {
                let why = format!("{account:?} has limits and no offering items");
                return Err(StoreError::Corrupt(why));
            }
        };
        Ok((stored.hot.join(items), expect))
    }

    /// What reports need of the meter of an account: enough to say how its items stand.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn hot_meter(&self, account: AccountId) -> Result<HotMeter, StoreError> {
        let record = self.engine.get(&keys::meter(account)).await?;
        seen(account, record).map(|(stored, _)| stored.hot)
    }

    /// The same, if it is at hand in memory.
    #[must_use]
    pub fn hot_meter_at_hand(&self, account: AccountId) -> Option<HotMeter> {
        let record = self.engine.at_hand(&keys::meter(account))?;
        let stored = hot_meter::decode(account, &record.body).ok()?;
        Some(stored.hot)
    }

    /// What reports need of the meters of `accounts`, in their order, each as it was at some moment
    /// of this call.
    pub async fn hot_meters(&self, accounts: &[AccountId]) -> Vec<Result<SeenMeter, StoreError>> {
        let keys: Vec<Key> = accounts.iter().copied().map(keys::meter).collect();
        let records = self.engine.get_each(&keys).await;
        let pairs = accounts.iter().zip(records);
        let meters = pairs.map(|(account, record)| seen(*account, record?));
        meters.collect()
    }
}

/// What is stored of a meter, or that it is an empty one.
fn seen(account: AccountId, record: Option<Record>) -> Result<SeenMeter, StoreError> {
    let Some(record) = record else {
        let empty = StoredMeter {
            hot: HotMeter::empty(account),
            undivided: None,
        };
        return Ok((empty, Expect::Absent));
    };
    let stored = hot_meter::decode(account, &record.body)?;
    Ok((stored, Expect::Revision(record.revision)))
}
