//! Which tenant holds an account, as far as reports need to know: each line of a batch asks.

use std::sync::{Arc, PoisonError};

use super::{Facts, TenantFacts};
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::ids::{AccountId, AccountRef, TenantId};
use crate::domain::tenant::Tenant;
use crate::usecases::error::Error;
use crate::usecases::{Env, Settings};

/// What tenants have in common that have the same partner and the same thresholds: nearly all of a
/// partner's customers, so it is kept once for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kin {
    ancestors: Box<[TenantId]>,
    /// The deployment's policy with the tenants' own thresholds on top.
    pub(super) policy: QuotaPolicy,
}

/// What a report needs to know of the tenant of an account. A copy: to share `Kin` would be to
/// count, for each line, in a number that all cores write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// A disabled tenant's people are told nothing.
    pub enabled: bool,
    /// By what its accounts are evaluated.
    pub policy: QuotaPolicy,
}

impl Holder {
    /// What a loaded tenant is to its own accounts.
    #[must_use]
    pub fn of(settings: &Settings, tenant: &Tenant) -> Self {
        Self {
            enabled: tenant.enabled,
            policy: settings.quota.for_tenant(&tenant.settings),
        }
    }
}

impl TenantFacts {
    /// As a holder, if the tenant is `root` or below it.
    fn holder(&self, id: TenantId, root: TenantId) -> Option<Holder> {
        let is_within = id == root || self.kin.ancestors.contains(&root);
        is_within.then_some(Holder {
            enabled: self.enabled,
            policy: self.kin.policy,
        })
    }
}

impl Facts {
    /// The holder of an account, if that is remembered, and is `root` or below it.
    #[must_use]
    pub fn holder(&self, account: AccountId, root: TenantId) -> Option<(AccountRef, Holder)> {
        let (tenant, user) = match account {
            AccountId::Tenant(id) => (id, None),
            AccountId::User(id) => {
                let user = self.users.with(id.uuid(), |slot| slot.facts)??;
                (user.tenant_id, Some(user.account(id)))
            }
        };
        self.tenants.with(tenant.uuid(), |slot| {
            let facts = slot.facts.as_ref()?;
            let account = user.unwrap_or_else(|| facts.account(tenant));
            Some((account, facts.holder(tenant, root)?))
        })?
    }

    /// The holder of an account, read from the store where it is not remembered; `None` where there
    /// is no such account below `root`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find_holder(
        &self,
        env: &Env,
        account: AccountId,
        root: TenantId,
    ) -> Result<Option<(AccountRef, Holder)>, Error> {
        if let Some(known) = self.holder(account, root) {
            return Ok(Some(known));
        }
        let (id, user) = match account {
            AccountId::Tenant(id) => (id, None),
            AccountId::User(id) => match self.user_facts(env, id).await? {
                Some(user) => (user.tenant_id, Some(user.account(id))),
                None => return Ok(None),
            },
        };
        let Some(tenant) = self.tenant_facts(env, id).await? else {
            return Ok(None);
        };
        let account = user.unwrap_or_else(|| tenant.account(id));
        Ok(tenant.holder(id, root).map(|holder| (account, holder)))
    }

    /// What a tenant has in common with others, in one copy for all of them.
    pub(super) fn kin(&self, settings: &Settings, tenant: &Tenant) -> Arc<Kin> {
        let kin = Kin {
            ancestors: tenant.ancestors.clone().into(),
            policy: settings.quota.for_tenant(&tenant.settings),
        };
        let mut kins = self.kins.lock().unwrap_or_else(PoisonError::into_inner);
        kins.share(tenant.ancestors.last().copied(), kin)
    }
}
