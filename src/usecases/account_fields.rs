//! Account fields that links and usage reports need. They come from the account table, or from the
//! store, which fills the table.

mod load;

use std::sync::Arc;

pub use load::load_accounts;

use super::error::Error;
use super::view::{listed_of, usable_buy_url};
use super::{Env, Settings};
use crate::account_table::{BrandState, LinkItems, ReadToken, ReadyShop, TenantFields, UserFields};
use crate::domain::brand::Brand;
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
use crate::domain::item_set::ItemSet;
use crate::domain::link::LinkTemplate;
use crate::domain::meter::HotMeter;
use crate::domain::proposal::Shop;
use crate::domain::tenant::{MAX_TENANT_DEPTH, Tenant};
use crate::store::record::{Numbered, NumberedTenant, NumberedUser};

/// A tenant with the policy that its id in the fields may not name.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoundTenant {
    pub(super) fields: TenantFields,
    pub(super) policy: QuotaPolicy,
}

/// The tenant of a number, if the table has it.
pub(super) fn cached_tenant(env: &Env, number: V1Id) -> Option<FoundTenant> {
    let fields = env.accounts.tenant(number)?;
    let policy = env.accounts.policy(fields.policy)?;
    Some(FoundTenant { fields, policy })
}

/// The tenant of a number.
pub(super) async fn tenant(env: &Env, number: V1Id) -> Result<Option<FoundTenant>, Error> {
    if let Some(known) = cached_tenant(env, number) {
        return Ok(Some(known));
    }
    match account_of(env, number).await? {
        Some(AccountId::Tenant(id)) => load_tenant(env, id).await,
        _ => Ok(None),
    }
}

/// The user of a number.
pub(super) async fn user(env: &Env, number: V1Id) -> Result<Option<UserFields>, Error> {
    if let Some(known) = env.accounts.user(number) {
        return Ok(Some(known));
    }
    match user_id(env, number).await? {
        Some(id) => load_user(env, id).await,
        None => Ok(None),
    }
}

/// The tenant of an id.
pub(super) async fn find_tenant(env: &Env, id: TenantId) -> Result<Option<FoundTenant>, Error> {
    let number = env.accounts.number(AccountId::Tenant(id));
    match number.and_then(|number| cached_tenant(env, number)) {
        Some(known) => Ok(Some(known)),
        None => load_tenant(env, id).await,
    }
}

/// The user of an id.
pub(super) async fn find_user(env: &Env, id: UserId) -> Result<Option<UserFields>, Error> {
    let number = env.accounts.number(AccountId::User(id));
    match number.and_then(|number| env.accounts.user(number)) {
        Some(known) => Ok(Some(known)),
        None => load_user(env, id).await,
    }
}

/// Which user has a number.
pub(super) async fn user_id(env: &Env, number: V1Id) -> Result<Option<UserId>, Error> {
    match account_of(env, number).await? {
        Some(AccountId::User(id)) => Ok(Some(id)),
        _ => Ok(None),
    }
}

/// The account of a number.
async fn account_of(env: &Env, number: V1Id) -> Result<Option<AccountId>, Error> {
    if let Some(known) = env.accounts.account(number) {
        return Ok(Some(known));
    }
    let found = env.store.numbered(&[number]).await?;
    Ok(found.first().map(Numbered::account))
}

/// Reads a user.
async fn load_user(env: &Env, id: UserId) -> Result<Option<UserFields>, Error> {
    let token = env.accounts.begin_read(AccountId::User(id));
    let Some(user) = env.store.user(id).await? else {
        return Ok(None);
    };
    let tenant = match env.accounts.number(AccountId::Tenant(user.tenant_id)) {
        Some(number) => number,
        None => match load_tenant(env, user.tenant_id).await? {
            Some(tenant) => tenant.fields.number,
            None => return Ok(None),
        },
    };
    let read = NumberedUser::from(&user.value);
    Ok(Some(take_in_user(env, (user.v1_id, &read), tenant, token)))
}

/// Fills the table with a user whose tenant has this number, read after `token`.
fn take_in_user(
    env: &Env,
    (number, user): (V1Id, &NumberedUser),
    tenant: V1Id,
    token: ReadToken,
) -> UserFields {
    let fields = UserFields {
        id: user.id,
        number,
        tenant,
        reader: user.reader,
        enabled: user.enabled,
        items: None,
    };
    env.accounts.publish_user(&fields, token);
    fields
}

/// Reads a tenant, and those above it that are not known.
async fn load_tenant(env: &Env, id: TenantId) -> Result<Option<FoundTenant>, Error> {
    let token = env.accounts.begin_read(AccountId::Tenant(id));
    let Some(tenant) = env.store.tenant(id).await? else {
        return Ok(None);
    };
    let known = |id: &TenantId| {
        let number = env.accounts.number(AccountId::Tenant(*id))?;
        env.accounts.tenant(number).map(|_| number)
    };
    let mut nearest = tenant.ancestors.iter().enumerate().rev();
    let nearest = nearest.find_map(|(place, id)| Some((place + 1, known(id)?)));
    let (missing, mut parent) = nearest.map_or((0, None), |(next, number)| (next, Some(number)));
    for id in tenant.ancestors.iter().skip(missing) {
        let token = env.accounts.begin_read(AccountId::Tenant(*id));
        let Some(above) = env.store.tenant(*id).await? else {
            return Ok(None);
        };
        let above = with_brand(env, &above, parent, token).await?;
        parent = Some(above.fields.number);
    }
    with_brand(env, &tenant, parent, token).await.map(Some)
}

