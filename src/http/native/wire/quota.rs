//! Where accounts stand, and the soon thresholds of a tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{ItemName, StateName, UnitName};

/// A quota, and where usage stands against it.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotaState)]
pub(crate) struct QuotaResponse {
    /// What the quota is about.
    pub(crate) item: ItemName,
    /// Where usage stands.
    pub(crate) state: StateName,
    /// Since when.
    #[schema(format = DateTime)]
    pub(crate) since: String,
    /// How much is used.
    pub(crate) usage: u64,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    pub(crate) quota: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    #[schema(required)]
    pub(crate) overage: Option<u64>,
    /// What the numbers count.
    pub(crate) unit: UnitName,
    /// Usage in percent of the quota, with one decimal; null without a quota.
    #[schema(required)]
    pub(crate) utilization: Option<String>,
    /// From how many percent on it counts as almost reached; null: never.
    #[schema(required)]
    pub(crate) soon_percent: Option<u8>,
}

/// Where an account stands. Either `tenant_id` or `user_id` says whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotaStates)]
pub(crate) struct QuotasResponse {
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) tenant_id: Option<Uuid>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) user_id: Option<Uuid>,
    /// The moment of the answer.
    #[schema(format = DateTime)]
    pub(crate) generated_at: String,
    /// The quotas.
    pub(crate) items: Vec<QuotaResponse>,
}

/// Soon thresholds in percent, by item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "describes the maps of the forms below")]
pub(crate) struct SoonPercent {
    /// Storage.
    #[schema(maximum = 99)]
    pub(crate) storage_size: Option<u8>,
    /// Physical machines.
    #[schema(maximum = 99)]
    pub(crate) physical_machines: Option<u8>,
    /// Physical servers.
    #[schema(maximum = 99)]
    pub(crate) physical_servers: Option<u8>,
    /// Virtual machines.
    #[schema(maximum = 99)]
    pub(crate) virtual_machines: Option<u8>,
    /// Mobile devices.
    #[schema(maximum = 99)]
    pub(crate) mobile_devices: Option<u8>,
}

/// What to change of a tenant's own soon thresholds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotaSettingsChange)]
pub(crate) struct SettingsRequest {
    /// By item: 1 to 99, 0 for no soon level, null for as the deployment has it. What is missing is kept.
    #[schema(value_type = SoonPercent)]
    pub(crate) soon_percent: BTreeMap<String, Option<u8>>,
    /// The current version; `If-Match` may say it instead. Missing: none in particular.
    pub(crate) version: Option<u64>,
}

/// A tenant's own soon thresholds.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotaSettings)]
pub(crate) struct SettingsResponse {
    /// By item: 1 to 99, 0 for no soon level, null for as the deployment has it.
    #[schema(value_type = SoonPercent)]
    pub(crate) soon_percent: BTreeMap<&'static str, Option<u8>>,
    /// The tenant's version.
    pub(crate) version: u64,
}
