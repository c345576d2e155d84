//! How often tracked links were followed.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::PlacementName;

/// How often links were followed.
#[derive(Serialize, ToSchema)]
#[schema(as = ClickCounts)]
pub(crate) struct CountsResponse {
    /// Every GET.
    pub(crate) raw: u64,
    /// One per user, placement and hour.
    pub(crate) unique: u64,
    /// Those that a person is likely behind.
    pub(crate) likely_human: u64,
}

/// How often the links of one place were followed.
#[derive(Serialize, ToSchema)]
#[schema(as = PlacementClicks)]
pub(crate) struct PlacementResponse {
    /// Where the link stood, as the Buy link names it.
    pub(crate) placement: PlacementName,
    /// How often.
    #[serde(flatten)]
    pub(crate) counts: CountsResponse,
}

/// How often a tenant's links were followed in a span of days.
#[derive(Serialize, ToSchema)]
#[schema(as = Clicks)]
pub(crate) struct ClicksResponse {
    /// The tenant.
    pub(crate) tenant_id: Uuid,
    /// The first day, in UTC.
    #[schema(format = Date)]
    pub(crate) from: String,
    /// The last day, in UTC.
    #[schema(format = Date)]
    pub(crate) to: String,
    /// By place.
    pub(crate) placements: Vec<PlacementResponse>,
    /// All places together.
    pub(crate) total: CountsResponse,
}
