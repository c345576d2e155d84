//! What is sold to an account and its quotas. A changed quota changes states, alerts and notices
//! in the same commit.

use super::Env;
use super::access::{Account, Caller, Context};
use super::audit::{self, Act};
use super::error::{Error, retrying};
use super::holder;
use super::offering_patch::{OfferingPatch, merge};
use super::precondition::check_version;
use super::report_usage::{commit_evaluated, evaluate};
use crate::domain::ids::{AccountId, ApplicationId, TenantId, V1Id};
use crate::domain::meter::{Meter, OfferingItem, OfferingType, UsageKey};
use crate::domain::quota::Quota;
use crate::domain::tenant::{Tenant, TenantKind};
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Expect};
use crate::store::keys;
use crate::store::record::{OfferingItems, Stored};

/// Who has a meter, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The tenant, or a user's personal tenant once there is one.
    pub tenant_id: Option<TenantId>,
    /// The API v1 id of the tenant or user.
    pub v1_id: V1Id,
}

impl From<&Account> for Holder {
    fn from(account: &Account) -> Self {
        let (tenant_id, v1_id) = match &account.user {
            Some(user) => (user.personal_tenant_id, user.v1_id),
            None => (Some(account.tenant.id), account.tenant.v1_id),
        };
        Self { tenant_id, v1_id }
    }
}

/// What is sold to an account, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offerings {
    /// To whom.
    pub holder: Holder,
    /// What.
    pub items: Vec<OfferingItem>,
    /// Another one for other items, shown or not: quotas have versions of their own, their list
    /// has none.
    pub version: u64,
}

/// What is sold to the account of a meter.
fn items_of(meter: &Meter) -> OfferingItems {
    OfferingItems {
        offering_items: meter.offering_items.clone(),
    }
}

/// The version of the offering items of a meter, whatever is used of them.
fn version_of(meter: &Meter) -> u64 {
    items_of(meter).content_version()
}

/// The offering items of an account: those of an edition, or all.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn read(
    cx: Context<'_>,
    account: AccountId,
    edition: Option<&str>,
) -> Result<Offerings, Error> {
    let account = cx.account(account).await?;
    let (meter, _) = cx.env.store.meter(account.account()).await?;
    let version = version_of(&meter);
    let mut items = meter.offering_items;
    items.retain(|item| is_of(item, edition));
    Ok(Offerings {
        holder: Holder::from(&account),
        items,
        version,
    })
}

/// Adds or changes offering items; those that are not named are kept. Answers all of them.
///
/// # Errors
/// The account is out of reach or is the caller's own tenant, `expected` or a quota's version is stale, an item makes no sense. Nothing is
/// stored then.
pub async fn update(
    cx: Context<'_>,
    account: AccountId,
    patches: &[OfferingPatch],
    expected: Option<u64>,
) -> Result<Offerings, Error> {
    let Context { env, caller, now } = cx;
    // Each attempt compares all versions anew, so that a lost race is no reason to give up.
    retrying(|| async {
        let mut account = cx.account(account).await?;
        check_seller(caller, &account)?;
        let _lock = env.store.lock(&keys::meter(account.account())).await;
        let (mut meter, expect) = env.store.meter(account.account()).await?;
        check_version(expected, version_of(&meter))?;
        let before = matches!(expect, Expect::Revision(_)).then(|| items_of(&meter));
        merge(&mut meter, patches, &env.settings.usage_names, now)?;
        let tenant = holder::Holder::of(&env.settings, &account.tenant);
        let (_, notice) = evaluate(&env.settings, &env.metrics, &mut meter, tenant, now);
        let mut changes = Changes::new();
        give_personal_tenant(&mut changes, caller, &mut account, now);
        // An account that is deleted meanwhile leaves no meter behind.
        match &account.user {
            Some(user) => changes.expect_user(user),
            None => changes.expect_tenant(&account.tenant),
        };
        changes.put_meter(account.account().number, expect, meter.clone());
        let named = account.account().id.uuid();
        let act = Act::new("account.offering_items", &account.tenant, named);
        let sides = (before.as_ref(), &items_of(&meter));
        commit_evaluated(cx, changes, notice, act, sides).await?;
        Ok(Offerings {
            holder: Holder::from(&account),
            version: version_of(&meter),
            items: meter.offering_items,
        })
    })
    .await
}

