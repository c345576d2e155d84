//! What ties a tenant to its partners: the plan by which a customer buys, and the currency of a
//! partner's plans.

use iso_currency::Currency as IsoCurrency;

use super::access::Context;
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::partner_plans::{existing, partner_of_id, sells};
use super::precondition::check_version;
use crate::domain::ids::TenantId;
use crate::domain::plan::{Currency, PlanRef};
use crate::domain::tenant::{Tenant, TenantKind};
use crate::store::Found;
use crate::store::engine::Changes;

/// A setting of a tenant with the tenant's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<T> {
    /// What is set.
    pub value: T,
    /// The version of the tenant.
    pub version: u64,
}

/// Reads a code of ISO 4217.
///
/// # Errors
/// It is no code, or that of a currency that another has replaced.
pub fn read_currency(code: &str) -> Result<Currency, Error> {
    let why = || Error::invalid("currency", "must be a code of ISO 4217 such as EUR or USD");
    // "No currency" and "for tests" are codes too, but nothing has a price in them.
    let named = Some(code).filter(|code| !["XXX", "XTS"].contains(code));
    let currency = named.and_then(Currency::from_code).ok_or_else(why)?;
    let known = IsoCurrency::from_code(code).ok_or_else(why)?;
    match known.is_superseded() {
        None => Ok(currency),
        Some(now) => Err(Error::invalid(
            "currency",
            format!(
                "{code} is not used any more; it was replaced by {}",
                now.code()
            ),
        )),
    }
}

/// The plan by which a tenant buys.
///
/// # Errors
/// The tenant is unknown or out of reach, or names none.
pub async fn show_plan(cx: Context<'_>, tenant: TenantId) -> Result<Setting<PlanRef>, Error> {
    let tenant = cx.tenant(tenant).await?;
    let value = tenant.settings.partner_plan;
    Ok(Setting {
        value: value.ok_or(Error::NotFound(What::Plan))?,
        version: tenant.version,
    })
}

/// Says by which plan a customer or unit buys.
///
/// # Errors
/// The tenant, the partner or the plan is unknown or out of reach; the tenant is a partner or a
/// folder; the partner is not above it; `expected` is stale.
pub async fn name_plan(
    cx: Context<'_>,
    tenant: TenantId,
    named: PlanRef,
    expected: Option<u64>,
) -> Result<Setting<PlanRef>, Error> {
    retrying(|| async {
        let old = cx.tenant(tenant).await?;
        check_version(expected, old.version)?;
        if !matches!(old.kind, TenantKind::Customer | TenantKind::Unit) {
            return Err(Error::Refused(format!(
                "a {} does not buy by a plan; name one on a customer or unit",
                old.kind.name()
            )));
        }
        let partner = partner_of_id(cx, named.partner).await?;
        if !old.ancestors.contains(&partner.id) {
            return Err(Error::Refused(
                "the plan must be one of a partner above the tenant".to_owned(),
            ));
        }
        let plan = existing(cx.env, named).await?;
        if old.settings.partner_plan == Some(named) {
            return Ok(Setting {
                value: named,
                version: old.version,
            });
        }
        let mut changes = Changes::new();
        changes.use_plan(&plan);
        let set = |tenant: &mut Tenant| tenant.settings.partner_plan = Some(named);
        let version = change(cx, changes, ("tenant.plan", &old), set).await?;
        Ok(Setting {
            value: named,
            version,
        })
    })
    .await
}

/// A tenant buys by no plan any more. Nothing changes where it has none.
///
/// # Errors
/// The tenant is unknown or out of reach; `expected` is stale.
pub async fn drop_plan(
    cx: Context<'_>,
    tenant: TenantId,
    expected: Option<u64>,
) -> Result<(), Error> {
    retrying(|| async {
        let old = cx.tenant(tenant).await?;
        check_version(expected, old.version)?;
        if old.settings.partner_plan.is_none() {
            return Ok(());
        }
        let set = |tenant: &mut Tenant| tenant.settings.partner_plan = None;
        change(cx, Changes::new(), ("tenant.plan", &old), set).await?;
        Ok(())
    })
    .await
}

/// The currency of a partner's plans.
///
/// # Errors
/// The partner is unknown or out of reach, or has named none.
pub async fn show_currency(cx: Context<'_>, partner: TenantId) -> Result<Setting<Currency>, Error> {
    let partner = cx.tenant(partner).await?;
    let value = partner.settings.currency;
    Ok(Setting {
        value: value.ok_or(Error::NotFound(What::Currency))?,
        version: partner.version,
    })
}

/// Sets the currency of a partner's plans, or that none is shown.
///
/// # Errors
/// The tenant is unknown, out of reach or no partner; `expected` is stale.
pub async fn set_currency(
    cx: Context<'_>,
    partner: TenantId,
    currency: Option<Currency>,
    expected: Option<u64>,
) -> Result<u64, Error> {
    retrying(|| async {
        let old = cx.tenant(partner).await?;
        check_version(expected, old.version)?;
        if !sells(&old) {
            return Err(Error::Refused(format!(
                "a {} has no plans; set the currency of the partner",
                old.kind.name()
            )));
        }
        if old.settings.currency == currency {
            return Ok(old.version);
        }
        let set = |tenant: &mut Tenant| tenant.settings.currency = currency;
        change(cx, Changes::new(), ("tenant.currency", &old), set).await
    })
    .await
}

/// Commits `changes` together with the change of a tenant; its new version.
async fn change(
    cx: Context<'_>,
    mut changes: Changes,
    (action, old): (&'static str, &Found<Tenant>),
    set: impl FnOnce(&mut Tenant),
) -> Result<u64, Error> {
    let mut new = old.value.clone();
    set(&mut new);
    new.version = old.version.saturating_add(1);
    new.updated_at = cx.now;
    changes.update_tenant(old, new.clone());
    let act = Act::on_tenant(action, old);
    cx.commit(changes, act, Some(&old.value), Some(&new))
        .await?;
    Ok(new.version)
}
