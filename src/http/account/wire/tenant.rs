//! Tenants. The vendor's fields, and `v1_id`: what Buy links call the "API v1 ID".

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Text;
use super::contact::{ContactRequest, ContactResponse};
use super::names::TenantKindName;
use crate::domain::ids::TenantId;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(crate) struct TenantResponse {
    /// Always true: those above reach it.
    pub(crate) ancestral_access: bool,
    /// Always null.
    #[schema(required)]
    pub(crate) brand_id: Option<u64>,
    /// Always null.
    #[schema(required)]
    pub(crate) brand_uuid: Option<String>,
    /// How to reach it.
    pub(crate) contact: ContactResponse,
    /// Always empty.
    #[schema(value_type = Vec<ContactResponse>, max_items = 0)]
    pub(crate) contacts: [ContactResponse; 0],
    /// When it was created.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// Always null.
    #[schema(required)]
    pub(crate) customer_id: Option<String>,
    /// Always `default`.
    pub(crate) customer_type: &'static str,
    /// The identity provider of its users.
    pub(crate) default_idp_id: Uuid,
    /// Always null.
    #[schema(required)]
    pub(crate) deleted_at: Option<String>,
    /// People of a disabled tenant are told nothing; only a disabled one can be deleted.
    pub(crate) enabled: bool,
    /// Whether there are tenants below it.
    pub(crate) has_children: bool,
    /// Its id.
    pub(crate) id: Uuid,
    /// A mark of its partner's own.
    #[schema(required)]
    pub(crate) internal_tag: Option<String>,
    /// What it is for.
    pub(crate) kind: TenantKindName,
    /// Language of its people, where a user has none.
    pub(crate) language: String,
    /// Always `disabled`.
    pub(crate) mfa_status: &'static str,
    /// Shown to people; unique among its siblings, ignoring case.
    pub(crate) name: String,
    /// Always null.
    #[schema(required)]
    pub(crate) owner_id: Option<String>,
    /// The tenant above; null for the root.
    #[schema(required)]
    pub(crate) parent_id: Option<Uuid>,
    /// Always `production`.
    pub(crate) pricing_mode: &'static str,
    /// Whether it is locked against changes: never.
    pub(crate) update_lock: UpdateLock,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub(crate) updated_at: String,
    /// The API v1 id: a number, unique over tenants and users.
    pub(crate) v1_id: u64,
    /// Grows by one with each change.
    pub(crate) version: u64,
}

/// Whether a tenant is locked against changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpdateLock {
    /// Always false.
    pub(crate) enabled: bool,
    /// Always null.
    #[schema(required)]
    pub(crate) owner_id: Option<String>,
}

/// A tenant to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewTenant)]
pub(crate) struct NewTenantRequest {
    /// Shown to people; unique among its siblings, ignoring case.
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) name: String,
    /// What it is for.
    #[schema(value_type = TenantKindName)]
    pub(crate) kind: String,
    /// The tenant above.
    #[schema(value_type = Uuid)]
    pub(crate) parent_id: Text<TenantId>,
    /// Language of its people, where a user has none.
    #[schema(max_length = 35, pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(crate) language: Option<String>,
    /// How to reach it.
    pub(crate) contact: Option<ContactRequest>,
    /// A mark of its partner's own.
    #[schema(max_length = 200)]
    pub(crate) internal_tag: Option<String>,
    /// People of a disabled tenant are told nothing; only a disabled one can be deleted.
    pub(crate) enabled: Option<bool>,
}

/// What to change of a tenant; what is missing is kept.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = TenantChange)]
pub(crate) struct TenantRequest {
    /// The current version; `If-Match` may say it instead.
    pub(crate) version: Option<u64>,
    /// Shown to people; unique among its siblings, ignoring case.
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) name: Option<String>,
    /// Cannot change: must be what it is.
    #[schema(value_type = Option<TenantKindName>)]
    pub(crate) kind: Option<String>,
    /// Cannot change: must be what it is.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) parent_id: Option<Text<TenantId>>,
    /// Language of its people, where a user has none.
    #[schema(max_length = 35, pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(crate) language: Option<String>,
    /// How to reach it.
    pub(crate) contact: Option<ContactRequest>,
    /// A mark of its partner's own.
    #[schema(max_length = 200)]
    pub(crate) internal_tag: Option<String>,
    /// People of a disabled tenant are told nothing; only a disabled one can be deleted.
    pub(crate) enabled: Option<bool>,
}
