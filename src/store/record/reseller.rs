//! Stored forms of plans, domains and roles of resellers, and of what ties accounts to them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, known, need};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::reseller::book::{RoleBook, RoleEntry};
use crate::domain::reseller::domain::{Assignment, Domain};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::retention::{Retention, RetentionUnit};
use crate::domain::reseller::role::{Policy, Resource, Role, RoleId, RoleKind};
use crate::domain::time::Timestamp;
use crate::store::resellers::Ties;

#[derive(Serialize, Deserialize)]
struct RetentionForm {
    /// As text: its digits and its scale.
    volume: String,
    unit: String,
    value: u32,
}

impl From<Retention> for RetentionForm {
    fn from(retention: Retention) -> Self {
        Self {
            volume: retention.volume().to_string(),
            unit: retention.unit().name().to_owned(),
            value: retention.value(),
        }
    }
}

impl RetentionForm {
    fn into_retention(self) -> Result<Retention, String> {
        let unit = RetentionUnit::from_name(&self.unit);
        let unit = known("retention unit", &self.unit, unit)?;
        let volume = need("volume", self.volume.parse())?;
        need("retention", Retention::new(volume, unit, self.value))
    }
}

#[derive(Serialize, Deserialize)]
struct EntryForm {
    id: u64,
    name: String,
    kind: String,
    assigned: u64,
}

fn kind_of(name: &str) -> Result<RoleKind, String> {
    known("role type", name, RoleKind::from_name(name))
}

fn entries(book: &RoleBook) -> Vec<EntryForm> {
    let entry = |role: &RoleEntry| EntryForm {
        id: role.id.0,
        name: role.name.to_string(),
        kind: role.kind.name().to_owned(),
        assigned: role.assigned,
    };
    book.entries().iter().map(entry).collect()
}

fn book(entries: Vec<EntryForm>) -> Result<RoleBook, String> {
    let entry = |form: EntryForm| {
        Ok(RoleEntry {
            id: RoleId(form.id),
            name: need("role name", Name::parse(&form.name))?,
            kind: kind_of(&form.kind)?,
            assigned: form.assigned,
        })
    };
    let entries = entries.into_iter().map(entry);
    entries
        .collect::<Result<_, String>>()
        .map(RoleBook::from_entries)
}

#[derive(Serialize, Deserialize)]
pub struct PlanForm {
    reseller: Uuid,
    id: u64,
    name: String,
    retention: Option<RetentionForm>,
    roles: Vec<EntryForm>,
    domains: u64,
    created_us: i64,
    updated_us: i64,
    version: u64,
}

impl From<Plan> for PlanForm {
    fn from(plan: Plan) -> Self {
        Self {
            reseller: plan.reseller.uuid(),
            id: plan.id,
            name: plan.name.to_string(),
            retention: plan.retention.map(Into::into),
            roles: entries(&plan.roles),
            domains: plan.domains,
            created_us: plan.created_at.micros(),
            updated_us: plan.updated_at.micros(),
            version: plan.version,
        }
    }
}

impl Stored for Plan {
    const NAME: &'static str = "price plan";
    type Form = PlanForm;

