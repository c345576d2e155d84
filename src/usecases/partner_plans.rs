//! The plans of partners: list, create, read, replace, delete (rule `partner-plans`).

use std::cmp::Ordering;

use super::Env;
use super::access::Context;
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::manage_tenants::takes_accounts;
use super::precondition::check_version;
use crate::domain::ids::TenantId;
use crate::domain::plan::{BadTerm, MAX_PLANS_PER_PARTNER, Plan, PlanId, PlanRef, PlanTerms};
use crate::domain::tenant::{Tenant, TenantKind};
use crate::store::engine::Changes;
use crate::store::{Found, keys};

/// Tenants of one name that are looked at until a partner is found; among more, an id is needed.
const MAX_LOOKED_AT: usize = 10_000;

/// Tenants that are looked at together.
const CHUNK: usize = 500;

/// By what a list is sorted; plans that are equal in it by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlanOrder {
    /// The number.
    #[default]
    Id,
    /// The name, ignoring case.
    Name,
    /// The base price.
    Price,
}

/// Which plans to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanQuery {
    /// Counted from 1.
    pub page: usize,
    /// Plans on a page.
    pub page_size: usize,
    /// By what they are sorted.
    pub order: PlanOrder,
    /// The greatest first.
    pub descending: bool,
}

/// A page of the plans of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPage {
    /// The plans on it.
    pub plans: Vec<Plan>,
    /// How many the partner has in all.
    pub count: usize,
}

/// The partner that a caller names: by UUID, or by its name (ignoring case) where only one partner
/// of the caller's subtree has it. The root tenant counts as a partner.
///
/// # Errors
/// It is unknown, out of reach or no partner; several have the name.
pub async fn partner(cx: Context<'_>, username: &str) -> Result<Found<Tenant>, Error> {
    let Context { env, caller, .. } = cx;
    let missing = Error::NotFound(What::Partner);
    if let Ok(id) = username.parse::<TenantId>() {
        return partner_of_id(cx, id).await;
    }
    let wanted = keys::folded(username);
    let index = keys::tenants_called(username);
    let (mut found, mut after, mut looked_at) = (None, None, 0);
    while looked_at < MAX_LOOKED_AT {
        let ids = env.store.ids_under(&index, after, CHUNK).await?;
        looked_at += ids.len();
        after = ids.last().copied();
        let tenants = env.store.load_many::<Tenant>(ids.iter().copied()).await?;
        let is_meant = |tenant: &Found<Tenant>| {
            sells(tenant) && caller.reaches(tenant) && keys::folded(&tenant.name) == wanted
        };
        for tenant in tenants.into_iter().flatten().filter(is_meant) {
            if found.replace(tenant).is_some() {
                return Err(ambiguous());
            }
        }
        if ids.len() < CHUNK {
            return found.ok_or(missing);
        }
    }
    Err(ambiguous())
}

fn ambiguous() -> Error {
    Error::Conflict("several tenants have this name; name the partner by its id".to_owned())
}

/// The partner of this id.
///
/// # Errors
/// It is unknown, out of reach or no partner.
pub(super) async fn partner_of_id(cx: Context<'_>, id: TenantId) -> Result<Found<Tenant>, Error> {
    let tenant = cx.tenant_of(What::Partner, id).await?;
    match sells(&tenant) {
        true => Ok(tenant),
        false => Err(Error::NotFound(What::Partner)),
    }
}

/// Whether a tenant may have plans.
pub(super) fn sells(tenant: &Tenant) -> bool {
    tenant.kind == TenantKind::Partner || tenant.parent_id().is_none()
}

/// A plan that is there.
pub(super) async fn existing(env: &Env, named: PlanRef) -> Result<Found<Plan>, Error> {
    let plan = env.store.plan(named).await?;
    plan.ok_or(Error::NotFound(What::Plan))
}

async fn of_partner(
    cx: Context<'_>,
    username: &str,
    plan: PlanId,
) -> Result<(Found<Tenant>, Found<Plan>), Error> {
    let partner = partner(cx, username).await?;
    let named = PlanRef {
        partner: partner.id,
        plan,
    };
    let plan = existing(cx.env, named).await?;
    Ok((partner, plan))
}

fn checked(terms: &PlanTerms) -> Result<PlanTerms, Error> {
    let mut terms = terms.clone();
    terms.name = terms.name.trim().to_owned();
    match terms.check() {
        Ok(()) => Ok(terms),
        Err(BadTerm { field, why }) => Err(Error::invalid(field, why)),
    }
}

/// A plan of a partner.
///
/// # Errors
/// The partner or the plan is unknown or out of reach.
pub async fn read(cx: Context<'_>, username: &str, plan: PlanId) -> Result<Plan, Error> {
    let (_, plan) = of_partner(cx, username, plan).await?;
    Ok(plan.value)
}

