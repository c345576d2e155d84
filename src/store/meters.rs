//! Meters: each is two records, of which reports read and write one.

use super::engine::{Expect, Key, Record, StoreError};
use super::record::{OfferingItems, Stored as _, hot_meter};
use super::{Store, keys};
use crate::domain::ids::{AccountId, AccountRef};
use crate::domain::meter::{HotMeter, Meter};

/// A meter as reports need it, and what a change to it must expect.
pub type SeenMeter = (HotMeter, Expect);

impl Store {
    /// The meter of an account; an account that was never measured has an empty one.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn meter(&self, account: AccountRef) -> Result<(Meter, Expect), StoreError> {
        let keys = [keys::meter(account), keys::offering_items(account.id)];
        let mut records = self.engine.get_many(&keys).await?.into_iter();
        let (meter, items) = (records.next().flatten(), records.next().flatten());
        let (hot, expect) = seen(account.id, meter)?;
        let items = match items {
            Some(items) => OfferingItems::decode(&items.body)?.offering_items,
            None if hot.offering_items.is_empty() => Vec::new(),
            None => {
                let why = format!("{account:?} has limits and no offering items");
                return Err(StoreError::Corrupt(why));
            }
        };
        Ok((hot.join(items), expect))
    }

    /// What reports need of the meter of an account: enough to say how its items stand.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn hot_meter(&self, account: AccountRef) -> Result<HotMeter, StoreError> {
        let record = self.engine.get(&keys::meter(account)).await?;
        seen(account.id, record).map(|(hot, _)| hot)
    }

    /// The same, if the engine has it in memory.
    #[must_use]
    pub fn cached_hot_meter(&self, account: AccountRef) -> Option<HotMeter> {
        let mut meter = None;
        self.engine.get_cached(&keys::meter(account), &mut |body| {
            meter = match body {
                Some(body) => hot_meter::decode(account.id, body).ok(),
                None => Some(HotMeter::empty(account.id)),
            };
        });
        meter
    }

    /// What reports need of the meters of `accounts`, in their order, each as it was at some moment
    /// of this call.
    pub async fn hot_meters(&self, accounts: &[AccountRef]) -> Vec<Result<SeenMeter, StoreError>> {
        let keys: Vec<Key> = accounts.iter().copied().map(keys::meter).collect();
        let records = self.engine.get_each(&keys).await;
        let pairs = accounts.iter().zip(records);
        let meters = pairs.map(|(account, record)| seen(account.id, record?));
        meters.collect()
    }
}

/// What is stored of a meter, or that it is an empty one.
fn seen(account: AccountId, record: Option<Record>) -> Result<SeenMeter, StoreError> {
    let Some(record) = record else {
        return Ok((HotMeter::empty(account), Expect::Absent));
    };
    let meter = hot_meter::decode(account, &record.body)?;
    Ok((meter, Expect::Revision(record.revision)))
}