/// Reads the brand of a tenant that was read after `token`, and fills the table.
async fn with_brand(
    env: &Env,
    tenant: &Tenant,
    parent: Option<V1Id>,
    token: ReadToken,
) -> Result<FoundTenant, Error> {
    let brand = env.store.brand(tenant.id).await?;
    let read = (tenant.v1_id, &NumberedTenant::from(tenant));
    Ok(take_in_tenant(env, read, parent, brand.as_deref(), token))
}

/// Fills the table with a tenant and its brand; the tenant above has this number. Both were read after `token`.
fn take_in_tenant(
    env: &Env,
    (number, tenant): (V1Id, &NumberedTenant),
    parent: Option<V1Id>,
    brand: Option<&Brand>,
    token: ReadToken,
) -> FoundTenant {
    let policy = env.settings.quota.for_tenant(&tenant.soon_percent);
    let fields = TenantFields {
        id: tenant.id,
        number,
        parent,
        enabled: tenant.enabled,
        policy: env.accounts.intern(policy),
        has_brand: brand.is_some(),
        items: None,
    };
    let brand = brand_state(&env.settings, brand);
    env.accounts.publish_tenant(&fields, brand, token);
    FoundTenant { fields, policy }
}

/// The shop of the nearest enabled brand, from `tenant` up.
pub(super) async fn shop(
    env: &Env,
    tenant: &TenantFields,
) -> Result<Option<Arc<ReadyShop>>, Error> {
    let mut at = *tenant;
    for _ in 0..=MAX_TENANT_DEPTH {
        if let BrandState::Enabled(shop) = brand(env, &at).await? {
            return Ok(Some(shop));
        }
        let Some(above) = above(env, &at).await? else {
            break;
        };
        at = above;
    }
    Ok(None)
}

/// Whether `tenant` is `root` or below it.
pub(super) async fn is_within(
    env: &Env,
    tenant: &TenantFields,
    root: TenantId,
) -> Result<bool, Error> {
    let mut at = *tenant;
    for _ in 0..=MAX_TENANT_DEPTH {
        if at.id == root {
            return Ok(true);
        }
        let Some(above) = above(env, &at).await? else {
            break;
        };
        at = above;
    }
    Ok(false)
}

async fn above(env: &Env, at: &TenantFields) -> Result<Option<TenantFields>, Error> {
    match at.parent {
        Some(parent) => Ok(tenant(env, parent).await?.map(|found| found.fields)),
        None => Ok(None),
    }
}

async fn brand(env: &Env, tenant: &TenantFields) -> Result<BrandState, Error> {
    if let Some(known) = env.accounts.brand(tenant) {
        return Ok(known);
    }
    let token = env.accounts.begin_read(AccountId::Tenant(tenant.id));
    let brand = env.store.brand(tenant.id).await?;
    let state = brand_state(&env.settings, brand.as_deref());
    let found = brand.map(|_| state.clone());
    env.accounts.publish_brand(tenant.number, found, token);
    Ok(state)
}

/// What a brand record says to links.
fn brand_state(settings: &Settings, brand: Option<&Brand>) -> BrandState {
    let Some(brand) = brand.filter(|brand| brand.enabled) else {
        return BrandState::Disabled;
    };
    let link = usable_buy_url(settings, Some(brand)).map(|url| {
        let profile = brand.link_profile.unwrap_or(settings.link_profile);
        (
            url.clone(),
            LinkTemplate::new(url, profile, settings.link_lists),
        )
    });
    BrandState::Enabled(Arc::new(ReadyShop {
        shop: Shop {
            branding_enabled: true,
            buy_url_set: link.is_some(),
        },
        link,
    }))
}

/// An account of a tenant, and the items that are known for it.
pub(super) struct ItemsOf {
    account: AccountRef,
    known: Option<ItemSet>,
}

impl ItemsOf {
    /// Of a user of `tenant`.
    pub(super) fn user(user: &UserFields, tenant: &FoundTenant) -> Self {
        let policy = tenant.fields.policy;
        // What was found by another policy may not hold.
        let known = user.items.filter(|found| found.policy == policy);
        Self {
            account: AccountRef {
                id: AccountId::User(user.id),
                number: user.number,
            },
            known: known.map(|found| found.items),
        }
    }

    /// Of the tenant itself.
    pub(super) const fn tenant(tenant: &FoundTenant) -> Self {
        Self {
            account: AccountRef {
                id: AccountId::Tenant(tenant.fields.id),
                number: tenant.fields.number,
            },
            known: tenant.fields.items,
        }
    }

    /// The items that a Buy link names, if they are known or the meter is in memory.
    pub(super) fn cached(&self, env: &Env, tenant: &FoundTenant) -> Option<ItemSet> {
        self.known.or_else(|| {
            let token = env.accounts.begin_read(self.account.id);
            let meter = env.store.cached_hot_meter(self.account)?;
            Some(self.by_meter(env, tenant, &meter, token))
        })
    }

    /// The items that a Buy link names.
    pub(super) async fn find(&self, env: &Env, tenant: &FoundTenant) -> Result<ItemSet, Error> {
        if let Some(known) = self.known {
            return Ok(known);
        }
        let token = env.accounts.begin_read(self.account.id);
        let meter = env.store.hot_meter(self.account).await?;
        Ok(self.by_meter(env, tenant, &meter, token))
    }

    fn by_meter(
        &self,
        env: &Env,
        tenant: &FoundTenant,
        meter: &HotMeter,
        token: ReadToken,
    ) -> ItemSet {
        let items = listed_of(&meter.status(&env.settings.usage_names, &tenant.policy));
        let policy = tenant.fields.policy;
        let found = LinkItems { items, policy };
        env.accounts
            .publish_items(self.account.number, found, token);
        items
    }
}