/// A page of the plans of a partner.
///
/// # Errors
/// The partner is unknown or out of reach.
pub async fn list(cx: Context<'_>, username: &str, query: &PlanQuery) -> Result<PlanPage, Error> {
    let partner = partner(cx, username).await?;
    let plans = cx
        .env
        .store
        .plans(partner.id, MAX_PLANS_PER_PARTNER)
        .await?;
    let mut plans: Vec<Plan> = plans.into_iter().map(|found| found.value).collect();
    sort(&mut plans, query.order, query.descending);
    let count = plans.len();
    let skipped = query.page.saturating_sub(1).saturating_mul(query.page_size);
    let plans = plans.into_iter().skip(skipped).take(query.page_size);
    Ok(PlanPage {
        plans: plans.collect(),
        count,
    })
}

fn sort(plans: &mut [Plan], order: PlanOrder, descending: bool) {
    plans.sort_by(|a, b| {
        let first = match order {
            PlanOrder::Id => Ordering::Equal,
            PlanOrder::Name => keys::folded(&a.terms.name).cmp(&keys::folded(&b.terms.name)),
            PlanOrder::Price => a.terms.base_price.compare(b.terms.base_price),
        };
        first.then(a.id.cmp(&b.id))
    });
    if descending {
        plans.reverse();
    }
}

/// Creates a plan of a partner.
///
/// # Errors
/// The partner is unknown, out of reach, disabled, or has as many plans as may be; a field makes
/// no sense.
pub async fn create(cx: Context<'_>, username: &str, terms: &PlanTerms) -> Result<Plan, Error> {
    retrying(|| create_once(cx, username, terms)).await
}

async fn create_once(cx: Context<'_>, username: &str, terms: &PlanTerms) -> Result<Plan, Error> {
    let Context { env, now, .. } = cx;
    let partner = partner(cx, username).await?;
    let terms = checked(terms)?;
    takes_accounts(&partner)?;
    let known = env.store.plans(partner.id, MAX_PLANS_PER_PARTNER).await?;
    if known.len() >= MAX_PLANS_PER_PARTNER {
        return Err(Error::Refused(format!(
            "a partner has at most {MAX_PLANS_PER_PARTNER} plans; delete one first"
        )));
    }
    let next = env.store.next_plan(partner.id).await?;
    let plan = Plan {
        partner_id: partner.id,
        id: next.id,
        terms,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut changes = Changes::new();
    // A partner that is disabled and deleted meanwhile takes no plan.
    changes.expect_tenant(&partner);
    changes.create_plan(next, plan.clone());
    let act = Act::new("partner_plan.create", &partner, plan.id);
    cx.commit(changes, act, None, Some(&plan)).await?;
    Ok(plan)
}

/// Replaces what a plan says. The tenants that buy by it buy by the new terms from then on.
///
/// # Errors
/// The partner or the plan is unknown or out of reach; `expected` is stale; a field makes no
/// sense.
pub async fn replace(
    cx: Context<'_>,
    (username, plan): (&str, PlanId),
    terms: &PlanTerms,
    expected: Option<u64>,
) -> Result<Plan, Error> {
    // Each attempt compares the version anew, so it is safe to repeat them.
    retrying(|| async {
        let (partner, old) = of_partner(cx, username, plan).await?;
        check_version(expected, old.version)?;
        let new = Plan {
            terms: checked(terms)?,
            updated_at: cx.now,
            version: old.version.saturating_add(1),
            ..old.value.clone()
        };
        let mut changes = Changes::new();
        changes.update_plan(old.revision, new.clone());
        let act = Act::new("partner_plan.update", &partner, plan);
        cx.commit(changes, act, Some(&old.value), Some(&new))
            .await?;
        Ok(new)
    })
    .await
}

/// Deletes a plan by which no tenant buys.
///
/// # Errors
/// The partner or the plan is unknown or out of reach; a tenant buys by it; `expected` is stale.
pub async fn delete(
    cx: Context<'_>,
    (username, plan): (&str, PlanId),
    expected: Option<u64>,
) -> Result<(), Error> {
    retrying(|| async {
        let (partner, old) = of_partner(cx, username, plan).await?;
        check_version(expected, old.version)?;
        // Who begins to use it from here on gives it a new revision, and this change loses.
        if cx.env.store.plan_is_used(old.named()).await? {
            return Err(Error::Conflict(
                "a tenant buys by this plan; give it another plan first".to_owned(),
            ));
        }
        let mut changes = Changes::new();
        changes.delete_plan(&old);
        let act = Act::new("partner_plan.delete", &partner, plan);
        cx.commit(changes, act, Some(&old.value), None).await
    })
    .await
}
