//! API clients.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Text;
use super::names::{ClientKind, ClientStatus, ScopeName};
use crate::domain::ids::TenantId;

/// An API client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Client)]
pub(crate) struct ClientResponse {
    /// Its id, the `client_id` of OAuth 2.
    pub(crate) client_id: Uuid,
    /// The secret: in the answer to the creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) client_secret: Option<String>,
    /// When it was created.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// What people call it.
    pub(crate) data: ClientData,
    /// What it may do.
    pub(crate) scopes: Vec<ScopeName>,
    /// A disabled client gets no token, and tokens it has are refused.
    pub(crate) status: ClientStatus,
    /// It reaches this tenant and all below it.
    pub(crate) tenant_id: Uuid,
    /// Always `client_secret_basic`.
    pub(crate) token_endpoint_auth_method: &'static str,
    /// Always `agent`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// Grows by one with each change.
    pub(crate) version: u64,
}

/// What people call a client.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ClientData {
    /// A name for people; may be empty.
    #[serde(default)]
    #[schema(max_length = 256)]
    pub(crate) client_name: String,
}

/// A client to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewClient)]
pub(crate) struct NewClientRequest {
    /// It reaches this tenant and all below it.
    #[schema(value_type = Uuid)]
    pub(crate) tenant_id: Text<TenantId>,
    /// `agent`, or its older name `api_client`.
    #[serde(rename = "type")]
    #[schema(value_type = Option<ClientKind>)]
    pub(crate) kind: Option<String>,
    /// What people call it.
    pub(crate) data: Option<ClientData>,
    /// What it may do; at most what the caller may. Missing: as much as the caller.
    #[schema(value_type = Option<Vec<ScopeName>>)]
    pub(crate) scopes: Option<Vec<String>>,
}

/// What to change of a client; what is missing is kept.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ClientChange)]
pub(crate) struct ClientRequest {
    /// The current version; `If-Match` may say it instead.
    pub(crate) version: Option<u64>,
    /// `disabled` takes its tokens from it.
    #[schema(value_type = Option<ClientStatus>)]
    pub(crate) status: Option<String>,
    /// What people call it.
    pub(crate) data: Option<ClientData>,
    /// What it may do; at most what the caller may.
    #[schema(value_type = Option<Vec<ScopeName>>)]
    pub(crate) scopes: Option<Vec<String>>,
}
