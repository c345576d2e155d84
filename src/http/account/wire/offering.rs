//! Offering items and their quotas.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Text;
use super::names::{MeasurementUnitName, OfferingTypeName};
use crate::domain::ids::{ApplicationId, InfraId};

/// An offering item: something that is sold, and how much of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferingItem)]
pub(crate) struct OfferingResponse {
    /// The service it belongs to.
    pub(crate) application_id: Uuid,
    /// Always null.
    #[schema(required)]
    pub(crate) deleted_at: Option<String>,
    /// The edition it is sold in; null: none.
    #[schema(required)]
    pub(crate) edition: Option<String>,
    /// The component it is bound to; null: none.
    #[schema(required)]
    pub(crate) infra_id: Option<Uuid>,
    /// Kept as given: whether it is locked.
    pub(crate) locked: bool,
    /// What its numbers count.
    pub(crate) measurement_unit: MeasurementUnitName,
    /// The vendor's name of it.
    pub(crate) name: String,
    /// What is allowed; null where there is nothing to count.
    #[schema(required)]
    pub(crate) quota: Option<QuotaResponse>,
    /// Whether it is switched on: 1 or 0.
    #[schema(maximum = 1)]
    pub(crate) status: u8,
    /// Whose it is; null where it is nobody's yet.
    #[schema(required)]
    pub(crate) tenant_id: Option<Uuid>,
    /// How the vendor classes it.
    #[serde(rename = "type")]
    pub(crate) kind: OfferingTypeName,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub(crate) updated_at: String,
    /// What usage counts against it.
    pub(crate) usage_name: String,
}

/// A quota.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quota)]
pub(crate) struct QuotaResponse {
    /// How far usage may go beyond the quota; null: unlimited.
    #[schema(required)]
    pub(crate) overage: Option<u64>,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    pub(crate) value: Option<u64>,
    /// Grows by one with each change; 0 while unlimited.
    pub(crate) version: u64,
}

/// Offering items to be set. All are, or none.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OfferingItems)]
pub(crate) struct OfferingsRequest {
    /// The items; those that are not named are kept.
    #[schema(max_items = 256)]
    pub(crate) offering_items: Vec<OfferingRequest>,
}

/// An offering item to be set. An item is known by application, name, edition and component, or without a
/// name by what it measures; what is missing is kept, or has a default in a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OfferingItemChange)]
pub(crate) struct OfferingRequest {
    /// The service it belongs to.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) application_id: Option<Text<ApplicationId>>,
    /// The vendor's name of it; in a new item its usage name where missing.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) name: Option<String>,
    /// What usage counts against it; a new item needs it.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) usage_name: Option<String>,
    /// The edition it is sold in; null: none.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) edition: Option<String>,
    /// The component it is bound to; null: none.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) infra_id: Option<Text<InfraId>>,
    /// What its numbers count.
    #[schema(value_type = Option<MeasurementUnitName>)]
    pub(crate) measurement_unit: Option<String>,
    /// How the vendor classes it.
    #[serde(rename = "type")]
    #[schema(value_type = Option<OfferingTypeName>)]
    pub(crate) kind: Option<String>,
    /// Whether it is switched on.
    pub(crate) status: Option<super::Flag>,
    /// Kept as given: whether it is locked.
    pub(crate) locked: Option<bool>,
    /// What is allowed.
    pub(crate) quota: Option<QuotaRequest>,
}

/// A quota to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = QuotaChange)]
pub(crate) struct QuotaRequest {
    /// How much is allowed; null: unlimited, and then there is no overage. Must be there: a forgotten value
    /// would make the quota unlimited.
    #[serde(deserialize_with = "present")]
    #[schema(required)]
    pub(crate) value: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    pub(crate) overage: Option<u64>,
    /// The quota's version; missing: none in particular.
    pub(crate) version: Option<u64>,
}

/// Null or a number; with this, serde takes a missing field for an error.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Option::deserialize(deserializer)
}
