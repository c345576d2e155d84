//! Resellers (rule `reseller-plans`): plans, domains, their roles, and who holds them. The
//! reseller dialect calls these.
//!
//! A reseller is the partner tenant at the top of what the caller reaches. Its plans and domains
//! are its alone, and a name is looked up among them only.

pub mod change_plan;
pub mod domains;
pub mod members;
pub mod plans;
pub mod roles;
mod ties;

use std::fmt::Display;

use super::access::Context;
use super::audit::{self, Act};
use super::error::{Error, What, retrying};
use super::manage_tenants::takes_accounts;
use crate::domain::ids::AccountId;
use crate::domain::reseller::domain::{AssignRefused, Domain};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::role::RoleRefused;
use crate::domain::tenant::{Tenant, TenantKind};
use crate::store::Found;
use crate::store::engine::Changes;
use crate::store::record::Stored;

impl From<RoleRefused> for Error {
    fn from(refused: RoleRefused) -> Self {
        match refused {
            RoleRefused::Taken => Self::NameTaken("a role of this name exists already"),
            RoleRefused::Assigned(_) => Self::Conflict(refused.to_string()),
            _ => Self::Refused(refused.to_string()),
        }
    }
}

impl From<AssignRefused> for Error {
    fn from(refused: AssignRefused) -> Self {
        Self::Refused(refused.to_string())
    }
}

/// A plan of the caller's reseller.
async fn plan(cx: Context<'_>, name: &Name) -> Result<Found<Plan>, Error> {
    let found = cx.env.store.load((cx.caller.root, name.clone())).await?;
    found.ok_or(Error::NotFound(What::Plan))
}

/// A domain of the caller's reseller.
async fn domain(cx: Context<'_>, name: &Name) -> Result<Found<Domain>, Error> {
    let found = cx.env.store.load((cx.caller.root, name.clone())).await?;
    found.ok_or(Error::NotFound(What::Domain))
}

/// A domain and the plan it runs under. Reads in between may miss a plan that the domain has just
/// left; the caller looks again.
async fn with_plan(cx: Context<'_>, name: &Name) -> Result<(Found<Domain>, Found<Plan>), Error> {
    let domain = domain(cx, name).await?;
    match plan(cx, &domain.plan).await {
        Ok(plan) => Ok((domain, plan)),
        Err(Error::NotFound(_)) => Err(Error::LostRace),
        Err(error) => Err(error),
    }
}

/// Runs `attempt` until it loses no race, with the reseller locked among the writers of this node: most
/// writes meet at a plan.
async fn locked<T, F>(cx: Context<'_>, attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let reseller = AccountId::Tenant(cx.caller.root);
    let _lock = cx.env.store.lock(&reseller).await;
    retrying(attempt).await
}

/// The caller's tenant, where it may sell.
async fn reseller(cx: Context<'_>) -> Result<Found<Tenant>, Error> {
    let tenant = cx.tenant(cx.caller.root).await?;
    if tenant.kind != TenantKind::Partner {
        return Err(Error::Forbidden(
            "only a partner has plans and domains; use a client of the partner".to_owned(),
        ));
    }
    takes_accounts(&tenant)?;
    Ok(tenant)
}

/// Commits a change with its audit entry. Whatever conflicts here, somebody else was first: the caller
/// reads and decides again.
async fn commit<T: Stored>(
    cx: Context<'_>,
    mut changes: Changes,
    (action, object): (&'static str, impl Display),
    before: Option<&T>,
    after: Option<&T>,
) -> Result<(), Error> {
    let tenant = cx.tenant(cx.caller.root).await?;
    let act = Act::new(action, &tenant, object);
    audit::record(&mut changes, cx.caller, cx.now, act, before, after);
    match cx.env.try_commit(changes).await? {
        true => Ok(()),
        false => Err(Error::LostRace),
    }
}
