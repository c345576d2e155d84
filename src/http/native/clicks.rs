//! How often tracked links were followed.

use chrono::{Duration, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::PlacementName;
use crate::domain::click::ClickCounts;
use crate::domain::ids::TenantId;
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::count_clicks::show_clicks;
use crate::usecases::error::{Error, What};

/// What is shown where no span is asked for: today and the days before it.
const DEFAULT_DAYS: u32 = 30;

const SECS_PER_DAY: i64 = 86_400;

/// How often links were followed.
#[derive(Serialize, ToSchema)]
#[schema(as = ClickCounts)]
pub(super) struct CountsForm {
    /// Every GET.
    raw: u64,
    /// One per user, placement and hour.
    unique: u64,
    /// Those that a person is likely behind.
    likely_human: u64,
}

impl From<ClickCounts> for CountsForm {
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
pub(super) struct PlacementForm {
    /// Where the link stood, as the Buy link names it.
    #[schema(value_type = PlacementName)]
    placement: &'static str,
    /// How often.
    #[serde(flatten)]
    counts: CountsForm,
}

/// How often a tenant's links were followed in a span of days.
#[derive(Serialize, ToSchema)]
#[schema(as = Clicks)]
pub(super) struct ClicksForm {
    /// The tenant.
    tenant_id: Uuid,
    /// The first day, in UTC.
    #[schema(format = Date)]
    from: String,
    /// The last day, in UTC.
    #[schema(format = Date)]
    to: String,
    /// By place.
    placements: Vec<PlacementForm>,
    /// All places together.
    total: CountsForm,
}

/// GET `/tenants/{tenant_id}/clicks?from=&to=`: days in UTC, both part of the span.
pub(super) async fn show(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["from", "to"])?;
    let missing = ApiError::UseCase(Error::NotFound(What::Tenant));
    let tenant: TenantId = call.path.id("tenant_id", missing)?;
    let today = call.request.head.received_at.secs() / SECS_PER_DAY;
    let today = u32::try_from(today).unwrap_or(0);
    let to = day(&params, "to")?.unwrap_or(today);
    let from = day(&params, "from")?.unwrap_or_else(|| to.saturating_sub(DEFAULT_DAYS - 1));
    let counts = show_clicks(&call.env, &caller, tenant, (from, to)).await?;
    let mut total = ClickCounts::default();
    counts.iter().for_each(|(_, counts)| total.merge(*counts));
    let placements = counts.iter().map(|(placement, counts)| PlacementForm {
        placement: placement.name(),
        counts: (*counts).into(),
    });
    Ok(output::ok(&ClicksForm {
        tenant_id: tenant.uuid(),
        from: date(from),
        to: date(to),
        placements: placements.collect(),
        total: total.into(),
    }))
}

/// A day as the number of days since 1970-01-01.
fn day(params: &Params, name: &str) -> Result<Option<u32>, ApiError> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let days = date.map(|date| date.signed_duration_since(NaiveDate::default()).num_days());
    let days = days.and_then(|days| u32::try_from(days).ok());
    let why = "must be a day such as 2030-01-31";
    days.map(Some).ok_or_else(|| ApiError::malformed(name, why))
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
