//! Resellers (rule `reseller-plans`): plans, domains, their roles, and who holds them. A reseller is the
//! partner tenant at the top of what the caller reaches; its plans and domains are its alone, and
//! a name is looked up among them only.

pub mod change_plan;
pub mod domains;
pub mod members;
pub mod plans;
pub mod roles;
mod ties;

use super::Env;
use super::access::{Caller, Context};
use super::audit::Act;
use super::error::{Error, What};
use super::manage_tenants::takes_accounts;
use crate::domain::ids::AccountId;
use crate::domain::reseller::domain::{AssignRefused, Domain};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::role::RoleRefused;
use crate::domain::tenant::{Tenant, TenantKind};
use crate::store::engine::{Changes, CommitError};
use crate::store::{AccountLock, Found};

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

/// The reseller's lock, among the writers of this node: most writes meet at a plan.
async fn lock<'a>(env: &'a Env, caller: &Caller) -> AccountLock<'a> {
    env.store.lock(&AccountId::Tenant(caller.root)).await
}

/// The caller's tenant, where it may sell.
async fn reseller(cx: Context<'_>) -> Result<Found<Tenant>, Error> {
    let Context { env, caller, .. } = cx;
    let tenant = caller.tenant(&env.store, caller.root).await?;
    if tenant.kind != TenantKind::Partner {
        return Err(Error::Forbidden(
            "only a partner has plans and domains; use a client of the partner".to_owned(),
        ));
    }
    takes_accounts(&tenant)?;
    Ok(tenant)
}

/// What is done, for the audit; `object` is the name of the thing.
fn act<'a>(action: &'static str, tenant: &'a Tenant, object: impl std::fmt::Display) -> Act<'a> {
    Act {
        action,
        tenant,
        object: object.to_string(),
    }
}

/// Commits. Whatever conflicts here, somebody else was first: the caller reads and decides again.
async fn commit(env: &Env, changes: Changes) -> Result<(), Error> {
    match env.store.commit(changes).await {
        Err(CommitError::Conflict(_)) => Err(Error::LostRace),
        other => Ok(other?),
    }
}
