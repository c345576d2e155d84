//! The account table: what a click and the address of a usage report need of each account, by the
//! account's number, in some 40 bytes an account.
//!
//! Readers take no lock: a slot's fields are one atomic word. Whoever fills a slot begins with
//! [`AccountTable::begin_read`], reads the records, and publishes; the table takes in what was read
//! only if no record of the account changed in between. A change of a record clears what it made
//! stale before the change is acknowledged ([`Watcher`]). An account that is not known here costs a
//! read of the store, and an id that names no account takes no room.

mod changes;
mod chunks;
mod fields;
mod fill;
mod index;
mod policies;
mod slot;
mod watch;

/// Locks and atomics of the table: those of std or, to test interleavings, of shuttle.
mod sync {
    #[cfg(feature = "shuttle")]
    pub(super) use shuttle::sync::{Mutex, MutexGuard, RwLock, RwLockWriteGuard, atomic};
    #[cfg(not(feature = "shuttle"))]
    pub(super) use std::sync::{Mutex, MutexGuard, RwLock, RwLockWriteGuard, atomic};
}

#[cfg(all(test, feature = "shuttle"))]
mod interleaving_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::evaluate::QuotaPolicy;
use crate::domain::ids::{AccountId, TenantId, V1Id};
use crate::domain::tenant::MAX_TENANT_DEPTH;
use crate::store::Store;
use crate::store::engine::Watcher;
use changes::ChangeCounters;
use chunks::Chunks;
use index::Index;
use policies::Policies;
use sync::atomic::{AtomicU64, Ordering};

pub use changes::ReadToken;
pub use fields::{BrandState, LinkItems, ReadyShop, TenantFields, UserFields};
pub use policies::PolicyId;

/// The state of an account's records: none of them changed while it is the same. Never used twice.
pub type Version = u64;

/// Counters of changes by account; two accounts that share one make each other read again, seldom.
const ACCOUNT_COUNTERS: usize = if cfg!(feature = "shuttle") { 2 } else { 65_536 };

/// Counters of changes by brand.
const BRAND_COUNTERS: usize = if cfg!(feature = "shuttle") { 2 } else { 4_096 };

/// See the module.
#[derive(Debug)]
pub struct AccountTable {
    chunks: Chunks,
    index: Index,
    policies: Policies,
    /// Grow with every change of a record of an account, its brand included.
    accounts: ChangeCounters,
    /// Grow with every change of a brand.
    brands: ChangeCounters,
    /// Grow with every change of any partner plan, any client or revoked token.
    plans: AtomicU64,
    access: AtomicU64,
    /// The next version of a slot. Even; those of accounts without a slot are odd.
    next_version: AtomicU64,
}

impl AccountTable {
    /// A table with room for `max_accounts` accounts of `store`, which it watches from now on.
    #[must_use]
    pub fn watching(store: &Store, max_accounts: usize) -> Arc<Self> {
        let table = Arc::new(Self::new(max_accounts));
        store.engine().watch(Arc::clone(&table) as Arc<dyn Watcher>);
        table
    }

    fn new(max_accounts: usize) -> Self {
        Self {
            chunks: Chunks::new(max_accounts),
            index: Index::new(),
            policies: Policies::new(),
            accounts: ChangeCounters::new(ACCOUNT_COUNTERS),
            brands: ChangeCounters::new(BRAND_COUNTERS),
            plans: AtomicU64::new(0),
            access: AtomicU64::new(0),
            next_version: AtomicU64::new(2),
        }
    }

    /// The number of an account that has a slot. Waits for nobody: `None` says nothing.
    #[must_use]
    pub fn number(&self, account: AccountId) -> Option<V1Id> {
        let id = account.uuid();
        self.index
            .try_find(self.index.hash(id), self.is_slot_of(id))
    }

    /// The account of a number that has a slot.
    #[must_use]
    pub fn account(&self, number: V1Id) -> Option<AccountId> {
        self.chunks.with_slot(number, slot::Slot::account)?
    }

    /// A user, if the profile is known.
    #[must_use]
    pub fn user(&self, number: V1Id) -> Option<UserFields> {
        self.chunks.with_slot(number, |slot| slot.user(number))?
    }

