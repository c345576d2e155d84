//! Access policies: the roles of a user.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Text;
use super::names::RoleName;
use crate::domain::ids::TenantId;

/// A role of a user on a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessPolicy)]
pub(in super::super) struct PolicyOut {
    /// Names the policy.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// Who gave the role.
    #[schema(format = Uuid)]
    pub(in super::super) issuer_id: String,
    /// The role.
    #[schema(value_type = RoleName)]
    pub(in super::super) role_id: &'static str,
    /// The tenant that it holds on.
    #[schema(format = Uuid)]
    pub(in super::super) tenant_id: String,
    /// Whose role it is.
    #[schema(format = Uuid)]
    pub(in super::super) trustee_id: String,
    /// Always `user`.
    pub(in super::super) trustee_type: &'static str,
    /// Grows by one with each change.
    pub(in super::super) version: u64,
}

/// The roles of a user, all of them.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccessPolicies)]
pub(in super::super) struct PoliciesIn {
    /// The roles.
    #[schema(max_items = 100)]
    pub(in super::super) items: Vec<PolicyIn>,
}

/// A role to be given or kept. Who gives it is the caller.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccessPolicyChange)]
pub(in super::super) struct PolicyIn {
    /// Of a role that the user has; any other is a new one.
    pub(in super::super) id: Option<uuid::Uuid>,
    /// The user; may be missing.
    pub(in super::super) trustee_id: Option<uuid::Uuid>,
    /// `user`; may be missing.
    #[schema(pattern = "^user$")]
    pub(in super::super) trustee_type: Option<String>,
    /// The tenant that the role is to hold on.
    #[schema(value_type = uuid::Uuid)]
    pub(in super::super) tenant_id: Text<TenantId>,
    /// The role.
    #[schema(value_type = RoleName)]
    pub(in super::super) role_id: String,
    /// Of a role that the user has: its version.
    pub(in super::super) version: Option<u64>,
}
