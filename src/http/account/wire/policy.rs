//! Access policies: the roles of a user.

use serde::{Deserialize, Serialize};

use super::Text;
use crate::domain::ids::TenantId;

#[derive(Debug, Serialize)]
pub(in super::super) struct PolicyOut {
    pub(in super::super) id: String,
    pub(in super::super) issuer_id: String,
    pub(in super::super) role_id: &'static str,
    pub(in super::super) tenant_id: String,
    pub(in super::super) trustee_id: String,
    pub(in super::super) trustee_type: &'static str,
    pub(in super::super) version: u64,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct PoliciesIn {
    pub(in super::super) items: Vec<PolicyIn>,
}

/// `issuer_id` is not read: who gives a role is the caller.
#[derive(Debug, Deserialize)]
pub(in super::super) struct PolicyIn {
    pub(in super::super) id: Option<uuid::Uuid>,
    pub(in super::super) trustee_id: Option<uuid::Uuid>,
    pub(in super::super) trustee_type: Option<String>,
    pub(in super::super) tenant_id: Text<TenantId>,
    pub(in super::super) role_id: String,
    pub(in super::super) version: Option<u64>,
}
