//! What a search finds.

use serde::Serialize;
use utoipa::ToSchema;

use super::names::{ObjectType, TenantKindName};

/// A tenant or a user that a search found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchHit)]
pub(in super::super) struct HitOut {
    /// Its id.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// Of a tenant: its kind.
    #[schema(required, value_type = Option<TenantKindName>)]
    pub(in super::super) kind: Option<&'static str>,
    /// Of a user: the login.
    #[schema(required)]
    pub(in super::super) login: Option<String>,
    /// What it is called.
    pub(in super::super) name: String,
    /// `tenant` or `user`.
    #[schema(value_type = ObjectType)]
    pub(in super::super) obj_type: &'static str,
    /// The tenant that it belongs to.
    #[schema(required, format = Uuid)]
    pub(in super::super) parent_id: Option<String>,
    /// The names of the tenants above it, from the caller's own.
    pub(in super::super) path: Vec<String>,
}
