//! What a search finds.

use serde::Serialize;
use utoipa::ToSchema;

use super::names::{ObjectType, TenantKindName};

/// A tenant or a user that a search found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchHit)]
pub(crate) struct HitResponse {
    /// Its id.
    #[schema(format = Uuid)]
    pub(crate) id: String,
    /// Of a tenant: its kind.
    #[schema(required, value_type = Option<TenantKindName>)]
    pub(crate) kind: Option<&'static str>,
    /// Of a user: the login.
    #[schema(required)]
    pub(crate) login: Option<String>,
    /// What it is called.
    pub(crate) name: String,
    /// `tenant` or `user`.
    #[schema(value_type = ObjectType)]
    pub(crate) obj_type: &'static str,
    /// The tenant that it belongs to.
    #[schema(required, format = Uuid)]
    pub(crate) parent_id: Option<String>,
    /// The names of the tenants above it, from the caller's own.
    pub(crate) path: Vec<String>,
}
