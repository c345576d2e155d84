//! Where state lives: an engine of keyed records ([`engine`]), and the typed store above it.
//!
//! Use cases load values, decide, and commit one [`Changes`] that expects the revisions they have
//! seen. The indexes of a profile (logins, names, subtrees, …) are written in the same change,
//! by the functions of [`accounts`], [`audits`], [`billing`], [`mails`], [`plans`] and [`resellers`]
//! alone.

#[macro_use]
mod counters;

mod account_locks;
pub mod accounts;
pub mod audits;
pub mod billing;
pub mod embedded;
pub mod engine;
pub mod format;
mod index;
pub mod keys;
pub mod limits;
pub mod mails;
pub mod mark;
pub mod meters;
mod numbers;
pub mod plans;
pub mod record;
pub mod redis;
pub mod resellers;
mod tokens;
pub mod transfer;
pub mod update;

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::brand::Brand;
use crate::domain::client::Client;
use crate::domain::ids::{ClientId, MailId, TenantId, UserId};
use crate::domain::mail::Mail;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
pub use account_locks::AccountLock;
use account_locks::AccountLocks;
use engine::{Changes, CommitError, Engine, Expect, Key, Record, Revision, StoreError};
use mark::Mark;
use record::Stored;

/// A loaded value and the revision it was loaded at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// What a change to it must expect.
    pub revision: Revision,
}

impl<T> Found<T> {
    /// The expectation that the value is still this one.
    const fn expected(&self) -> Expect {
        Expect::Revision(self.revision)
    }
}

impl<T> Deref for Found<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The expectation that nothing has happened to a value since it was looked for.
#[must_use]
pub fn unchanged<T>(found: Option<&Found<T>>) -> Expect {
    found.map_or(Expect::Absent, Found::expected)
}

/// The typed store. Clones share one engine.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    ids: Arc<Mutex<std::ops::Range<u64>>>,
    locks: Arc<AccountLocks>,
    /// Goes into the first change made over this clone.
    mark: Option<Arc<Mark>>,
}

