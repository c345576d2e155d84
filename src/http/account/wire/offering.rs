//! Offering items and their quotas.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Text;
use super::names::{MeasurementUnitName, OfferingTypeName};
use crate::domain::ids::{ApplicationId, InfraId};

/// An offering item: something that is sold, and how much of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferingItem)]
pub(in super::super) struct OfferingOut {
    /// The service it belongs to.
    #[schema(format = Uuid)]
    pub(in super::super) application_id: String,
    /// Always null.
    #[schema(required)]
    pub(in super::super) deleted_at: Option<String>,
    /// The edition it is sold in; null: none.
    #[schema(required)]
    pub(in super::super) edition: Option<String>,
    /// The component it is bound to; null: none.
    #[schema(required, format = Uuid)]
    pub(in super::super) infra_id: Option<String>,
    /// Kept as given: whether it is locked.
    pub(in super::super) locked: bool,
    /// What its numbers count.
    #[schema(value_type = MeasurementUnitName)]
    pub(in super::super) measurement_unit: &'static str,
    /// The vendor's name of it.
    pub(in super::super) name: String,
    /// What is allowed; null where there is nothing to count.
    #[schema(required)]
    pub(in super::super) quota: Option<QuotaOut>,
    /// Whether it is switched on: 1 or 0.
    #[schema(maximum = 1)]
    pub(in super::super) status: u8,
    /// Whose it is; null where it is nobody's yet.
    #[schema(required, format = Uuid)]
    pub(in super::super) tenant_id: Option<String>,
    /// How the vendor classes it.
    #[serde(rename = "type")]
    #[schema(value_type = OfferingTypeName)]
    pub(in super::super) kind: &'static str,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub(in super::super) updated_at: String,
    /// What usage counts against it.
    pub(in super::super) usage_name: String,
}

/// A quota.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
pub(in super::super) struct QuotaOut {
    /// How far usage may go beyond the quota; null: as far as it likes.
    #[schema(required)]
    pub(in super::super) overage: Option<u64>,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    pub(in super::super) value: Option<u64>,
    /// Grows by one with each change; 0 while unlimited.
    pub(in super::super) version: u64,
}

/// Offering items to be set. All are, or none.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OfferingItems)]
pub(in super::super) struct OfferingsIn {
    /// The items; those that are not named are kept.
    #[schema(max_items = 256)]
    pub(in super::super) offering_items: Vec<OfferingIn>,
}

/// An offering item to be set. An item is known by application, name, edition and component, or without a
/// name by what it measures; what is missing is kept, or has a default in a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OfferingItemChange)]
pub(in super::super) struct OfferingIn {
    /// The service it belongs to.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) application_id: Option<Text<ApplicationId>>,
    /// The vendor's name of it; in a new item its usage name where missing.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) name: Option<String>,
    /// What usage counts against it; a new item needs it.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) usage_name: Option<String>,
    /// The edition it is sold in; null: none.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) edition: Option<String>,
    /// The component it is bound to; null: none.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) infra_id: Option<Text<InfraId>>,
    /// What its numbers count.
    #[schema(value_type = Option<MeasurementUnitName>)]
    pub(in super::super) measurement_unit: Option<String>,
    /// How the vendor classes it.
    #[serde(rename = "type")]
    #[schema(value_type = Option<OfferingTypeName>)]
    pub(in super::super) kind: Option<String>,
    /// Whether it is switched on.
    pub(in super::super) status: Option<super::Flag>,
    /// Kept as given: whether it is locked.
    pub(in super::super) locked: Option<bool>,
    /// What is allowed.
    pub(in super::super) quota: Option<QuotaIn>,
}

/// A quota to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = QuotaChange)]
pub(in super::super) struct QuotaIn {
    /// How much is allowed; null: unlimited, and then there is no overage. Must be there: a forgotten value
    /// would make the quota unlimited.
    #[serde(deserialize_with = "present")]
    #[schema(required)]
    pub(in super::super) value: Option<u64>,
    /// How far usage may go beyond it; null: as far as it likes.
    pub(in super::super) overage: Option<u64>,
    /// The quota's version; missing: none in particular.
    pub(in super::super) version: Option<u64>,
}

/// Null or a number; with this, serde takes a missing field for an error.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Option::deserialize(deserializer)
}
