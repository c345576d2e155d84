//! How often tracked links were followed, day by day counted in UTC.

use chrono::{Duration, NaiveDate};

use crate::domain::click::ClickCounts;
use crate::domain::ids::TenantId;
use crate::domain::link::Placement;
use crate::http::native::wire::click::{ClicksResponse, CountsResponse, PlacementResponse};
use crate::http::native::wire::names::PlacementName;

/// The clicks of the days `from` to `to`, both counted from 1970-01-01.
pub(crate) fn clicks(
    tenant: TenantId,
    (from, to): (u32, u32),
    clicks: &[(Placement, ClickCounts)],
) -> ClicksResponse {
    let mut total = ClickCounts::default();
    clicks.iter().for_each(|(_, clicks)| total.merge(*clicks));
    let placements = clicks.iter().map(|(placement, clicks)| PlacementResponse {
        placement: PlacementName(placement.name()),
        counts: counts(*clicks),
    });
    ClicksResponse {
        tenant_id: tenant.uuid(),
        from: date(from),
        to: date(to),
        placements: placements.collect(),
        total: counts(total),
    }
}

fn counts(clicks: ClickCounts) -> CountsResponse {
    CountsResponse {
        raw: clicks.raw,
        unique: clicks.unique,
        likely_human: clicks.likely_human,
    }
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
