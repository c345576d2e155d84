//! Domains: read, create, change, delete.

use super::ties::TiesUpdate;
use super::{commit, domain, locked, members, plan, reseller, with_plan};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::reseller::domain::{Domain, MAX_DOMAINS};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::retention::Retention;
use crate::store::engine::{Changes, Expect};
use crate::store::{Found, unchanged};
use crate::usecases::Env;
use crate::usecases::access::Context;
use crate::usecases::error::{Error, What, retrying};
use crate::usecases::precondition::{Expected, check_version};

/// A domain as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainView {
    /// The domain.
    pub domain: Domain,
    /// The login of its owner.
    pub owner: Option<String>,
    /// Its own retention, else its plan's.
    pub retention: Option<Retention>,
}

/// What to set of a domain; `None` is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainPatch {
    /// The plan of a new domain; must be the domain's own later.
    pub plan: Option<Name>,
    /// Whose users may hold roles.
    pub tenant_id: Option<TenantId>,
    /// The id or login of the user who is flagged as owner.
    pub owner: Option<String>,
}

async fn view(env: &Env, domain: Domain, plan: &Plan) -> Result<DomainView, Error> {
    let owner = match domain.owner {
        Some(owner) => env.store.user(owner).await?,
        None => None,
    };
    Ok(DomainView {
        owner: owner.map(|user| user.value.login),
        retention: domain.retention.or(plan.retention),
        domain,
    })
}

/// One domain.
///
/// # Errors
/// The caller's reseller has none of this name.
pub async fn read(cx: Context<'_>, name: &Name) -> Result<DomainView, Error> {
    retrying(|| async {
        let (domain, plan) = with_plan(cx, name).await?;
        view(cx.env, domain.value, &plan).await
    })
    .await
}

