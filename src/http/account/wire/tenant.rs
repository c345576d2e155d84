//! Tenants. The vendor's fields, and `v1_id`: the "API v1 ID" of seed 001.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Text;
use super::contact::{ContactIn, ContactOut};
use super::names::TenantKindName;
use crate::domain::ids::TenantId;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(in super::super) struct TenantOut {
    /// Always true: those above reach it.
    pub(in super::super) ancestral_access: bool,
    /// Always null.
    #[schema(required)]
    pub(in super::super) brand_id: Option<u64>,
    /// Always null.
    #[schema(required)]
    pub(in super::super) brand_uuid: Option<String>,
    /// How to reach it.
    pub(in super::super) contact: ContactOut,
    /// Always empty.
    #[schema(value_type = Vec<ContactOut>, max_items = 0)]
    pub(in super::super) contacts: [ContactOut; 0],
    /// When it was created.
    #[schema(format = DateTime)]
    pub(in super::super) created_at: String,
    /// Always null.
    #[schema(required)]
    pub(in super::super) customer_id: Option<String>,
    /// Always `default`.
    pub(in super::super) customer_type: &'static str,
    /// The identity provider of its users.
    #[schema(format = Uuid)]
    pub(in super::super) default_idp_id: &'static str,
    /// Always null.
    #[schema(required)]
    pub(in super::super) deleted_at: Option<String>,
    /// People of a disabled tenant are told nothing; only a disabled one can be deleted.
    pub(in super::super) enabled: bool,
    /// Whether there are tenants below it.
    pub(in super::super) has_children: bool,
    /// Its id.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// A mark of its partner's own.
    #[schema(required)]
    pub(in super::super) internal_tag: Option<String>,
    /// What it is for.
    #[schema(value_type = TenantKindName)]
    pub(in super::super) kind: &'static str,
    /// Language of its people, where a user has none.
    pub(in super::super) language: String,
    /// Always `disabled`.
    pub(in super::super) mfa_status: &'static str,
    /// Shown to people; unique among its siblings, ignoring case.
    pub(in super::super) name: String,
    /// Always null.
    #[schema(required)]
    pub(in super::super) owner_id: Option<String>,
    /// The tenant above; null for the root.
    #[schema(required, format = Uuid)]
    pub(in super::super) parent_id: Option<String>,
    /// Always `production`.
    pub(in super::super) pricing_mode: &'static str,
    /// Whether it is locked against changes: never.
    pub(in super::super) update_lock: UpdateLock,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub(in super::super) updated_at: String,
    /// The API v1 id: a number, unique over tenants and users.
    pub(in super::super) v1_id: u64,
    /// Grows by one with each change.
    pub(in super::super) version: u64,
}

/// Whether a tenant is locked against changes.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct UpdateLock {
    /// Always false.
    pub(in super::super) enabled: bool,
    /// Always null.
    #[schema(required)]
    pub(in super::super) owner_id: Option<String>,
}

/// A tenant to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewTenant)]
pub(in super::super) struct NewTenantIn {
    /// Shown to people; unique among its siblings, ignoring case.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) name: String,
    /// What it is for.
    #[schema(value_type = TenantKindName)]
    pub(in super::super) kind: String,
    /// The tenant above.
    #[schema(value_type = uuid::Uuid)]
    pub(in super::super) parent_id: Text<TenantId>,
    /// Language of its people, where a user has none.
    #[schema(max_length = 35, pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(in super::super) language: Option<String>,
    /// How to reach it.
    pub(in super::super) contact: Option<ContactIn>,
    /// A mark of its partner's own.
    #[schema(
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) internal_tag: Option<String>,
    /// People of a disabled tenant are told nothing; only a disabled one can be deleted.
    pub(in super::super) enabled: Option<bool>,
}

/// What to change of a tenant; what is missing is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TenantChange)]
pub(in super::super) struct TenantIn {
    /// The current version; `If-Match` may say it instead.
    pub(in super::super) version: Option<u64>,
    /// Shown to people; unique among its siblings, ignoring case.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) name: Option<String>,
    /// Cannot change: must be what it is.
    #[schema(value_type = Option<TenantKindName>)]
    pub(in super::super) kind: Option<String>,
    /// Cannot change: must be what it is.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) parent_id: Option<Text<TenantId>>,
    /// Language of its people, where a user has none.
    #[schema(max_length = 35, pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(in super::super) language: Option<String>,
    /// How to reach it.
    pub(in super::super) contact: Option<ContactIn>,
    /// A mark of its partner's own.
    #[schema(
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) internal_tag: Option<String>,
    /// People of a disabled tenant are told nothing; only a disabled one can be deleted.
    pub(in super::super) enabled: Option<bool>,
}
