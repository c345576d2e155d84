//! Changes of plans, domains and roles of resellers, and of what ties accounts to them. No other
//! code writes these keys.

use serde::{Deserialize, Serialize};

use super::engine::{Changes, Expect, StoreError};
use super::keys::reseller as keys;
use super::{Found, Store, unchanged};
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::reseller::domain::Domain;
use crate::domain::reseller::plan::{MAX_PLANS, Plan};
use crate::domain::reseller::role::{Role, RoleId};

/// What of resellers hangs at an account. Tenant and user records know nothing of it; instead no
/// account is deleted while it has ties, see [`Changes::delete_tenant`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ties {
    /// The plans of a tenant.
    pub plans: u64,
    /// The domains of a tenant.
    pub domains: u64,
    /// For a tenant, the domains whose users are its own; for a user, those with roles for them.
    pub within: u64,
}

impl Store {
    /// The price plans of a reseller, by name.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub async fn price_plans(&self, reseller: TenantId) -> Result<Vec<Found<Plan>>, StoreError> {
        self.values_under(&keys::plans(reseller), MAX_PLANS).await
    }
}

impl Changes {
    /// Stores a plan; `expect` is what was seen of it.
    pub fn put_plan(&mut self, expect: Expect, plan: Plan) -> &mut Self {
        self.save(keys::plan(plan.reseller, &plan.name), expect, &plan)
    }

    /// Removes a plan with its roles.
    pub fn delete_reseller_plan(&mut self, old: &Found<Plan>) -> &mut Self {
        for role in old.roles.entries() {
            self.delete(keys::role(old.reseller, role.id));
        }
        self.remove(keys::plan(old.reseller, &old.name), old.revision)
    }

    /// Stores a domain; `expect` is what was seen of it.
    pub fn put_domain(&mut self, expect: Expect, domain: Domain) -> &mut Self {
        let key = keys::domain(domain.reseller, &domain.name);
        self.save(key, expect, &domain)
    }

    /// Removes a domain with its own roles.
    pub fn delete_domain(&mut self, old: &Found<Domain>) -> &mut Self {
        for role in old.roles.entries() {
            self.delete(keys::role(old.reseller, role.id));
        }
        self.remove(keys::domain(old.reseller, &old.name), old.revision)
    }

    /// Stores a role; `expect` is what was seen of it.
    pub fn put_role(&mut self, expect: Expect, reseller: TenantId, role: Role) -> &mut Self {
        self.save(keys::role(reseller, role.id), expect, &role)
    }

    /// Removes a role; `expect` is what was seen of it.
    pub fn delete_role(&mut self, expect: Expect, reseller: TenantId, id: RoleId) -> &mut Self {
        let key = keys::role(reseller, id);
        self.expect(key.clone(), expect).delete(key)
    }

    /// Stores what ties an account; nothing is stored where nothing does.
    pub fn put_ties(
        &mut self,
        old: Option<&Found<Ties>>,
        account: AccountId,
        new: Ties,
    ) -> &mut Self {
        let key = keys::ties(account);
        if new == Ties::default() {
            return self.expect(key.clone(), unchanged(old)).delete(key);
        }
        self.save(key, unchanged(old), &new)
    }

    /// Requires that nothing of a reseller hangs at an account.
    pub(super) fn expect_no_ties(&mut self, account: AccountId) -> &mut Self {
        self.expect(keys::ties(account), Expect::Absent)
    }
}
