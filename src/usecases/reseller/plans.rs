//! Price plans: list, read, create, change, delete.

use super::ties::TiesUpdate;
use super::{commit, locked, plan, reseller};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::{MAX_PLANS, Plan};
use crate::domain::reseller::retention::Retention;
use crate::domain::reseller::role::RoleId;
use crate::store::Found;
use crate::store::engine::{Changes, Expect};
use crate::usecases::access::Context;
use crate::usecases::error::{Error, What};
use crate::usecases::precondition::{Expected, check_version};

/// The plans of the caller's reseller, by name.
///
/// # Errors
/// The store failed.
pub async fn list(cx: Context<'_>) -> Result<Vec<Plan>, Error> {
    let plans = cx.env.store.price_plans(cx.caller.root).await?;
    Ok(plans.into_iter().map(|found| found.value).collect())
}

/// One plan.
///
/// # Errors
/// The caller's reseller has none of this name.
pub async fn read(cx: Context<'_>, name: &Name) -> Result<Plan, Error> {
    Ok(plan(cx, name).await?.value)
}

/// Creates a plan with its basic roles, or changes one; `true` says that it is new. A retention
/// of `None` is kept as it is.
///
/// # Errors
/// The caller is no partner, there are too many plans, or `expected` is stale (a plan that does
/// not exist has version 0).
pub async fn put(
    cx: Context<'_>,
    name: &Name,
    retention: Option<Retention>,
    expected: Expected,
) -> Result<(Plan, bool), Error> {
    locked(cx, || async {
        match plan(cx, name).await {
            Ok(old) => {
                expected.check(old.version)?;
                let mut plan = old.value.clone();
                plan.retention = retention.or(plan.retention);
                Ok((update(cx, &old, plan).await?, false))
            }
            Err(Error::NotFound(What::Plan)) => {
                expected.check(0)?;
                let plan = create(cx, name, retention).await?;
                Ok((plan, true))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// Stores a plan that was changed.
async fn update(cx: Context<'_>, old: &Found<Plan>, mut new: Plan) -> Result<Plan, Error> {
    new.touch(cx.now);
    let mut changes = Changes::new();
    changes.put_plan(Expect::Revision(old.revision), new.clone());
    let act = ("plan.update", &new.name);
    commit(cx, changes, act, Some(&old.value), Some(&new)).await?;
    Ok(new)
}

async fn create(cx: Context<'_>, name: &Name, retention: Option<Retention>) -> Result<Plan, Error> {
    let Context { env, now, .. } = cx;
    let tenant = reseller(cx).await?;
    let mut ties_update = TiesUpdate::default();
    let ties = ties_update.of_tenant(&env.store, tenant.id).await?;
    if ties.plans >= MAX_PLANS as u64 {
        return Err(Error::Refused(format!(
            "you have {MAX_PLANS} plans already, which is most"
        )));
    }
    ties.plans += 1;
    // Unique over the deployment, drawn from the sequence of the API v1 ids.
    let id = u64::from(env.store.next_v1_id().await?.0);
    let admin = RoleId(env.store.next_v1_id().await?.0.into());
    let none = RoleId(env.store.next_v1_id().await?.0.into());
    let (mut plan, basic) = Plan::new(tenant.id, name.clone(), id, (admin, none), now);
    plan.retention = retention;
    let mut changes = Changes::new();
    // A tenant that is deleted meanwhile gets no plan.
    changes.expect_tenant(&tenant);
    changes.put_plan(Expect::Absent, plan.clone());
    for role in basic {
        changes.put_role(Expect::Absent, tenant.id, role);
    }
    ties_update.write(&mut changes);
    let act = ("plan.create", name);
    commit(cx, changes, act, None, Some(&plan)).await?;
    Ok(plan)
}

/// Sets the retention of a plan.
///
/// # Errors
/// There is no such plan, or `expected` is stale.
pub async fn set_retention(
    cx: Context<'_>,
    name: &Name,
    retention: Retention,
    expected: Option<u64>,
) -> Result<Plan, Error> {
    locked(cx, || async {
        let old = plan(cx, name).await?;
        check_version(expected, old.version)?;
        let mut plan = old.value.clone();
        plan.retention = Some(retention);
        update(cx, &old, plan).await
    })
    .await
}

/// Deletes a plan that no domain runs under, with its roles.
///
/// # Errors
/// There is no such plan, a domain runs under it, or `expected` is stale.
pub async fn delete(cx: Context<'_>, name: &Name, expected: Option<u64>) -> Result<(), Error> {
    locked(cx, || async {
        let old = plan(cx, name).await?;
        check_version(expected, old.version)?;
        if old.domains > 0 {
            return Err(Error::Conflict(format!(
                "{} domains run under the plan; give them another one first",
                old.domains
            )));
        }
        let mut ties_update = TiesUpdate::default();
        let ties = ties_update.of_tenant(&cx.env.store, old.reseller).await?;
        ties.plans = ties.plans.saturating_sub(1);
        let mut changes = Changes::new();
        changes.delete_reseller_plan(&old);
        ties_update.write(&mut changes);
        let act = ("plan.delete", &old.name);
        commit(cx, changes, act, Some(&old.value), None).await
    })
    .await
}
