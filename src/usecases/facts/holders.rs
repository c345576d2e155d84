//! Which tenant holds an account, as far as reports need to know: each line of a batch asks.

use std::sync::{Arc, PoisonError};

use super::{Facts, TenantFacts};
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::tenant::{Tenant, TenantSettings};
use crate::usecases::error::Error;
use crate::usecases::{Env, Settings};

/// What tenants have in common that have the same partner and the same settings: nearly all of a
/// partner's customers, so it is kept once for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kin {
    ancestors: Box<[TenantId]>,
    settings: TenantSettings,
    /// The deployment's policy with these settings on top.
    pub(super) policy: QuotaPolicy,
}

/// What a report needs to know of the tenant of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    id: TenantId,
    /// A disabled tenant's people are told nothing.
    pub enabled: bool,
    kin: Arc<Kin>,
}

impl Holder {
    fn of(id: TenantId, tenant: &TenantFacts) -> Self {
        Self {
            id,
            enabled: tenant.enabled,
            kin: Arc::clone(&tenant.kin),
        }
    }

    /// Whether the tenant is `root` or below it.
    #[must_use]
    pub fn is_within(&self, root: TenantId) -> bool {
        self.id == root || self.kin.ancestors.contains(&root)
    }

    /// The tenant's own settings.
    #[must_use]
    pub fn settings(&self) -> &TenantSettings {
        &self.kin.settings
    }
}

impl Facts {
    /// The holder of an account, if that is remembered.
    #[must_use]
    pub fn holder(&self, account: AccountId) -> Option<Holder> {
        let id = match account {
            AccountId::Tenant(id) => id,
            AccountId::User(id) => {
                self.users
                    .with(id.uuid(), |slot| slot.facts)
                    .flatten()?
                    .tenant_id
            }
        };
        let of = |tenant: &TenantFacts| Holder::of(id, tenant);
        self.tenants
            .with(id.uuid(), |slot| slot.facts.as_ref().map(of))
            .flatten()
    }

    /// The holder of an account, read from the store where it is not remembered; `None` where there
    /// is no such account.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find_holder(
        &self,
        env: &Env,
        account: AccountId,
    ) -> Result<Option<Holder>, Error> {
        if let Some(known) = self.holder(account) {
            return Ok(Some(known));
        }
        let id = match account {
            AccountId::Tenant(id) => id,
            AccountId::User(id) => match self.user_facts(env, id).await? {
                Some(user) => user.tenant_id,
                None => return Ok(None),
            },
        };
        let tenant = self.tenant_facts(env, id).await?;
        Ok(tenant.map(|tenant| Holder::of(id, &tenant)))
    }

    /// What a tenant has in common with others, in one copy for all of them.
    pub(super) fn kin(&self, settings: &Settings, tenant: &Tenant) -> Arc<Kin> {
        let kin = Kin {
            ancestors: tenant.ancestors.clone().into(),
            settings: tenant.settings,
            policy: settings.quota.for_tenant(&tenant.settings),
        };
        let mut kins = self.kins.lock().unwrap_or_else(PoisonError::into_inner);
        kins.share(tenant.ancestors.last().copied(), kin)
    }
}