    fn from_form(form: PlanForm) -> Result<Self, String> {
        let retention = form.retention.map(RetentionForm::into_retention);
        Ok(Self {
            reseller: TenantId::new(form.reseller),
            id: form.id,
            name: need("name", Name::parse(&form.name))?,
            retention: retention.transpose()?,
            roles: book(form.roles)?,
            domains: form.domains,
            created_at: Timestamp::from_micros(form.created_us),
            updated_at: Timestamp::from_micros(form.updated_us),
            version: form.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct AssignmentForm {
    user: Uuid,
    roles: Vec<u64>,
    version: u64,
}

impl From<Assignment> for AssignmentForm {
    fn from(held: Assignment) -> Self {
        Self {
            user: held.user.uuid(),
            roles: held.roles.iter().map(|role| role.0).collect(),
            version: held.version,
        }
    }
}

impl From<AssignmentForm> for Assignment {
    fn from(form: AssignmentForm) -> Self {
        Self {
            user: UserId::new(form.user),
            roles: form.roles.into_iter().map(RoleId).collect(),
            version: form.version,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub struct DomainForm {
    reseller: Uuid,
    name: String,
    plan: String,
    tenant_id: Option<Uuid>,
    owner: Option<Uuid>,
    retention: Option<RetentionForm>,
    roles: Vec<EntryForm>,
    users: Vec<AssignmentForm>,
    created_us: i64,
    updated_us: i64,
    version: u64,
}

impl From<Domain> for DomainForm {
    fn from(domain: Domain) -> Self {
        Self {
            reseller: domain.reseller.uuid(),
            name: domain.name.to_string(),
            plan: domain.plan.to_string(),
            tenant_id: domain.tenant_id.map(TenantId::uuid),
            owner: domain.owner.map(UserId::uuid),
            retention: domain.retention.map(Into::into),
            roles: entries(&domain.roles),
            users: domain.users.into_iter().map(Into::into).collect(),
            created_us: domain.created_at.micros(),
            updated_us: domain.updated_at.micros(),
            version: domain.version,
        }
    }
}

impl Stored for Domain {
    const NAME: &'static str = "domain";
    type Form = DomainForm;

    fn from_form(form: DomainForm) -> Result<Self, String> {
        let retention = form.retention.map(RetentionForm::into_retention);
        Ok(Self {
            reseller: TenantId::new(form.reseller),
            name: need("name", Name::parse(&form.name))?,
            plan: need("plan", Name::parse(&form.plan))?,
            tenant_id: form.tenant_id.map(TenantId::new),
            owner: form.owner.map(UserId::new),
            retention: retention.transpose()?,
            roles: book(form.roles)?,
            users: form.users.into_iter().map(Into::into).collect(),
            created_at: Timestamp::from_micros(form.created_us),
            updated_at: Timestamp::from_micros(form.updated_us),
            version: form.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct PolicyForm {
    op: String,
    action: String,
    label: String,
}

#[derive(Serialize, Deserialize)]
pub struct RoleForm {
    id: u64,
    name: String,
    kind: String,
    policies: Vec<PolicyForm>,
    /// Each a JSON text.
    resources: Vec<String>,
    version: u64,
}

impl From<Role> for RoleForm {
    fn from(role: Role) -> Self {
        let policy = |policy: &Policy| PolicyForm {
            op: policy.op().to_owned(),
            action: policy.action().to_owned(),
            label: policy.label().to_owned(),
        };
        let resource = |resource: &Resource| resource.as_json().to_owned();
        Self {
            id: role.id.0,
            name: role.name.to_string(),
            kind: role.kind.name().to_owned(),
            policies: role.policies.iter().map(policy).collect(),
            resources: role.resources.iter().map(resource).collect(),
            version: role.version,
        }
    }
}

impl Stored for Role {
    const NAME: &'static str = "role";
    type Form = RoleForm;

    fn from_form(form: RoleForm) -> Result<Self, String> {
        let policy = |form: PolicyForm| {
            let read = Policy::new(&form.op, &form.action, &form.label);
            read.map_err(|(part, why)| format!("policy: {part}: {why}"))
        };
        let resource = |json: String| need("resource", Resource::new(&json));
        Ok(Self {
            id: RoleId(form.id),
            name: need("name", Name::parse(&form.name))?,
            kind: kind_of(&form.kind)?,
            policies: form
                .policies
                .into_iter()
                .map(policy)
                .collect::<Result<_, _>>()?,
            resources: form
                .resources
                .into_iter()
                .map(resource)
                .collect::<Result<_, _>>()?,
            version: form.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct TiesForm {
    plans: u64,
    domains: u64,
    within: u64,
}

impl From<Ties> for TiesForm {
    fn from(ties: Ties) -> Self {
        Self {
            plans: ties.plans,
            domains: ties.domains,
            within: ties.within,
        }
    }
}

impl Stored for Ties {
    const NAME: &'static str = "ties";
    type Form = TiesForm;

    fn from_form(form: TiesForm) -> Result<Self, String> {
        Ok(Self {
            plans: form.plans,
            domains: form.domains,
            within: form.within,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round<T: Stored + Clone + PartialEq + std::fmt::Debug>(value: &T) {
        assert_eq!(T::decode(&value.clone().encode()).as_ref(), Ok(value));
    }

    #[test]
    fn what_is_stored_comes_back_whole() {
        let name = |text| Name::parse(text).unwrap();
        let now = Timestamp::from_secs(7);
        let ids = (RoleId(1), RoleId(2));
        let (mut plan, basic) = Plan::new(TenantId::random(), name("Gold"), 9, ids, now);
        let mut role = Role::new(RoleId(3), name("Größe"), RoleKind::Custom);
        role.policies = vec![Policy::new("op_view", "certs", "").unwrap()];
        role.resources = vec![Resource::new(r#"{"id":7.10}"#).unwrap()];
        plan.roles.add(&role).unwrap();
        let volume = "2.50".parse().unwrap();
        plan.retention = Some(Retention::new(volume, RetentionUnit::Months, 6).unwrap());
        let mut domain = Domain::new(name("acme"), &mut plan, now);
        domain.tenant_id = Some(TenantId::random());
        domain.set_owner(&mut plan, UserId::random()).unwrap();
        domain.retention = plan.retention;
        let own = Role::new(RoleId(4), name("Own"), RoleKind::Custom);
        domain.roles.add(&own).unwrap();
        round(&plan);
        round(&domain);
        round(&role);
        basic.iter().for_each(round);
        round(&Ties {
            plans: 1,
            domains: 2,
            within: 3,
        });
    }
}