/// Whether the caller's reseller has a domain of this name.
///
/// # Errors
/// The store failed.
pub async fn exists(cx: Context<'_>, name: &Name) -> Result<bool, Error> {
    match domain(cx, name).await {
        Ok(_) => Ok(true),
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates a domain, or changes one; `true` says that it is new.
///
/// # Errors
/// The plan, the tenant or the owner does not exist or is out of reach; the change is against a
/// rule; or `expected` is stale (a domain that does not exist has version 0).
pub async fn put(
    cx: Context<'_>,
    name: &Name,
    patch: &DomainPatch,
    expected: Expected,
) -> Result<(DomainView, bool), Error> {
    locked(cx, || async {
        let (old, draft) = match with_plan(cx, name).await {
            Ok((old, plan)) => {
                expected.check(old.version)?;
                let draft = changed(cx, &old, plan, patch).await?;
                (Some(old), draft)
            }
            Err(Error::NotFound(What::Domain)) => {
                expected.check(0)?;
                (None, created(cx, name, patch).await?)
            }
            Err(error) => return Err(error),
        };
        let view = finish(cx, old.as_ref(), draft, patch).await?;
        Ok((view, old.is_none()))
    })
    .await
}

/// A domain on its way into the store, with the plan it was read with.
struct Draft {
    domain: Domain,
    plan: Plan,
    plan_seen: Expect,
    changes: Changes,
    ties_update: TiesUpdate,
}

async fn created(cx: Context<'_>, name: &Name, patch: &DomainPatch) -> Result<Draft, Error> {
    let tenant = reseller(cx).await?;
    let needs = || Error::invalid("plan", "a new domain needs the name of a plan");
    let wanted = patch.plan.as_ref().ok_or_else(needs)?;
    let found = plan(cx, wanted).await?;
    let mut ties_update = TiesUpdate::default();
    let ties = ties_update.of_tenant(&cx.env.store, tenant.id).await?;
    if ties.domains >= MAX_DOMAINS {
        return Err(Error::Refused(format!(
            "you have {MAX_DOMAINS} domains already, which is most"
        )));
    }
    ties.domains += 1;
    let mut changes = Changes::new();
    // A tenant that is deleted meanwhile gets no domain.
    changes.expect_tenant(&tenant);
    let plan_seen = Expect::Revision(found.revision);
    let mut plan = found.value;
    Ok(Draft {
        domain: Domain::new(name.clone(), &mut plan, cx.now),
        plan,
        plan_seen,
        changes,
        ties_update,
    })
}

async fn changed(
    cx: Context<'_>,
    old: &Found<Domain>,
    plan: Found<Plan>,
    patch: &DomainPatch,
) -> Result<Draft, Error> {
    if patch.plan.as_ref().is_some_and(|name| !name.is(&old.plan)) {
        return Err(Error::Refused(
            "the plan of a domain is changed by PUT /domain/{domain}/plan, which says what becomes \
             of the users' roles"
                .to_owned(),
        ));
    }
    let mut domain = old.value.clone();
    domain.touch(cx.now);
    let moves = patch.tenant_id.is_some() && patch.tenant_id != domain.tenant_id;
    if moves && !domain.users.is_empty() {
        return Err(Error::Conflict(
            "users of the domain's tenant hold roles in it; take them out before you give it \
             another tenant"
                .to_owned(),
        ));
    }
    let mut ties_update = TiesUpdate::default();
    if let Some(before) = domain.tenant_id.filter(|_| moves) {
        let ties = ties_update.of_tenant(&cx.env.store, before).await?;
        ties.within = ties.within.saturating_sub(1);
        domain.tenant_id = None;
    }
    Ok(Draft {
        domain,
        plan_seen: Expect::Revision(plan.revision),
        plan: plan.value,
        changes: Changes::new(),
        ties_update,
    })
}

/// Sets tenant and owner, and commits.
async fn finish(
    cx: Context<'_>,
    old: Option<&Found<Domain>>,
    draft: Draft,
    patch: &DomainPatch,
) -> Result<DomainView, Error> {
    let store = &cx.env.store;
    let Draft {
        mut domain,
        mut plan,
        plan_seen,
        mut changes,
        mut ties_update,
    } = draft;
    if let Some(id) = patch.tenant_id.filter(|id| domain.tenant_id != Some(*id)) {
        let tenant = cx.tenant(id).await?;
        changes.expect_tenant(&tenant);
        let ties = ties_update.of_tenant(store, id).await?;
        ties.within = ties.within.saturating_add(1);
        domain.tenant_id = Some(id);
    }
    if let Some(text) = &patch.owner {
        let user = members::find(cx, &domain, text).await?;
        if domain.assignment(user.id).is_none() {
            changes.expect_user(&user);
            ties_update.tie_user(store, user.id).await?;
        }
        domain.set_owner(&mut plan, user.id)?;
    }
    changes.put_domain(unchanged(old), domain.clone());
    // The plan counts the domain and who holds its roles.
    changes.put_plan(plan_seen, plan.clone());
    ties_update.write(&mut changes);
    let (action, before) = match old {
        Some(old) => ("domain.update", Some(&old.value)),
        None => ("domain.create", None),
    };
    let act = (action, &domain.name);
    commit(cx, changes, act, before, Some(&domain)).await?;
    view(cx.env, domain, &plan).await
}

/// Sets a domain's own retention; `None` gives it back to its plan's.
///
/// # Errors
/// There is no such domain, or `expected` is stale.
pub async fn set_retention(
    cx: Context<'_>,
    name: &Name,
    retention: Option<Retention>,
    expected: Option<u64>,
) -> Result<Domain, Error> {
    locked(cx, || async {
        let old = domain(cx, name).await?;
        check_version(expected, old.version)?;
        let mut domain = old.value.clone();
        domain.retention = retention;
        domain.touch(cx.now);
        let mut changes = Changes::new();
        changes.put_domain(Expect::Revision(old.revision), domain.clone());
        let act = ("domain.retention", &domain.name);
        commit(cx, changes, act, Some(&old.value), Some(&domain)).await?;
        Ok(domain)
    })
    .await
}

/// Deletes a domain: its own roles go, and its users hold nothing of it any more.
///
/// # Errors
/// There is no such domain, or `expected` is stale.
pub async fn delete(cx: Context<'_>, name: &Name, expected: Option<u64>) -> Result<(), Error> {
    let store = &cx.env.store;
    locked(cx, || async {
        let (old, seen) = with_plan(cx, name).await?;
        check_version(expected, old.version)?;
        let mut plan = seen.value.clone();
        old.leave(&mut plan);
        let mut ties_update = TiesUpdate::default();
        let users: Vec<UserId> = old.users.iter().map(|held| held.user).collect();
        ties_update.untie_users(store, users).await?;
        let ties = ties_update.of_tenant(store, old.reseller).await?;
        ties.domains = ties.domains.saturating_sub(1);
        if let Some(tenant) = old.tenant_id {
            let ties = ties_update.of_tenant(store, tenant).await?;
            ties.within = ties.within.saturating_sub(1);
        }
        let mut changes = Changes::new();
        changes.put_plan(Expect::Revision(seen.revision), plan);
        changes.delete_domain(&old);
        ties_update.write(&mut changes);
        let act = ("domain.delete", &old.name);
        commit(cx, changes, act, Some(&old.value), None).await
    })
    .await
}
