//! Users. The fields are those that seed 000 prints, no more and no fewer.

use serde::{Deserialize, Serialize};

use super::Text;
use super::contact::{ContactIn, ContactOut};
use crate::domain::ids::TenantId;

#[derive(Debug, Serialize)]
pub(in super::super) struct UserOut {
    pub(in super::super) activated: bool,
    pub(in super::super) business_types: Vec<&'static str>,
    pub(in super::super) contact: ContactOut,
    pub(in super::super) created_at: String,
    pub(in super::super) enabled: bool,
    pub(in super::super) id: String,
    pub(in super::super) idp_id: &'static str,
    pub(in super::super) language: String,
    pub(in super::super) login: String,
    pub(in super::super) mfa_status: &'static str,
    pub(in super::super) notifications: Vec<&'static str>,
    pub(in super::super) personal_tenant_id: Option<String>,
    pub(in super::super) tenant_id: String,
    pub(in super::super) terms_accepted: bool,
    pub(in super::super) version: u64,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct UserIn {
    pub(in super::super) version: Option<u64>,
    pub(in super::super) tenant_id: Option<Text<TenantId>>,
    pub(in super::super) login: Option<String>,
    pub(in super::super) contact: Option<ContactIn>,
    pub(in super::super) language: Option<String>,
    pub(in super::super) enabled: Option<bool>,
    pub(in super::super) activated: Option<bool>,
    pub(in super::super) terms_accepted: Option<bool>,
    pub(in super::super) business_types: Option<Vec<String>>,
    pub(in super::super) notifications: Option<Vec<String>>,
}
