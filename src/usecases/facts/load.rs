//! Reading what is not remembered.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{Destination, Facts, Listed, ShopFacts, Stamp, TenantFacts, UserFacts, destination};
use crate::domain::brand::Brand;
use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId};
use crate::domain::item_set::ItemSet;
use crate::domain::meter::HotMeter;
use crate::tracked_link::TrackedLink;
use crate::usecases::error::Error;
use crate::usecases::view::listed_of;
use crate::usecases::{Env, Settings};

impl Facts {
    /// Where a link that was checked leads, if that is in memory: remembered, or, after a report, to be
    /// found out from meters that are at hand.
    #[must_use]
    pub fn destination_at_once(
        &self,
        env: &Env,
        link: &TrackedLink,
        page: Option<&str>,
    ) -> Option<Destination> {
        let known = self.destination(&env.settings, link, page);
        known.or_else(|| self.destination_by_meters(env, link, page))
    }

    fn destination_by_meters(
        &self,
        env: &Env,
        link: &TrackedLink,
        page: Option<&str>,
    ) -> Option<Destination> {
        let user = self.users.with(link.user_id.uuid(), |slot| slot.facts)??;
        let (reader, home) = (user.account(link.user_id), link.tenant_id);
        let tenant = self
            .tenants
            .with(home.uuid(), |slot| slot.facts.clone())??;
        let brands = self.brands.load(Ordering::Acquire);
        if user.tenant_id != home || tenant.brands != brands {
            return None;
        }
        let user_items = self.listed_at_hand(env, reader, &tenant)?;
        let tenant_items = self.listed_at_hand(env, tenant.account(home), &tenant)?;
        let items = (user_items, tenant_items);
        let found = destination(&env.settings, (&user, &tenant), items, link.purpose, page);
        Some(found)
    }

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
        let reader = user.account(link.user_id);
        let home = tenant.account(user.tenant_id);
        let user_items = self.listed(env, reader, &tenant).await?;
        let tenant_items = self.listed(env, home, &tenant).await?;
        let items = (user_items, tenant_items);
        let found = destination(&env.settings, (&user, &tenant), items, link.purpose, page);
        Ok(Some(found))
    }

    pub(super) async fn user_facts(
        &self,
        env: &Env,
        id: UserId,
    ) -> Result<Option<UserFacts>, Error> {
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

    pub(super) async fn tenant_facts(
        &self,
        env: &Env,
        id: TenantId,
    ) -> Result<Option<TenantFacts>, Error> {
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
            kin: self.kin(&env.settings, &tenant),
            shop: self.shop(&env.settings, brand.as_ref()),
            brands,
            profile: profile.unwrap_or_else(|| self.fresh()),
        };
        self.tenants
            .fill(id.uuid(), stamp, |slot| slot.facts = Some(facts.clone()));
        Ok(Some(facts))
    }

    /// The items that a Buy link names for an account of `tenant`.
    pub(super) async fn listed(
        &self,
        env: &Env,
        account: AccountRef,
        tenant: &TenantFacts,
    ) -> Result<ItemSet, Error> {
        if let Some(known) = self.known_listed(account.id, tenant) {
            return Ok(known);
        }
        let stamp = self.stamp(account.id);
        let meter = env.store.hot_meter(account).await?;
        Ok(self.list(&env.settings, (account.id, stamp), tenant, &meter))
    }

    /// The same, if all that it takes is in memory.
    fn listed_at_hand(
        &self,
        env: &Env,
        account: AccountRef,
        tenant: &TenantFacts,
    ) -> Option<ItemSet> {
        if let Some(known) = self.known_listed(account.id, tenant) {
            return Some(known);
        }
        let stamp = self.stamp(account.id);
        let meter = env.store.hot_meter_at_hand(account)?;
        Some(self.list(&env.settings, (account.id, stamp), tenant, &meter))
    }

    fn known_listed(&self, account: AccountId, tenant: &TenantFacts) -> Option<ItemSet> {
        let known = match account {
            AccountId::Tenant(id) => self.tenants.with(id.uuid(), |slot| slot.listed),
            AccountId::User(id) => self.users.with(id.uuid(), |slot| slot.listed),
        };
        let known = known.flatten().filter(|l| l.profile == tenant.profile);
        known.map(|known| known.items)
    }

    /// What a meter says, remembered if it was read after its account's stamp.
    fn list(
        &self,
        settings: &Settings,
        (account, stamp): (AccountId, Stamp),
        tenant: &TenantFacts,
        meter: &HotMeter,
    ) -> ItemSet {
        let status = meter.status(&settings.usage_names, &tenant.kin.policy);
        let items = listed_of(&status);
        let found = Some(Listed {
            items,
            profile: tenant.profile,
        });
        match account {
            AccountId::Tenant(id) => self.tenants.fill(id.uuid(), stamp, |s| s.listed = found),
            AccountId::User(id) => self.users.fill(id.uuid(), stamp, |s| s.listed = found),
        }
        items
    }

    /// The shop of a brand, in one copy for all its tenants.
    fn shop(&self, settings: &Settings, brand: Option<&Brand>) -> Arc<ShopFacts> {
        let shop = ShopFacts::of(settings, brand);
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        shops.share(brand.map(|brand| brand.tenant_id), shop)
    }
}
