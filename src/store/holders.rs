//! Which tenant holds an account, as far as reports need to know: kept in memory, because each line
//! of a batch asks. What is kept is forgotten before a change to it is answered.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::engine::{Key, Watcher};
use super::keys::Subject;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::tenant::{Tenant, TenantSettings};

/// Where more would be kept, all are forgotten and loaded again as they are asked for.
const MAX_KEPT: usize = 1 << 21;

/// What a report needs to know of the tenant of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    id: TenantId,
    ancestors: Vec<TenantId>,
    /// A disabled tenant's people are told nothing.
    pub enabled: bool,
    /// Its own settings.
    pub settings: TenantSettings,
}

impl Holder {
    /// That of a tenant, and of its users.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id,
            ancestors: tenant.ancestors.clone(),
            enabled: tenant.enabled,
            settings: tenant.settings,
        }
    }

    /// Whether the tenant is `root` or below it.
    #[must_use]
    pub fn is_within(&self, root: TenantId) -> bool {
        self.id == root || self.ancestors.contains(&root)
    }
}

/// The holders that were asked for.
#[derive(Default)]
pub struct Holders(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    tenants: HashMap<TenantId, Arc<Holder>>,
    users: HashMap<UserId, TenantId>,
    /// Grows with each change of a profile.
    epoch: u64,
}

impl Kept {
    fn get(&self, account: AccountId) -> Option<Arc<Holder>> {
        let tenant = match account {
            AccountId::Tenant(id) => id,
            AccountId::User(id) => *self.users.get(&id)?,
        };
        self.tenants.get(&tenant).cloned()
    }
}

impl Holders {
    fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are kept of the holders of `accounts`, in their order.
    #[must_use]
    pub fn get_many(&self, accounts: &[AccountId]) -> Vec<Option<Arc<Holder>>> {
        let kept = self.read();
        accounts.iter().map(|account| kept.get(*account)).collect()
    }

    /// To be asked for before profiles are loaded, for [`Holders::fill`].
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.read().epoch
    }

    /// Keeps what was loaded, unless a profile has changed since `epoch`: then what was loaded may
    /// be old.
    pub fn fill(&self, epoch: u64, account: AccountId, holder: Holder) -> Arc<Holder> {
        let holder = Arc::new(holder);
        let mut kept = self.write();
        if kept.epoch != epoch {
            return holder;
        }
        if kept.tenants.len() + kept.users.len() >= MAX_KEPT {
            kept.tenants.clear();
            kept.users.clear();
        }
        if let AccountId::User(id) = account {
            kept.users.insert(id, holder.id);
        }
        let known = kept.tenants.entry(holder.id);
        Arc::clone(known.or_insert(holder))
    }
}

impl Watcher for Holders {
    fn changed(&self, keys: &[Key]) {
        let mut kept = None;
        for key in keys {
            let Subject::Profile(account) = key.subject() else {
                continue;
            };
            let kept = kept.get_or_insert_with(|| self.write());
            kept.epoch += 1;
            match account {
                AccountId::Tenant(id) => drop(kept.tenants.remove(&id)),
                AccountId::User(id) => drop(kept.users.remove(&id)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys;
    use super::*;
    use crate::domain::ids::V1Id;
    use crate::domain::tenant::TenantKind;

    fn tenant(enabled: bool) -> Tenant {
        Tenant {
            id: TenantId::new(uuid::Uuid::from_u128(1)),
            v1_id: V1Id(1),
            name: String::new(),
            kind: TenantKind::Customer,
            ancestors: vec![TenantId::new(uuid::Uuid::from_u128(2))],
            enabled,
            language: String::new(),
            contact: crate::domain::contact::Contact::default(),
            internal_tag: None,
            settings: TenantSettings::default(),
            created_at: crate::domain::time::Timestamp::default(),
            updated_at: crate::domain::time::Timestamp::default(),
            version: 1,
        }
    }

    #[test]
    fn a_change_is_never_outlived() {
        let holders = Holders::default();
        let tenant_id = tenant(true).id;
        let user = AccountId::User(UserId::new(uuid::Uuid::from_u128(3)));
        let get = || holders.get_many(&[user])[0].clone();

        holders.fill(holders.epoch(), user, Holder::of(&tenant(true)));
        assert!(get().unwrap().enabled);
        let before = holders.epoch();
        holders.changed(&[keys::meter(user), keys::children(tenant_id)]);
        assert!(get().is_some());
        holders.changed(&[keys::tenant(tenant_id)]);
        assert_eq!(get(), None);
        // Loaded before the change, and kept after it: not.
        holders.fill(before, user, Holder::of(&tenant(true)));
        assert_eq!(get(), None);
        holders.fill(holders.epoch(), user, Holder::of(&tenant(false)));
        assert!(!get().unwrap().enabled);
    }
}
