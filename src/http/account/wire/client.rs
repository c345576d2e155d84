//! API clients.

use serde::{Deserialize, Serialize};

use super::Text;
use crate::domain::ids::TenantId;

#[derive(Debug, Serialize)]
pub(in super::super) struct ClientOut {
    pub(in super::super) client_id: String,
    /// In the answer to the creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) client_secret: Option<String>,
    pub(in super::super) created_at: String,
    pub(in super::super) data: ClientData,
    pub(in super::super) scopes: Vec<String>,
    pub(in super::super) status: &'static str,
    pub(in super::super) tenant_id: String,
    pub(in super::super) token_endpoint_auth_method: &'static str,
    #[serde(rename = "type")]
    pub(in super::super) kind: &'static str,
    pub(in super::super) version: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct ClientData {
    #[serde(default)]
    pub(in super::super) client_name: String,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct NewClientIn {
    pub(in super::super) tenant_id: Text<TenantId>,
    #[serde(rename = "type")]
    pub(in super::super) kind: Option<String>,
    pub(in super::super) data: Option<ClientData>,
    pub(in super::super) scopes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct ClientIn {
    pub(in super::super) version: Option<u64>,
    pub(in super::super) status: Option<String>,
    pub(in super::super) data: Option<ClientData>,
    pub(in super::super) scopes: Option<Vec<String>>,
}
