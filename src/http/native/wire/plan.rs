//! The plan by which a tenant buys, and the currency of a partner. Requests and responses are alike.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The partner plan by which a tenant buys.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantPlan)]
pub(crate) struct PlanSetting {
    /// The partner's id.
    #[schema(format = Uuid)]
    pub(crate) partner: String,
    /// The number of the plan there.
    pub(crate) plan_id: u64,
}

/// The currency of a partner's plans.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanCurrency)]
pub(crate) struct CurrencySetting {
    /// A code of ISO 4217, such as `EUR`.
    #[schema(pattern = "^[A-Z]{3}$")]
    pub(crate) currency: String,
}
