//! Shows the quotas of an account, and reads and changes the thresholds of "soon".

use super::access::Context;
use super::audit::Act;
use super::error::{Error, retrying};
use super::holder::Holder;
use super::precondition::check_version;
use super::report_usage::{commit_evaluated, evaluate};
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::meter::ItemStatus;
use crate::domain::quota::{Item, Percent};
use crate::domain::tenant::{SoonSetting, Tenant, TenantSettings};
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;

/// The quotas of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas {
    /// Whose.
    pub account: AccountId,
    /// When this was true.
    pub generated_at: Timestamp,
    /// In item order, each with its soon threshold where it has one.
    pub items: Vec<(ItemStatus, Option<Percent>)>,
}

/// The quotas of `account`.
///
/// # Errors
/// It is unknown or out of reach; the store failed.
pub async fn show_quotas(cx: Context<'_>, account: AccountId) -> Result<Quotas, Error> {
    let Context { env, now, .. } = cx;
    let account = cx.account(account).await?;
    let (meter, _) = env.store.meter(account.account()).await?;
    let policy = env.settings.quota_policy(&account.tenant);
    let status = meter.status(&env.settings.usage_names, &policy);
    let with_threshold = |status: ItemStatus| (status, policy.soon_percent(status.item));
    Ok(Quotas {
        account: meter.account,
        generated_at: now,
        items: status.into_iter().map(with_threshold).collect(),
    })
}

/// A tenant's own settings and the version of the tenant that they are part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaSettings {
    /// What it sets for itself.
    pub settings: TenantSettings,
    /// The tenant's version.
    pub version: u64,
}

impl From<&Tenant> for QuotaSettings {
    fn from(tenant: &Tenant) -> Self {
        Self {
            settings: tenant.settings,
            version: tenant.version,
        }
    }
}

/// The settings of `tenant`.
///
/// # Errors
/// It is unknown or out of reach; the store failed.
pub async fn show_settings(cx: Context<'_>, tenant: TenantId) -> Result<QuotaSettings, Error> {
    let tenant = cx.tenant(tenant).await?;
    Ok(QuotaSettings::from(&tenant.value))
}

/// Sets soon thresholds of `tenant`; items that are not named keep theirs. The tenant's meter is
/// evaluated in the same commit, so that an alert that the new threshold opens or closes is never
/// late; its users' meters follow with their next report.
///
/// # Errors
/// It is unknown or out of reach; `version` is not the current one; the store failed.
pub async fn change_settings(
    cx: Context<'_>,
    tenant: TenantId,
    soon: &[(Item, SoonSetting)],
    version: Option<u64>,
) -> Result<QuotaSettings, Error> {
    // Safe with a version too, which each attempt compares anew: only a report that came in
    // between is gone round.
    retrying(|| change_once(cx, tenant, soon, version)).await
}

#[expect(clippy::indexing_slicing, reason = "one setting for each item")]
async fn change_once(
    cx: Context<'_>,
    tenant: TenantId,
    soon: &[(Item, SoonSetting)],
    version: Option<u64>,
) -> Result<QuotaSettings, Error> {
    let Context { env, now, .. } = cx;
    let old = cx.tenant(tenant).await?;
    check_version(version, old.version)?;
    let mut new = old.value.clone();
    for (item, setting) in soon {
        new.settings.soon_percent[item.index()] = *setting;
    }
    if new.settings == old.settings {
        return Ok(QuotaSettings::from(&new));
    }
    new.version = old.version.saturating_add(1);
    new.updated_at = now;
    let (mut meter, expect) = env.store.meter(old.account()).await?;
    let holder = Holder::of(&env.settings, &new);
    let (outcomes, notice) = evaluate(&env.settings, &env.metrics, &mut meter, holder, now);
    let mut changes = Changes::new();
    changes.update_tenant(&old, new.clone());
    if !outcomes.is_empty() {
        changes.put_meter(old.v1_id, expect, meter);
    }
    let act = Act::on_tenant("tenant.quota_settings", &new);
    commit_evaluated(cx, changes, notice, act, (Some(&old.value), &new)).await?;
    Ok(QuotaSettings::from(&new))
}
