//! Tenants. The vendor's fields, and `v1_id`: the "API v1 ID" of seed 001.

use serde::{Deserialize, Serialize};

use super::Text;
use super::contact::{ContactIn, ContactOut};
use crate::domain::ids::TenantId;

#[derive(Debug, Serialize)]
pub(in super::super) struct TenantOut {
    pub(in super::super) ancestral_access: bool,
    pub(in super::super) brand_id: Option<u64>,
    pub(in super::super) brand_uuid: Option<String>,
    pub(in super::super) contact: ContactOut,
    pub(in super::super) contacts: [ContactOut; 0],
    pub(in super::super) created_at: String,
    pub(in super::super) customer_id: Option<String>,
    pub(in super::super) customer_type: &'static str,
    pub(in super::super) default_idp_id: &'static str,
    pub(in super::super) deleted_at: Option<String>,
    pub(in super::super) enabled: bool,
    pub(in super::super) has_children: bool,
    pub(in super::super) id: String,
    pub(in super::super) internal_tag: Option<String>,
    pub(in super::super) kind: &'static str,
    pub(in super::super) language: String,
    pub(in super::super) mfa_status: &'static str,
    pub(in super::super) name: String,
    pub(in super::super) owner_id: Option<String>,
    pub(in super::super) parent_id: Option<String>,
    pub(in super::super) pricing_mode: &'static str,
    pub(in super::super) update_lock: UpdateLock,
    pub(in super::super) updated_at: String,
    pub(in super::super) v1_id: u64,
    pub(in super::super) version: u64,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct UpdateLock {
    pub(in super::super) enabled: bool,
    pub(in super::super) owner_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct NewTenantIn {
    pub(in super::super) name: String,
    pub(in super::super) kind: String,
    pub(in super::super) parent_id: Text<TenantId>,
    pub(in super::super) language: Option<String>,
    pub(in super::super) contact: Option<ContactIn>,
    pub(in super::super) internal_tag: Option<String>,
    pub(in super::super) enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct TenantIn {
    pub(in super::super) version: Option<u64>,
    pub(in super::super) name: Option<String>,
    pub(in super::super) kind: Option<String>,
    pub(in super::super) parent_id: Option<Text<TenantId>>,
    pub(in super::super) language: Option<String>,
    pub(in super::super) contact: Option<ContactIn>,
    pub(in super::super) internal_tag: Option<String>,
    pub(in super::super) enabled: Option<bool>,
}
