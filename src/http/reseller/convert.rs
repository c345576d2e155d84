//! Converts between the JSON of the reseller dialect and the values of the use cases.

use serde_json::value::RawValue;

use super::wire::names::{RetentionUnitName, RoleHome, RoleKindName};
use super::wire::{
    DomainRequest, DomainResponse, HeldRoleResponse, MemberRequest, MemberResponse,
    PlanChangeResponse, PlanResponse, PolicyRequest, PolicyResponse, RetentionRequest,
    RetentionResponse, RoleRefRequest, RoleRequest, RoleResponse, UserMoveResponse,
};
use crate::domain::reseller::book::RoleEntry;
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::retention::{BadRetention, Retention, RetentionUnit};
use crate::domain::reseller::role::{MAX_ENTRIES, Policy, Resource, Role, RoleId, RoleKind};
use crate::http::error::ApiError;
use crate::usecases::error::Error;
use crate::usecases::reseller::change_plan::{PlanChanged, UserMove};
use crate::usecases::reseller::domains::{DomainPatch, DomainView};
use crate::usecases::reseller::members::{HeldRole, Member, RoleRef};

fn malformed<E: std::fmt::Display>(field: &str) -> impl Fn(E) -> ApiError + '_ {
    move |why| ApiError::malformed(field, why)
}

/// A name in a body.
pub(super) fn name(field: &str, text: &str) -> Result<Name, ApiError> {
    Name::parse(text).map_err(malformed(field))
}

pub(super) fn retention(body: &RetentionRequest) -> Result<Retention, ApiError> {
    let units = RetentionUnit::ALL.map(RetentionUnit::name).join(", ");
    let unit = RetentionUnit::from_name(&body.retention_unit)
        .ok_or_else(|| ApiError::malformed("retentionUnit", format!("must be one of {units}")))?;
    let made = Retention::new(body.volume.0, unit, body.retention_value);
    made.map_err(|bad| {
        let field = match bad {
            BadRetention::Volume => "volume",
            BadRetention::Value => "retentionValue",
        };
        ApiError::malformed(field, bad)
    })
}

pub(super) fn retention_out(retention: Retention) -> RetentionResponse {
    RetentionResponse {
        volume: retention.volume().into(),
        retention_unit: RetentionUnitName(retention.unit().name()),
        retention_value: retention.value(),
    }
}

/// A plan with its roles in the form that they are given in.
pub(super) fn plan(plan: &Plan, roles: Vec<RoleResponse>) -> PlanResponse {
    PlanResponse {
        id: plan.id,
        name: plan.name.to_string(),
        retention: plan.retention.map(retention_out),
        domains: plan.domains,
        roles,
        version: plan.version,
    }
}

/// The short form of a role.
fn short(id: RoleId, name: &Name, kind: RoleKind) -> RoleResponse {
    RoleResponse {
        id: id.0,
        name: name.to_string(),
        kind: RoleKindName(kind.name()),
        policies: None,
        resources: None,
    }
}

pub(super) fn entry(role: &RoleEntry) -> RoleResponse {
    short(role.id, &role.name, role.kind)
}

/// A role, short or `full`.
pub(super) fn role(role: &Role, full: bool) -> RoleResponse {
    let mut out = short(role.id, &role.name, role.kind);
    if full {
        out.policies = Some(role.policies.iter().map(policy_out).collect());
        let resources = role.resources.iter().filter_map(|resource| {
            // Was JSON when it came in.
            RawValue::from_string(resource.as_json().to_owned()).ok()
        });
        out.resources = Some(resources.collect());
    }
    out
}

fn policy_out(policy: &Policy) -> PolicyResponse {
    PolicyResponse {
        op: policy.op().to_owned(),
        action: policy.action().to_owned(),
        label: policy.label().to_owned(),
    }
}

fn policy((at, body): (usize, &PolicyRequest)) -> Result<Policy, Error> {
    Policy::new(&body.op, &body.action, &body.label)
        .map_err(|(part, why)| Error::invalid(format!("policies[{at}].{part}"), why))
}

