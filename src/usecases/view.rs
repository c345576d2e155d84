//! The view of one user at this moment: the facts, and the two decisions of `domain::proposal`, one
//! for quota messages and one for edition messages. Alerts, header, mails, edition messages, pages
//! and previews show it. A redirect decides for itself (`destination`).

use std::collections::{BTreeSet, HashMap};

use super::error::Error;
use super::{Env, Settings};
use crate::domain::brand::Brand;
use crate::domain::ids::{AccountRef, TenantId, UserId};
use crate::domain::item_set::ItemSet;
use crate::domain::link::{BuyLink, BuyUrl, Placement, listed};
use crate::domain::meter::{HotMeter, ItemStatus};
use crate::domain::plan::{NothingToBuy, WhatToBuy};
use crate::domain::proposal::{Facts, Proposal, Shop, edition_proposal, quota_proposal};
use crate::domain::quota::Scope;
use crate::domain::rules::{self, Trail};
use crate::domain::tenant::Tenant;
use crate::domain::user::User;
use crate::render::{BrandView, Color, Href, QuotaLine};
use crate::store::Found;

/// Everything that messages to one user are made of.
#[derive(Debug, Clone)]
pub struct UserView {
    /// The reader.
    pub user: User,
    /// The reader's tenant.
    pub tenant: Tenant,
    /// The nearest enabled brand.
    pub brand: Option<Brand>,
    /// How the user's own items stand, in item order.
    pub user_items: Vec<ItemStatus>,
    /// How the tenant's items stand, in item order.
    pub tenant_items: Vec<ItemStatus>,
    /// What quota messages offer this reader.
    pub proposal: Option<Proposal>,
    /// What edition messages offer this reader.
    pub edition_proposal: Option<Proposal>,
    /// What covers the tenant's overage; nothing until [`UserView::with_what_to_buy`].
    pub what_to_buy: WhatToBuy,
}

/// Loads the view of a user; `None` where there is no such user.
///
/// # Errors
/// The store failed.
pub async fn load(env: &Env, id: UserId) -> Result<Option<UserView>, Error> {
    let views = load_many(env, &[id]).await?;
    Ok(views.into_iter().next().flatten())
}

/// Loads the views of users, in their order; what several of them share is read once.
///
/// # Errors
/// The store failed.
pub async fn load_many(env: &Env, ids: &[UserId]) -> Result<Vec<Option<UserView>>, Error> {
    let users = env.store.load_many::<User>(ids.iter().copied()).await?;
    let tenant_ids = users.iter().flatten().map(|user| user.tenant_id);
    let tenant_ids: BTreeSet<TenantId> = tenant_ids.collect();
    let tenants = env.store.load_many::<Tenant>(tenant_ids).await?;
    let brands = env.store.enabled_brands(tenants.iter().flatten()).await?;
    let tenants = tenants.into_iter().flatten();
    let tenants: HashMap<TenantId, Tenant> = tenants.map(|found| (found.id, found.value)).collect();
    let both = |user: Found<User>| {
        let tenant = tenants.get(&user.tenant_id)?.clone();
        Some((user.value, tenant))
    };
    let people: Vec<Option<(User, Tenant)>> = users.into_iter().map(|user| both(user?)).collect();
    let accounts = people.iter().flatten();
    let accounts = accounts.flat_map(|(user, tenant)| [user.account(), tenant.account()]);
    let accounts: Vec<AccountRef> = accounts.collect();
    let mut meters = env.store.hot_meters(&accounts).await.into_iter();
    let mut views = Vec::with_capacity(people.len());
    for person in people {
        let Some((user, tenant)) = person else {
            views.push(None);
            continue;
        };
        let Some((own, tenants_own)) = meters.next().zip(meters.next()) else {
            break;
        };
        let brand = tenant.lineage().find_map(|id| brands.get(&id)).cloned();
        let items = |meter: &HotMeter| status(&env.settings, &tenant, meter);
        let items = (items(&own?.0), items(&tenants_own?.0));
        views.push(Some(assembled(env, (user, tenant), brand, items)));
    }
    Ok(views)
}

/// The view of a user that is already loaded.
///
/// # Errors
/// The store failed.
pub async fn of(env: &Env, user: Found<User>, tenant: Found<Tenant>) -> Result<UserView, Error> {
    let brand = env.store.effective_brand(&tenant).await?;
    let user_meter = env.store.hot_meter(user.account()).await?;
    let tenant_meter = env.store.hot_meter(tenant.account()).await?;
    let items = |meter: &HotMeter| status(&env.settings, &tenant, meter);
    let items = (items(&user_meter), items(&tenant_meter));
    Ok(assembled(env, (user.value, tenant.value), brand, items))
}

/// How the items of a meter of `tenant` or one of its users stand.
pub(super) fn status(settings: &Settings, tenant: &Tenant, meter: &HotMeter) -> Vec<ItemStatus> {
    meter.status(&settings.usage_names, &settings.quota_policy(tenant))
}

pub(super) fn assembled(
    env: &Env,
    (user, tenant): (User, Tenant),
    brand: Option<Brand>,
    (user_items, tenant_items): (Vec<ItemStatus>, Vec<ItemStatus>),
) -> UserView {
    let facts = facts(env, (&user, &tenant), brand.as_ref());
    UserView {
        proposal: quota_proposal(&facts, &mut Trail::silent()),
        edition_proposal: edition_proposal(&facts, &mut Trail::silent()),
        user_items,
        tenant_items,
        user,
        tenant,
        brand,
        what_to_buy: WhatToBuy::nothing(NothingToBuy::NoPlan),
    }
}

