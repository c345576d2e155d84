//! How often tracked links were followed.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::domain::client::ApiScope::AlertsRead;
use crate::domain::ids::TenantId;
use crate::http::endpoint::{Answer, Call, Endpoint, ParameterValue, Path, get, query};
use crate::http::native::convert::click as convert;
use crate::http::native::wire::click::ClicksResponse;
use crate::http::output;
use crate::usecases::count_clicks::show_clicks;

/// What is shown where no span is asked for: today and the days before it.
const DEFAULT_DAYS: u32 = 30;

const SECS_PER_DAY: i64 = 86_400;

pub(super) fn endpoints() -> [Endpoint; 1] {
    let path = "/api/upsell/v1/tenants/{tenant_id}/clicks";
    let summary = "How often a tenant's links were followed";
    [get(path, "readClicks", summary)
        .scope(AlertsRead)
        .answers::<ClicksResponse>(200, "The counts.")
        .to(show)]
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

async fn show(call: Call, Path(tenant): Path<TenantId>, query: ClicksQuery) -> Answer {
    let today = u32::try_from(call.now().secs() / SECS_PER_DAY).unwrap_or(0);
    let to = query.to.map_or(today, |day| day.0);
    let first = || to.saturating_sub(DEFAULT_DAYS - 1);
    let from = query.from.map_or_else(first, |day| day.0);
    let clicks = show_clicks(call.context(), tenant, (from, to)).await?;
    Ok(output::ok(&convert::clicks(tenant, (from, to), &clicks)))
}