fn resource((at, body): (usize, &RawValue)) -> Result<Resource, Error> {
    Resource::new(body.get()).map_err(|why| Error::invalid(format!("resources[{at}]"), why))
}

/// Reads a list that is no longer than a role takes.
fn entries<B, T>(
    field: &str,
    list: &[B],
    read: impl Fn((usize, &B)) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    if list.len() > MAX_ENTRIES {
        let why = format!("takes at most {MAX_ENTRIES} entries");
        return Err(Error::invalid(field, why));
    }
    list.iter().enumerate().map(read).collect()
}

impl RoleRequest {
    /// The role with the change made.
    pub(super) fn apply(&self, mut role: Role) -> Result<Role, Error> {
        if let Some(text) = &self.name {
            role.name = Name::parse(text).map_err(|why| Error::invalid("name", why))?;
        }
        if let Some(text) = &self.kind {
            let kinds = RoleKind::ALL.map(RoleKind::name).join(", ");
            role.kind = RoleKind::from_name(text)
                .ok_or_else(|| Error::invalid("type", format!("must be one of {kinds}")))?;
        }
        if let Some(list) = &self.policies {
            role.policies = entries("policies", list, policy)?;
        }
        if let Some(list) = &self.resources {
            role.resources = entries("resources", list, |(at, body)| resource((at, body)))?;
        }
        Ok(role)
    }
}

pub(super) fn domain_patch(body: DomainRequest) -> Result<DomainPatch, ApiError> {
    let tenant = body.tenant_id.map(|text| text.parse()).transpose();
    Ok(DomainPatch {
        plan: body.plan.map(|text| name("plan", &text)).transpose()?,
        tenant_id: tenant.map_err(malformed("tenant_id"))?,
        owner: body.owner,
    })
}

pub(super) fn domain(view: DomainView) -> DomainResponse {
    DomainResponse {
        name: view.domain.name.to_string(),
        plan: view.domain.plan.to_string(),
        owner: view.owner,
        tenant_id: view.domain.tenant_id.map(|id| id.uuid()),
        retention: view.retention.map(retention_out),
        own_retention: view.domain.retention.is_some(),
        users: view.domain.users.len(),
        version: view.domain.version,
    }
}

/// The roles that a caller wants a user to have.
pub(super) fn wanted(body: MemberRequest) -> Result<Vec<RoleRef>, ApiError> {
    let one = |role: RoleRefRequest| match role {
        RoleRefRequest::Id(id) => Ok(RoleRef::Id(RoleId(id))),
        RoleRefRequest::Name(text) => name("roles", &text).map(RoleRef::Name),
    };
    match (body.role, body.roles) {
        (Some(role), None) => Ok(vec![one(role)?]),
        (None, Some(roles)) => roles.into_iter().map(one).collect(),
        _ => Err(ApiError::malformed(
            "roles",
            "give roles, a list of names, or role, one name",
        )),
    }
}

fn held(role: &HeldRole) -> HeldRoleResponse {
    HeldRoleResponse {
        id: role.id.0,
        name: role.name.to_string(),
        kind: RoleKindName(role.kind.name()),
        owned_by: RoleHome(if role.of_domain { "domain" } else { "plan" }),
    }
}

pub(super) fn member(member: &Member) -> MemberResponse {
    MemberResponse {
        domain: member.domain.to_string(),
        user: member.login.clone(),
        id: member.user.uuid(),
        owner: member.owner,
        roles: member.roles.iter().map(held).collect(),
        version: member.version,
    }
}

pub(super) fn plan_change(done: &PlanChanged) -> PlanChangeResponse {
    let user = |one: &UserMove| UserMoveResponse {
        user: one.login.clone(),
        id: one.user.uuid(),
        owner: one.owner,
        old_roles: one.old.iter().map(held).collect(),
        new_roles: one.new.iter().map(held).collect(),
    };
    PlanChangeResponse {
        domain: done.domain.name.to_string(),
        price_plan: done.domain.plan.to_string(),
        previous_plan: done.previous.to_string(),
        users: done.users.iter().map(user).collect(),
        version: done.domain.version,
    }
}
