//! Keys of partner plans.

use super::{Family, Key, search_prefix, start};
use crate::domain::ids::TenantId;
use crate::domain::plan::PlanRef;

/// A plan. In the order of their numbers.
#[must_use]
pub fn plan(named: PlanRef) -> Key {
    plans(named.partner).then(&named.plan.0.to_be_bytes())
}

/// All plans of a partner.
#[must_use]
pub fn plans(partner: TenantId) -> Key {
    Family::PartnerPlan.key(partner.bytes())
}

/// A tenant that buys by a plan.
#[must_use]
pub fn plan_tenant(named: PlanRef, tenant: TenantId) -> Key {
    plan_tenants(named).then(tenant.bytes())
}

/// All tenants that buy by a plan.
#[must_use]
pub fn plan_tenants(named: PlanRef) -> Key {
    start(Family::PlanTenant)
        .part(named.partner.bytes())
        .part(&named.plan.0.to_be_bytes())
        .end()
}

/// The number that a partner's last plan was given; it only grows.
#[must_use]
pub fn last_plan(partner: TenantId) -> Key {
    super::counter(&format!("plan/{partner}"))
}

/// All tenants that are called exactly this, by the index of [`super::search_text`]; of names that
/// are longer than its texts, those that begin like it.
#[must_use]
pub fn tenants_called(name: &str) -> Key {
    search_prefix(name).then(&[0, 0])
}
