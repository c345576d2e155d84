//! What a search finds.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{ObjectType, TenantKindName};

/// A tenant or a user that a search found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchHit)]
pub(crate) struct HitResponse {
    /// Its id.
    pub(crate) id: Uuid,
    /// Of a tenant: its kind.
    #[schema(required)]
    pub(crate) kind: Option<TenantKindName>,
    /// Of a user: the login.
    #[schema(required)]
    pub(crate) login: Option<String>,
    /// What it is called.
    pub(crate) name: String,
    /// `tenant` or `user`.
    pub(crate) obj_type: ObjectType,
    /// The tenant that it belongs to.
    #[schema(required)]
    pub(crate) parent_id: Option<Uuid>,
    /// The names of the tenants above it, from the caller's own.
    pub(crate) path: Vec<String>,
}
