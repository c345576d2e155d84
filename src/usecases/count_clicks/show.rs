//! Reads the counts of clicks.

use crate::domain::click::{ClickCounts, CountsByPlacement};
use crate::domain::ids::TenantId;
use crate::domain::link::Placement;
use crate::store::engine::StoreError;
use crate::store::keys;
use crate::store::record::clicks::{decode_day, decode_latest};
use crate::usecases::Env;
use crate::usecases::access::Context;
use crate::usecases::error::Error;

/// The longest span of days that is read at once.
pub const MAX_DAYS: u32 = 366;

/// Days that are read from the store at once.
const READ_AT_ONCE: usize = 1000;

/// The clicks of a tenant's people from one day to another, by placement, in the order of
/// [`Placement::ALL`]. Days count from 1970-01-01; both are part of it.
///
/// # Errors
/// The tenant is unknown or out of reach; the span is empty or too long; the store failed.
pub async fn show_clicks(
    cx: Context<'_>,
    tenant: TenantId,
    (from, to): (u32, u32),
) -> Result<Vec<(Placement, ClickCounts)>, Error> {
    let env = cx.env;
    let tenant = cx.tenant(tenant).await?;
    if from > to || to - from >= MAX_DAYS {
        let why = format!("must not be after \"to\", nor {MAX_DAYS} days or more before it");
        return Err(Error::invalid("from", why));
    }
    let key = keys::clicks::latest(tenant.account());
    let Some(latest) = env.store.engine().get(&key).await? else {
        return Ok(listed(&CountsByPlacement::new()));
    };
    let latest = decode_latest(&latest.body)?;
    let mut totals = closed(env, tenant.id, (from, to), latest.days_closed).await?;
    if (from..=to).contains(&latest.day()) {
        add(&mut totals, latest.counts);
    }
    Ok(listed(&totals))
}

/// The counts of days that are over. A day with `before` or a higher number was closed after the latest
/// clicks were read, and is in them.
async fn closed(
    env: &Env,
    tenant: TenantId,
    (from, to): (u32, u32),
    before: u32,
) -> Result<CountsByPlacement, Error> {
    let prefix = keys::clicks::closed_days(tenant);
    let mut after = keys::clicks::closed_from(tenant, from);
    let mut totals = CountsByPlacement::new();
    loop {
        let engine = env.store.engine();
        let page = engine.scan(&prefix, Some(&after), READ_AT_ONCE).await?;
        for (key, record) in &page {
            let damaged = || StoreError::Corrupt("a day of clicks has no number".to_owned());
            let (day, number) = key.day_and_number().ok_or_else(damaged)?;
            if day > to {
                return Ok(totals);
            }
            if number < before {
                add(&mut totals, decode_day(&record.body)?);
            }
            after = key.clone();
        }
        if page.len() < READ_AT_ONCE {
            return Ok(totals);
        }
    }
}

fn add(totals: &mut CountsByPlacement, counts: CountsByPlacement) {
    for (placement, counts) in counts {
        totals.entry(placement).or_default().merge(counts);
    }
}

fn listed(totals: &CountsByPlacement) -> Vec<(Placement, ClickCounts)> {
    let total = |placement| totals.get(&placement).copied().unwrap_or_default();
    Placement::ALL
        .into_iter()
        .map(|placement| (placement, total(placement)))
        .collect()
}
