//! Offering items and their quotas.

use serde::{Deserialize, Deserializer, Serialize};

use super::Text;
use crate::domain::ids::{ApplicationId, InfraId};

#[derive(Debug, Serialize)]
pub(in super::super) struct OfferingOut {
    pub(in super::super) application_id: String,
    pub(in super::super) deleted_at: Option<String>,
    pub(in super::super) edition: Option<String>,
    pub(in super::super) infra_id: Option<String>,
    pub(in super::super) locked: bool,
    pub(in super::super) measurement_unit: &'static str,
    pub(in super::super) name: String,
    pub(in super::super) quota: Option<QuotaOut>,
    pub(in super::super) status: u8,
    pub(in super::super) tenant_id: Option<String>,
    #[serde(rename = "type")]
    pub(in super::super) kind: &'static str,
    pub(in super::super) updated_at: String,
    pub(in super::super) usage_name: String,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct QuotaOut {
    pub(in super::super) overage: Option<u64>,
    pub(in super::super) value: Option<u64>,
    pub(in super::super) version: u64,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct OfferingsIn {
    pub(in super::super) offering_items: Vec<OfferingIn>,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct OfferingIn {
    pub(in super::super) application_id: Option<Text<ApplicationId>>,
    pub(in super::super) name: Option<String>,
    pub(in super::super) usage_name: Option<String>,
    pub(in super::super) edition: Option<String>,
    pub(in super::super) infra_id: Option<Text<InfraId>>,
    pub(in super::super) measurement_unit: Option<String>,
    #[serde(rename = "type")]
    pub(in super::super) kind: Option<String>,
    pub(in super::super) status: Option<super::Flag>,
    pub(in super::super) locked: Option<bool>,
    pub(in super::super) quota: Option<QuotaIn>,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct QuotaIn {
    /// Must be there: a forgotten value would make the quota unlimited.
    #[serde(deserialize_with = "present")]
    pub(in super::super) value: Option<u64>,
    pub(in super::super) overage: Option<u64>,
    pub(in super::super) version: Option<u64>,
}

/// Null or a number; with this, serde takes a missing field for an error.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Option::deserialize(deserializer)
}
