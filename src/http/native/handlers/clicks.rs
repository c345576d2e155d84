//! How often tracked links were followed.

use chrono::{Duration, NaiveDate};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::click::ClickCounts;
use crate::domain::client::ApiScope::AlertsRead;
use crate::domain::ids::TenantId;
use crate::http::endpoint::{Answer, Call, Endpoint, ParameterValue, Path, get, query};
use crate::http::native::names::PlacementName;
use crate::http::output;
use crate::usecases::count_clicks::show_clicks;

/// What is shown where no span is asked for: today and the days before it.
const DEFAULT_DAYS: u32 = 30;

const SECS_PER_DAY: i64 = 86_400;

/// How often links were followed.
#[derive(Serialize, ToSchema)]
#[schema(as = ClickCounts)]
pub(super) struct CountsResponse {
    /// Every GET.
    raw: u64,
    /// One per user, placement and hour.
    unique: u64,
    /// Those that a person is likely behind.
    likely_human: u64,
}

impl From<ClickCounts> for CountsResponse {
    fn from(counts: ClickCounts) -> Self {
        Self {
            raw: counts.raw,
            unique: counts.unique,
            likely_human: counts.likely_human,
        }
    }
}

/// How often the links of one place were followed.
#[derive(Serialize, ToSchema)]
#[schema(as = PlacementClicks)]
pub(super) struct PlacementResponse {
    /// Where the link stood, as the Buy link names it.
    #[schema(value_type = PlacementName)]
    placement: &'static str,
    /// How often.
    #[serde(flatten)]
    counts: CountsResponse,
}

/// How often a tenant's links were followed in a span of days.
#[derive(Serialize, ToSchema)]
#[schema(as = Clicks)]
pub(super) struct ClicksResponse {
    /// The tenant.
    tenant_id: Uuid,
    /// The first day, in UTC.
    #[schema(format = Date)]
    from: String,
    /// The last day, in UTC.
    #[schema(format = Date)]
    to: String,
    /// By place.
    placements: Vec<PlacementResponse>,
    /// All places together.
    total: CountsResponse,
}

query! {
    /// A span of days in UTC, both part of it.
    struct ClicksQuery {
        /// The first day, in UTC; missing: 29 days before `to`.
        from: Option<Day>,
        /// The last day, in UTC; missing: today. At most 366 days.
        to: Option<Day>,
    }
}

/// A day as the number of days since 1970-01-01.
struct Day(u32);

impl ParameterValue for Day {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date" })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let days = date.map(|date| date.signed_duration_since(NaiveDate::default()).num_days());
        let days = days.and_then(|days| u32::try_from(days).ok());
        let day = days.map(Self);
        day.ok_or_else(|| "must be a day such as 2030-01-31".to_owned())
    }
}

/// What tells how often links were followed.
pub(super) fn endpoints() -> [Endpoint; 1] {
    let path = "/api/upsell/v1/tenants/{tenant_id}/clicks";
    let summary = "How often a tenant's links were followed";
    [get(path, "readClicks", summary)
        .scope(AlertsRead)
        .answers::<ClicksResponse>(200, "The counts.")
        .to(show)]
}

async fn show(call: Call, Path(tenant): Path<TenantId>, query: ClicksQuery) -> Answer {
    let today = u32::try_from(call.now().secs() / SECS_PER_DAY).unwrap_or(0);
    let to = query.to.map_or(today, |day| day.0);
    let first = || to.saturating_sub(DEFAULT_DAYS - 1);
    let from = query.from.map_or_else(first, |day| day.0);
    let counts = show_clicks(call.context(), tenant, (from, to)).await?;
    let mut total = ClickCounts::default();
    counts.iter().for_each(|(_, counts)| total.merge(*counts));
    let placements = counts.iter().map(|(placement, counts)| PlacementResponse {
        placement: placement.name(),
        counts: (*counts).into(),
    });
    Ok(output::ok(&ClicksResponse {
        tenant_id: tenant.uuid(),
        from: date(from),
        to: date(to),
        placements: placements.collect(),
        total: total.into(),
    }))
}

fn date(day: u32) -> String {
    let date = Duration::try_days(i64::from(day))
        .and_then(|days| NaiveDate::default().checked_add_signed(days));
    date.unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_back() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(20_778), "2026-11-21");
    }
}
