//! The JSON of the reseller dialect: the fields that the vendor prints, and more in the same style.

mod either;
pub(super) mod names;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) use either::{KeepRoleRequest, RoleRefRequest};

use crate::http::decimal::Number;
use crate::http::openapi::schema::Any;
use names::{RetentionUnitName, RoleHome, RoleKindName};

/// Retention as it is set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RetentionChange)]
pub(super) struct RetentionRequest {
    /// How much may be ingested: an exact decimal, 0 or more.
    pub(super) volume: Number,
    /// What the time is counted in.
    #[schema(value_type = RetentionUnitName)]
    pub(super) retention_unit: String,
    /// How many of these units.
    #[schema(minimum = 1, maximum = 10_000)]
    pub(super) retention_value: u32,
}

/// Retention as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Retention)]
pub(super) struct RetentionResponse {
    /// How much may be ingested: an exact decimal, 0 or more.
    pub(super) volume: Number,
    /// What the time is counted in.
    pub(super) retention_unit: RetentionUnitName,
    /// How many of these units.
    pub(super) retention_value: u32,
}

/// A plan to be created or changed.
#[derive(Debug, Deserialize, Default, ToSchema)]
#[schema(as = ResellerPlanChange)]
pub(super) struct PlanRequest {
    /// As in the path, where given.
    #[schema(max_length = 100, min_length = 1)]
    pub(super) name: Option<String>,
    /// Ingestion and retention.
    pub(super) retention: Option<RetentionRequest>,
}

/// A price plan of a reseller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResellerPlan)]
pub(super) struct PlanResponse {
    /// Its number.
    pub(super) id: u64,
    /// Unique, ignoring case.
    pub(super) name: String,
    /// Ingestion and retention; null until it is set.
    #[schema(required)]
    pub(super) retention: Option<RetentionResponse>,
    /// How many domains run under it.
    pub(super) domains: u64,
    /// Its roles.
    pub(super) roles: Vec<RoleResponse>,
    /// Grows by one with each change.
    pub(super) version: u64,
}

/// A policy to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RolePolicyChange)]
pub(super) struct PolicyRequest {
    /// How it may be done.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) op: String,
    /// What may be done.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) action: String,
    /// The key of its words for people.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(super) label: String,
}

/// A policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RolePolicy)]
pub(super) struct PolicyResponse {
    /// How it may be done.
    pub(super) op: String,
    /// What may be done.
    pub(super) action: String,
    /// The key of its words for people.
    pub(super) label: String,
}

/// A role to be created or changed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RoleChange)]
pub(super) struct RoleRequest {
    /// Unique in its plan or domain, ignoring case.
    #[schema(max_length = 100, min_length = 1)]
    pub(super) name: Option<String>,
    /// Cannot change.
    #[serde(rename = "type")]
    #[schema(value_type = Option<RoleKindName>)]
    pub(super) kind: Option<String>,
    /// What its holders may do. All of them.
    #[schema(max_items = 1000)]
    pub(super) policies: Option<Vec<PolicyRequest>>,
    /// What its holders may reach: any JSON values, kept as they came. All of them.
    #[schema(value_type = Option<Vec<Any>>, max_items = 1000)]
    pub(super) resources: Option<Vec<Box<RawValue>>>,
}

/// A role; the short form is without `policies` and `resources`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
pub(super) struct RoleResponse {
    /// Its number: kept through renames.
    pub(super) id: u64,
    /// Unique in its plan or domain, ignoring case.
    pub(super) name: String,
    /// What kind of role it is.
    #[serde(rename = "type")]
    pub(super) kind: RoleKindName,
    /// What its holders may do. Missing in the short form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) policies: Option<Vec<PolicyResponse>>,
    /// What its holders may reach: any JSON values, kept as they came. Missing in the short form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Any>>, nullable = false)]
    pub(super) resources: Option<Vec<Box<RawValue>>>,
}

