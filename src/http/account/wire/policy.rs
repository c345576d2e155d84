//! Access policies: the roles of a user.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Text;
use super::names::RoleName;
use crate::domain::ids::TenantId;

/// A role of a user on a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessPolicy)]
pub(crate) struct PolicyResponse {
    /// Names the policy.
    #[schema(format = Uuid)]
    pub(crate) id: String,
    /// Who gave the role.
    #[schema(format = Uuid)]
    pub(crate) issuer_id: String,
    /// The role.
    #[schema(value_type = RoleName)]
    pub(crate) role_id: &'static str,
    /// The tenant that it holds on.
    #[schema(format = Uuid)]
    pub(crate) tenant_id: String,
    /// Whose role it is.
    #[schema(format = Uuid)]
    pub(crate) trustee_id: String,
    /// Always `user`.
    pub(crate) trustee_type: &'static str,
    /// Grows by one with each change.
    pub(crate) version: u64,
}

/// The roles of a user, all of them.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccessPolicies)]
pub(crate) struct PoliciesRequest {
    /// The roles.
    #[schema(max_items = 100)]
    pub(crate) items: Vec<PolicyRequest>,
}

/// A role to be given or kept. Who gives it is the caller.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccessPolicyChange)]
pub(crate) struct PolicyRequest {
    /// Of a role that the user has; any other is a new one.
    pub(crate) id: Option<uuid::Uuid>,
    /// The user; may be missing.
    pub(crate) trustee_id: Option<uuid::Uuid>,
    /// `user`; may be missing.
    #[schema(pattern = "^user$")]
    pub(crate) trustee_type: Option<String>,
    /// The tenant that the role is to hold on.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) tenant_id: Text<TenantId>,
    /// The role.
    #[schema(value_type = RoleName)]
    pub(crate) role_id: String,
    /// Of a role that the user has: its version.
    pub(crate) version: Option<u64>,
}