impl Store {
    /// A store on `engine`.
    #[must_use]
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            ids: Arc::new(Mutex::new(0..0)),
            locks: Arc::new(AccountLocks::new()),
            mark: None,
        }
    }

    /// A clone whose first change makes `mark` too.
    #[must_use]
    pub fn marked(&self, mark: Arc<Mark>) -> Self {
        Self {
            mark: Some(mark),
            ..self.clone()
        }
    }

    /// The engine below.
    #[must_use]
    pub fn engine(&self) -> &dyn Engine {
        self.engine.as_ref()
    }

    /// Whether other nodes may use the store at the same time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.engine.is_shared()
    }

    /// Whether caches of the store are certainly not stale.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.engine.is_current()
    }

    /// Waits for the lock to read, decide and write at an account or a record, among the writers of
    /// this node. Held until the commit is done; not needed for correctness, which the expected
    /// revisions see to, and so not waited for longer than a second.
    pub async fn lock(&self, of: &(impl Hash + Sync)) -> AccountLock<'_> {
        self.locks.wait(of).await
    }

    /// Makes a change; `Ok` means durable.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] where somebody else was first; else the store failed.
    pub async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        match &self.mark {
            None => self.engine.commit(changes).await,
            Some(mark) => mark.commit(self.engine.as_ref(), changes).await,
        }
    }

    /// Makes changes that have nothing to do with each other, and shares the cost among them: each
    /// is made or not made on its own. The outcomes are in their order; `Ok` means durable.
    pub async fn commit_each(&self, changes: Vec<Changes>) -> Vec<Result<(), CommitError>> {
        match &self.mark {
            None => self.engine.commit_each(changes).await,
            Some(mark) => mark.commit_each(self.engine.as_ref(), changes).await,
        }
    }

    /// Loads one value.
    ///
    /// # Errors
    /// The store is away, or the record is damaged.
    pub async fn load<T: Stored>(
        &self,
        id: impl Into<T::Id>,
    ) -> Result<Option<Found<T>>, StoreError> {
        let key = T::key(id.into());
        self.engine.get(&key).await?.map(found).transpose()
    }

    /// Loads several values, in the order of `ids`.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn load_many<T: Stored>(
        &self,
        ids: impl IntoIterator<Item: Into<T::Id>>,
    ) -> Result<Vec<Option<Found<T>>>, StoreError> {
        let keys: Vec<Key> = ids.into_iter().map(|id| T::key(id.into())).collect();
        let records = self.engine.get_many(&keys).await?;
        records
            .into_iter()
            .map(|record| record.map(found).transpose())
            .collect()
    }

    /// Those of the values that are there, in the order of `ids`, to be shown and not changed.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn values<T: Stored>(
        &self,
        ids: impl IntoIterator<Item: Into<T::Id>>,
    ) -> Result<Vec<T>, StoreError> {
        let found = self.load_many(ids).await?.into_iter().flatten();
        Ok(found.map(|found| found.value).collect())
    }

    /// A tenant's profile.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Found<Tenant>>, StoreError> {
        self.load(id).await
    }

    /// A user's profile.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn user(&self, id: UserId) -> Result<Option<Found<User>>, StoreError> {
        self.load(id).await
    }

    /// A tenant's own brand, enabled or not.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn brand(&self, id: TenantId) -> Result<Option<Found<Brand>>, StoreError> {
        self.load(id).await
    }

    /// The nearest enabled brand, from `tenant` up its ancestors.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn effective_brand(&self, tenant: &Tenant) -> Result<Option<Brand>, StoreError> {
        let found = self.load_many::<Brand>(tenant.lineage()).await?;
        let mut brands = found.into_iter().flatten().map(|found| found.value);
        Ok(brands.find(|brand| brand.enabled))
    }

    /// The enabled brands of tenants and of those above them.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn enabled_brands(
        &self,
        tenants: impl Iterator<Item = &Found<Tenant>>,
    ) -> Result<HashMap<TenantId, Brand>, StoreError> {
        let mut owners: Vec<TenantId> = Vec::new();
        for tenant in tenants {
            owners.extend(tenant.lineage());
        }
        owners.sort_unstable();
        owners.dedup();
        let found = self.load_many::<Brand>(owners).await?;
        let brands = found.into_iter().flatten().map(|found| found.value);
        let enabled = brands.filter(|brand| brand.enabled);
        Ok(enabled.map(|brand| (brand.tenant_id, brand)).collect())
    }

    /// Through whose mail server mail to the people of each tenant goes: that of the nearest enabled
    /// brand, where it has one of its own; `None`: the deployment's.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn mail_routes(
        &self,
        tenants: &[TenantId],
    ) -> Result<Vec<Option<TenantId>>, StoreError> {
        let tenants = self.load_many::<Tenant>(tenants.iter().copied()).await?;
        let brands = self.enabled_brands(tenants.iter().flatten()).await?;
        let route = |tenant: &Tenant| {
            let nearest = tenant.lineage().find_map(|id| brands.get(&id))?;
            nearest.has_own_server().then_some(nearest.tenant_id)
        };
        let routes = tenants.iter().map(|found| route(found.as_deref()?));
        Ok(routes.collect())
    }

    /// An API client.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn client(&self, id: ClientId) -> Result<Option<Found<Client>>, StoreError> {
        self.load(id).await
    }

    /// A mail of the outbox.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn mail(&self, id: MailId) -> Result<Option<Found<Mail>>, StoreError> {
        self.load(id).await
    }

    /// The ids that the index keys under `prefix` end with, in order, beginning after `after`.
    ///
    /// # Errors
    /// The store is away.
    pub async fn ids_under(
        &self,
        prefix: &Key,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Uuid>, StoreError> {
        let after = after.map(|id| Key([prefix.0.as_slice(), id.as_bytes()].concat()));
        let entries = self.engine.scan(prefix, after.as_ref(), limit).await?;
        Ok(entries
            .iter()
            .filter_map(|(key, _)| key.trailing_uuid())
            .collect())
    }

    /// The values at the front of `prefix`, at most `limit`.
    async fn values_under<T: Stored>(
        &self,
        prefix: &Key,
        limit: usize,
    ) -> Result<Vec<Found<T>>, StoreError> {
        let records = self.engine.scan(prefix, None, limit).await?;
        records
            .into_iter()
            .map(|(_, record)| found(record))
            .collect()
    }

    /// The entries at the front of an index by time whose time has come by `now`, at most `limit`;
    /// also those whose time cannot be read.
    ///
    /// # Errors
    /// The store is away.
    pub async fn due_by(
        &self,
        index: &Key,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Key, Record)>, StoreError> {
        let mut entries = self.engine.scan(index, None, limit).await?;
        let is_due = |(key, _): &(Key, _)| key.leading_time().is_none_or(|time| time <= now);
        entries.truncate(entries.partition_point(is_due));
        Ok(entries)
    }

    /// The id that a lookup key leads to.
    ///
    /// # Errors
    /// The store is away, or the entry is damaged.
    pub async fn lookup(&self, key: &Key) -> Result<Option<Uuid>, StoreError> {
        let record = self.engine.get(key).await?;
        let id = record
            .map(|record| Uuid::from_slice(&record.body))
            .transpose();
        id.map_err(|_| StoreError::Corrupt("lookup entry is no id".to_owned()))
    }
}

fn found<T: Stored>(record: Record) -> Result<Found<T>, StoreError> {
    Ok(Found {
        value: T::decode(&record.body)?,
        revision: record.revision,
    })
}

/// Reads a number that only grows.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn read_counter(body: &[u8]) -> Result<u64, StoreError> {
    let bytes = body.try_into();
    bytes
        .map(u64::from_be_bytes)
        .map_err(|_| StoreError::Corrupt("counter is not 8 bytes long".to_owned()))
}
