//! Reading what is not remembered.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Destination, Facts, Listed, ShopFacts, TenantFacts, UserFacts, destination};
use crate::domain::brand::Brand;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::item_set::ItemSet;
use crate::tracked_link::TrackedLink;
use crate::usecases::error::Error;
use crate::usecases::view::listed_of;
use crate::usecases::{Env, Settings};

/// Shops that are shared at most; beyond that, those that few share are let go.
const MAX_SHOPS: usize = 10_000;

impl Facts {
    /// Where a link that was checked leads, read from the store as far as it is not remembered;
    /// `None` where its reader is gone or has another tenant now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find_destination(
        &self,
        env: &Env,
        link: &TrackedLink,
        page: Option<&str>,
    ) -> Result<Option<Destination>, Error> {
        if let Some(known) = self.destination(&env.settings, link, page) {
            return Ok(Some(known));
        }
        let Some(user) = self.user_facts(env, link.user_id).await? else {
            return Ok(None);
        };
        // Who has another tenant now is not the reader whom the link was made for.
        if user.tenant_id != link.tenant_id {
            return Ok(None);
        }
        let Some(tenant) = self.tenant_facts(env, user.tenant_id).await? else {
            return Ok(None);
        };
        let items = self.both_listed(env, link.user_id, &user, &tenant).await?;
        let found = destination(&env.settings, (&user, &tenant), items, link.purpose, page);
        Ok(Some(found))
    }

    /// Remembers what says where a user's links lead.
    pub(super) async fn remember(&self, env: &Env, id: UserId) -> Result<(), Error> {
        let Some(user) = self.user_facts(env, id).await? else {
            return Ok(());
        };
        let Some(tenant) = self.tenant_facts(env, user.tenant_id).await? else {
            return Ok(());
        };
        self.both_listed(env, id, &user, &tenant).await?;
        Ok(())
    }

    /// The items that a Buy link names for a user and the user's tenant.
    async fn both_listed(
        &self,
        env: &Env,
        id: UserId,
        user: &UserFacts,
        tenant: &TenantFacts,
    ) -> Result<(ItemSet, ItemSet), Error> {
        let of_user = self.listed(env, AccountId::User(id), tenant).await?;
        let home = AccountId::Tenant(user.tenant_id);
        Ok((of_user, self.listed(env, home, tenant).await?))
    }

    async fn user_facts(&self, env: &Env, id: UserId) -> Result<Option<UserFacts>, Error> {
        if let Some(known) = self.users.with(id.uuid(), |slot| slot.facts).flatten() {
            return Ok(Some(known));
        }
        let stamp = self.stamp(AccountId::User(id));
        let Some(user) = env.store.user(id).await? else {
            return Ok(None);
        };
        let facts = UserFacts {
            tenant_id: user.tenant_id,
            v1_id: user.v1_id,
            reader: user.reader(),
            enabled: user.enabled,
        };
        self.users
            .fill(id.uuid(), stamp, |slot| slot.facts = Some(facts));
        Ok(Some(facts))
    }

    async fn tenant_facts(&self, env: &Env, id: TenantId) -> Result<Option<TenantFacts>, Error> {
        let brands = self.brands.load(Ordering::Acquire);
        let known = self.tenants.with(id.uuid(), |slot| slot.facts.clone());
        let known = known.flatten();
        // A change of a brand leaves the profile what it was.
        let profile = known.as_ref().map(|facts| facts.profile);
        if let Some(known) = known.filter(|facts| facts.brands == brands) {
            return Ok(Some(known));
        }
        let stamp = self.stamp(AccountId::Tenant(id));
        let Some(tenant) = env.store.tenant(id).await? else {
            return Ok(None);
        };
        let brand = env.store.effective_brand(&tenant).await?;
        let facts = TenantFacts {
            v1_id: tenant.v1_id,
            enabled: tenant.enabled,
            policy: env.settings.quota.for_tenant(&tenant.settings),
            shop: self.shared(&env.settings, brand.as_ref()),
            brands,
            profile: profile.unwrap_or_else(|| self.fresh()),
        };
        self.tenants
            .fill(id.uuid(), stamp, |slot| slot.facts = Some(facts.clone()));
        Ok(Some(facts))
    }

    /// The items that a Buy link names for an account of `tenant`.
    async fn listed(
        &self,
        env: &Env,
        account: AccountId,
        tenant: &TenantFacts,
    ) -> Result<ItemSet, Error> {
        let known = match account {
            AccountId::Tenant(id) => self.tenants.with(id.uuid(), |slot| slot.listed),
            AccountId::User(id) => self.users.with(id.uuid(), |slot| slot.listed),
        };
        let known = known.flatten().filter(|l| l.profile == tenant.profile);
        if let Some(known) = known {
            return Ok(known.items);
        }
        let stamp = self.stamp(account);
        let meter = env.store.hot_meter(account).await?;
        let status = meter.status(&env.settings.usage_names, &tenant.policy);
        let items = listed_of(&status);
        let found = Some(Listed {
            items,
            profile: tenant.profile,
        });
        match account {
            AccountId::Tenant(id) => self.tenants.fill(id.uuid(), stamp, |s| s.listed = found),
            AccountId::User(id) => self.users.fill(id.uuid(), stamp, |s| s.listed = found),
        }
        Ok(items)
    }

    /// The shop of a brand, in one copy for all its tenants.
    fn shared(&self, settings: &Settings, brand: Option<&Brand>) -> Arc<ShopFacts> {
        let shop = ShopFacts::of(settings, brand);
        let key = brand.map(|brand| brand.tenant_id);
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shops.get(&key).filter(|known| ***known == shop) {
            return Arc::clone(known);
        }
        if shops.len() >= MAX_SHOPS {
            shops.retain(|_, shop| Arc::strong_count(shop) > 2);
        }
        if shops.len() >= MAX_SHOPS {
            shops.clear();
        }
        let shop = Arc::new(shop);
        shops.insert(key, Arc::clone(&shop));
        shop
    }
}