/// A domain to be created or changed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = DomainChange)]
pub(super) struct DomainRequest {
    /// As in the path, where given.
    #[schema(max_length = 100, min_length = 1)]
    pub(super) name: Option<String>,
    /// The plan that it runs under; needed for a new domain. Also read as `pricePlan`. It is changed by `/domain/{domain}/plan`.
    #[serde(alias = "pricePlan")]
    #[schema(max_length = 100, min_length = 1)]
    pub(super) plan: Option<String>,
    /// The login or id of the owner.
    pub(super) owner: Option<String>,
    /// The tenant whose users may hold roles in the domain.
    #[schema(format = Uuid)]
    pub(super) tenant_id: Option<String>,
}

/// A domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(super) struct DomainResponse {
    /// Its name.
    pub(super) name: String,
    /// The plan that it runs under.
    pub(super) plan: String,
    /// The login of the owner.
    #[schema(required)]
    pub(super) owner: Option<String>,
    /// The tenant whose users may hold roles in it.
    #[schema(required)]
    pub(super) tenant_id: Option<Uuid>,
    /// What holds for the domain: its own values, else its plan's.
    #[schema(required)]
    pub(super) retention: Option<RetentionResponse>,
    /// Whether these are its own.
    #[serde(rename = "ownRetention")]
    pub(super) own_retention: bool,
    /// How many users hold roles in it.
    pub(super) users: usize,
    /// Grows by one with each change.
    pub(super) version: u64,
}

/// The roles of a user, to be set: `roles`, or `role` for one.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = DomainUserChange)]
pub(super) struct MemberRequest {
    /// One role.
    pub(super) role: Option<RoleRefRequest>,
    /// All roles.
    #[schema(max_items = 20)]
    pub(super) roles: Option<Vec<RoleRefRequest>>,
}

/// A role that somebody holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldRole)]
pub(super) struct HeldRoleResponse {
    /// Its number.
    pub(super) id: u64,
    /// Its name.
    pub(super) name: String,
    /// What kind of role it is.
    #[serde(rename = "type")]
    pub(super) kind: RoleKindName,
    /// Whether it is the plan's or the domain's own.
    pub(super) owned_by: RoleHome,
}

/// The roles of a user in a domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DomainUser)]
pub(super) struct MemberResponse {
    /// The domain.
    pub(super) domain: String,
    /// The login.
    pub(super) user: String,
    /// The user's id.
    pub(super) id: Uuid,
    /// Whether the user owns the domain.
    pub(super) owner: bool,
    /// The user's roles.
    pub(super) roles: Vec<HeldRoleResponse>,
    /// The domain's version.
    pub(super) version: u64,
}

/// A domain's new plan.
#[derive(Debug, Deserialize, Default, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanChangeRequest {
    /// The new plan; mandatory, here or in the query.
    #[schema(max_length = 100, min_length = 1)]
    pub(super) price_plan: Option<String>,
    /// `false`: all roles of the old plan become `NO_PRIVILEGES`. `true`: a role of the new plan of the same name is kept. The name of a role: that one where no name matches.
    pub(super) keep_role: Option<KeepRoleRequest>,
    /// The domain meant by the vendor's literal `/domain/domain/plan`.
    #[schema(max_length = 100, min_length = 1)]
    pub(super) domain: Option<String>,
}

/// What a domain's new plan did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlanChange)]
pub(super) struct PlanChangeResponse {
    /// The domain.
    pub(super) domain: String,
    /// Its plan now.
    pub(super) price_plan: String,
    /// Its plan before.
    pub(super) previous_plan: String,
    /// What it did to each user.
    pub(super) users: Vec<UserMoveResponse>,
    /// The domain's version.
    pub(super) version: u64,
}

/// What it did to one user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserMove)]
pub(super) struct UserMoveResponse {
    /// The login.
    pub(super) user: String,
    /// The user's id.
    pub(super) id: Uuid,
    /// Whether the user owns the domain.
    pub(super) owner: bool,
    /// The roles before.
    pub(super) old_roles: Vec<HeldRoleResponse>,
    /// The roles now.
    pub(super) new_roles: Vec<HeldRoleResponse>,
}

#[cfg(test)]
mod tests;