/// What a tenant is sold is decided above it: its own client shares out quotas among its users, and sets
/// those of the tenants below. Nobody is above the root.
fn check_seller(caller: &Caller, account: &Account) -> Result<(), Error> {
    match (&account.user, account.tenant.parent_id()) {
        (None, Some(_)) => {
            caller.require_above(&account.tenant, "set the offering items of a tenant")
        }
        _ => Ok(()),
    }
}

/// A user whose own quotas are set for the first time gets the id under which they are also
/// reached as a tenant's. The server gives it, so the user's version stays.
///
/// Only quotas and usages are: `/tenants/{id}/offering_items`, `/tenants/{id}/usages`, reports. A
/// GET of `/tenants/{id}` itself is 404, for there is no tenant behind it: neither the documents nor
/// the vendor's public pages show such an object, and a made-up one could not be changed or deleted.
fn give_personal_tenant(
    changes: &mut Changes,
    caller: &Caller,
    account: &mut Account,
    now: Timestamp,
) {
    let Some(user) = &mut account.user else {
        return;
    };
    if user.personal_tenant_id.is_some() {
        return;
    }
    let mut changed = user.value.clone();
    changed.personal_tenant_id = Some(TenantId::random());
    changed.updated_at = now;
    changes.update_user(user, changed.clone(), &account.tenant);
    let act = Act::new("user.personal_tenant", &account.tenant, changed.id);
    audit::record(changes, caller, now, act, Some(&user.value), Some(&changed));
    user.value = changed;
}

/// What a tenant can sell to a child of `kind`: what it is sold itself, without its quotas; where
/// it is sold nothing, whatever the deployment measures.
///
/// # Errors
/// The tenant is out of reach, or may have no child of this kind.
pub async fn available_for_child(
    cx: Context<'_>,
    id: TenantId,
    kind: Option<TenantKind>,
    edition: Option<&str>,
) -> Result<Vec<OfferingItem>, Error> {
    let env = cx.env;
    let tenant = cx.tenant(id).await?;
    if let Some(kind) = kind.filter(|kind| !tenant.kind.may_hold(*kind)) {
        return Err(Error::invalid(
            "kind",
            format!("a {} cannot hold a {}", tenant.kind.name(), kind.name()),
        ));
    }
    let (meter, _) = env.store.meter(tenant.account()).await?;
    let mut items: Vec<OfferingItem> = if meter.offering_items.is_empty() {
        catalogue(env, &tenant)
    } else {
        let active = meter.offering_items.into_iter().filter(|item| item.active);
        active.map(without_quota).collect()
    };
    items.retain(|item| is_of(item, edition));
    Ok(items)
}

fn is_of(item: &OfferingItem, edition: Option<&str>) -> bool {
    edition.is_none() || item.key.edition.as_deref() == edition
}

fn without_quota(item: OfferingItem) -> OfferingItem {
    OfferingItem {
        quota: item.quota.map(|_| Quota::UNLIMITED),
        quota_version: 0,
        ..item
    }
}

/// One offering item for each usage name that the deployment counts.
fn catalogue(env: &Env, tenant: &Tenant) -> Vec<OfferingItem> {
    let names = env.settings.usage_names.iter();
    let items = names.map(|(name, item)| OfferingItem {
        application_id: ApplicationId::new(uuid::Uuid::nil()),
        name: name.to_string(),
        key: UsageKey {
            usage_name: name.clone(),
            edition: None,
            infra_id: None,
        },
        measurement_unit: super::offering_patch::unit_of(*item),
        kind: OfferingType::Count,
        active: true,
        locked: false,
        quota: Some(Quota::UNLIMITED),
        quota_version: 0,
        updated_at: tenant.created_at,
    });
    items.collect()
}