/// What decides what a user is offered.
pub(super) fn facts(env: &Env, (user, tenant): (&User, &Tenant), brand: Option<&Brand>) -> Facts {
    Facts {
        user_enabled: user.enabled,
        tenant_enabled: tenant.enabled,
        reader: user.reader(),
        shop: shop_of(env, brand),
        without_buy_url: env.settings.without_buy_url,
    }
}

/// The Buy URL of a brand as far as today's rules allow it: it was checked when written, but the
/// rules may have become stricter since.
#[must_use]
pub fn usable_buy_url<'a>(settings: &Settings, brand: Option<&'a Brand>) -> Option<&'a BuyUrl> {
    let url = brand?.buy_url.as_ref()?;
    BuyUrl::parse(url.as_str(), settings.buy_url_rules)
        .is_ok()
        .then_some(url)
}

pub(super) fn shop_of(env: &Env, brand: Option<&Brand>) -> Shop {
    Shop {
        branding_enabled: brand.is_some(),
        buy_url_set: usable_buy_url(&env.settings, brand).is_some(),
    }
}

/// Through whose mail server mail of a brand goes; see [`crate::store::Store::mail_routes`].
pub(super) fn mail_route(brand: Option<&Brand>) -> Option<TenantId> {
    let own = brand.filter(|brand| brand.has_own_server());
    own.map(|brand| brand.tenant_id)
}

impl UserView {
    /// Whether the reader is shown quota messages: not while the user or the tenant is disabled.
    #[must_use]
    pub fn is_notified(&self) -> bool {
        rules::is_notified(self.user.enabled, self.tenant.enabled, &mut Trail::silent())
    }

    /// The items of both scopes that stand in a level, worst first; ties user before tenant, then
    /// in item order. A disabled tenant or user is told nothing.
    #[must_use]
    pub fn standing(&self) -> Vec<(Scope, ItemStatus)> {
        if !self.is_notified() {
            return Vec::new();
        }
        let mut standing: Vec<_> = self
            .all_items()
            .filter(|(_, status)| status.state.level().is_some())
            .collect();
        standing.sort_by_key(|(_, status)| std::cmp::Reverse(status.state));
        standing
    }

    /// The items of both scopes, user's first, in item order.
    pub fn all_items(&self) -> impl Iterator<Item = (Scope, ItemStatus)> + '_ {
        let user = self.user_items.iter().map(|status| (Scope::User, *status));
        let tenant = self
            .tenant_items
            .iter()
            .map(|status| (Scope::Tenant, *status));
        user.chain(tenant)
    }

    /// The Buy link of this moment for `placement`; `None` where the reader is not to buy.
    #[must_use]
    pub fn buy_link(&self, env: &Env, placement: Placement, page: Option<&str>) -> Option<String> {
        if self.proposal != Some(Proposal::BuyNow) {
            return None;
        }
        let brand = self.brand.as_ref()?;
        let url = usable_buy_url(&env.settings, Some(brand))?;
        let link = BuyLink {
            placement,
            user_quota: listed_of(&self.user_items),
            tenant_quota: listed_of(&self.tenant_items),
            user_id: Some(self.user.v1_id),
            tenant_id: Some(self.tenant.v1_id),
            page,
        };
        let profile = brand.link_profile.unwrap_or(env.settings.link_profile);
        Some(link.build(url, profile, env.settings.link_lists))
    }

    /// The lines of messages to this reader: what stands, worst first.
    #[must_use]
    pub fn quota_lines(&self) -> Vec<QuotaLine> {
        self.standing()
            .into_iter()
            .map(|(scope, status)| self.line(scope, status))
            .collect()
    }

    /// An item of this reader's as the renderer shows it, with what is to be bought for it.
    #[must_use]
    pub fn line(&self, scope: Scope, status: ItemStatus) -> QuotaLine {
        QuotaLine {
            to_buy: self.what_to_buy.of(scope, status.item).ok(),
            ..quota_line(scope, status)
        }
    }
}

/// An item as the renderer shows it.
#[must_use]
pub const fn quota_line(scope: Scope, status: ItemStatus) -> QuotaLine {
    QuotaLine {
        scope,
        item: status.item,
        state: status.state,
        usage: status.usage,
        quota: status.quota.value,
        overage: status.quota.overage,
        to_buy: None,
    }
}

/// A brand as the renderer shows it; the neutral one where there is none.
#[must_use]
pub fn brand_view(env: &Env, brand: Option<&Brand>) -> BrandView {
    let Some(brand) = brand else {
        return BrandView::default();
    };
    let logo = format!("{}/brand/{}/logo", env.settings.public_url, brand.tenant_id);
    BrandView {
        logo_url: Href::parse(&logo).filter(|_| !brand.logotype.is_empty()),
        ..look_of(brand)
    }
}

/// The same without the logo, which the service has.
#[must_use]
pub fn look_of(brand: &Brand) -> BrandView {
    BrandView {
        service_name: brand.service_name.clone(),
        company_name: brand.company_name.clone(),
        color: Color::parse(&brand.color).unwrap_or_default(),
        logo_url: None,
        support_phone: brand.support_phone.clone(),
        support_url: Href::parse(&brand.urls.support),
        terms_url: Href::parse(&brand.urls.terms),
        privacy_policy_url: Href::parse(&brand.urls.privacy_policy),
        home_url: Href::parse(&brand.urls.home),
    }
}

/// The items that belong into a Buy link's list.
pub(super) fn listed_of(items: &[ItemStatus]) -> ItemSet {
    let named = items.iter().filter(|one| listed(one.item, one.state));
    named.map(|one| one.item).collect()
}
