//! Access policies: the roles of a user.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Text;
use super::names::RoleName;
use crate::domain::ids::TenantId;

/// A role of a user on a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessPolicy)]
pub(crate) struct PolicyResponse {
    /// Names the policy.
    pub(crate) id: Uuid,
    /// Who gave the role.
    pub(crate) issuer_id: Uuid,
    /// The role.
    pub(crate) role_id: RoleName,
    /// The tenant that it holds on.
    pub(crate) tenant_id: Uuid,
    /// Whose role it is.
    pub(crate) trustee_id: Uuid,
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
    pub(crate) id: Option<Uuid>,
    /// The user; may be missing.
    pub(crate) trustee_id: Option<Uuid>,
    /// `user`; may be missing.
    #[schema(pattern = "^user$")]
    pub(crate) trustee_type: Option<String>,
    /// The tenant that the role is to hold on.
    #[schema(value_type = Uuid)]
    pub(crate) tenant_id: Text<TenantId>,
    /// The role.
    #[schema(value_type = RoleName)]
    pub(crate) role_id: String,
    /// Of a role that the user has: its version.
    pub(crate) version: Option<u64>,
}