    /// A tenant, if the profile is known.
    #[must_use]
    pub fn tenant(&self, number: V1Id) -> Option<TenantFields> {
        self.chunks.with_slot(number, |slot| slot.tenant(number))?
    }

    /// The policy that a tenant's accounts are evaluated by.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<QuotaPolicy> {
        self.policies.get(id)
    }

    /// What is known of the brand that a tenant itself has.
    #[must_use]
    pub fn brand(&self, tenant: &TenantFields) -> Option<BrandState> {
        if !tenant.has_brand {
            return Some(BrandState::Disabled);
        }
        self.chunks.with_brand(tenant, BrandState::clone)
    }

    /// Uses the shop of the nearest enabled brand, from `tenant` up; `None` where not all that
    /// decides it is known.
    pub fn with_shop<T>(
        &self,
        tenant: &TenantFields,
        use_it: impl FnOnce(&ReadyShop) -> T,
    ) -> Option<T> {
        let Some(owner) = self.shop_owner(tenant)? else {
            return Some(use_it(&ReadyShop::NONE));
        };
        // Used where it is: to share it would be to count in a number that all cores write.
        let of_brand = |brand: &BrandState| match brand {
            BrandState::Enabled(shop) => Some(use_it(shop)),
            BrandState::Disabled => None,
        };
        self.chunks.with_brand(&owner, of_brand)?
    }

    /// The tenant whose brand decides for `tenant`, if one does.
    fn shop_owner(&self, tenant: &TenantFields) -> Option<Option<TenantFields>> {
        let is_enabled = |brand: &BrandState| matches!(brand, BrandState::Enabled(_));
        self.nearest(tenant, |at| match at.has_brand {
            true => self.chunks.with_brand(at, is_enabled),
            false => Some(false),
        })
    }

    /// Whether `tenant` is `root` or below it; `None` where not all tenants above it are known.
    #[must_use]
    pub fn is_within(&self, tenant: &TenantFields, root: TenantId) -> Option<bool> {
        let found = self.nearest(tenant, |at| Some(at.id == root));
        found.map(|found| found.is_some())
    }

    /// The first that `is_it`, from `tenant` up; `None` where not all that decides it is known.
    fn nearest(
        &self,
        tenant: &TenantFields,
        is_it: impl Fn(&TenantFields) -> Option<bool>,
    ) -> Option<Option<TenantFields>> {
        let mut at = *tenant;
        for _ in 0..=MAX_TENANT_DEPTH {
            if is_it(&at)? {
                return Some(Some(at));
            }
            let Some(parent) = at.parent else {
                return Some(None);
            };
            at = self.tenant(parent)?;
        }
        None
    }

    /// The version of an account; to be read before its records are. Takes no room.
    #[must_use]
    pub fn version(&self, account: AccountId) -> Version {
        let id = account.uuid();
        let counted = || self.accounts.get(self.index.hash(id)) << 1 | 1;
        let slot = |number| self.chunks.with_slot(number, slot::Slot::version);
        self.number(account).and_then(slot).unwrap_or_else(counted)
    }

    /// The state of the brands of these tenants; to be read before the brands are.
    #[must_use]
    pub fn brands_version(&self, tenants: impl Iterator<Item = TenantId>) -> Version {
        // Each only grows, so the sum is the same only if each is.
        let counts = tenants.map(|id| self.brands.get(self.index.hash(id.uuid())));
        counts.fold(0, u64::wrapping_add)
    }

    /// The state of all partner plans; to be read before they are.
    #[must_use]
    pub fn plans_epoch(&self) -> u64 {
        self.plans.load(Ordering::Acquire)
    }

    /// The state of clients and revoked tokens; to be read before they are.
    #[must_use]
    pub fn access_epoch(&self) -> u64 {
        self.access.load(Ordering::Acquire)
    }

    /// How many accounts have a slot.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no account has a slot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the slot of a number has this id: what the index compares.
    fn is_slot_of(&self, id: Uuid) -> impl Fn(V1Id) -> bool {
        move |number| self.chunks.with_slot(number, slot::Slot::id) == Some(id)
    }

    fn fresh_version(&self) -> Version {
        self.next_version.fetch_add(2, Ordering::Relaxed)
    }
}
