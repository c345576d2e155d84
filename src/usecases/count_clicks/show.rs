//! The counts, read.

use std::collections::BTreeMap;

use super::count::count_logged;
use crate::domain::click::ClickCounts;
use crate::domain::ids::TenantId;
use crate::domain::link::Placement;
use crate::store::engine::Key;
use crate::store::keys;
use crate::store::record::clicks::decode_day;
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::error::Error;

/// The longest span of days that is read at once.
pub const MAX_DAYS: u32 = 366;

/// The clicks of a tenant's people from one day to another, by placement, in the order of
/// [`Placement::ALL`]. Days count from 1970-01-01; both are part of it.
///
/// # Errors
/// The tenant is unknown or out of reach; the span is empty or too long; the store failed.
pub async fn show_clicks(
    env: &Env,
    caller: &Caller,
    tenant: TenantId,
    (from, to): (u32, u32),
) -> Result<Vec<(Placement, ClickCounts)>, Error> {
    let tenant = caller.tenant(&env.store, tenant).await?;
    if from > to || to - from >= MAX_DAYS {
        let why = format!("must not be after \"to\", nor {MAX_DAYS} days or more before it");
        return Err(Error::invalid("from", why));
    }
    // Counts of a store that cannot be written now are shown as they are.
    if let Err(error) = count_logged(env).await {
        tracing::warn!(%error, "clicks are shown without those that could not be counted yet");
    }
    let keys: Vec<Key> = (from..=to)
        .map(|day| keys::clicks::of_day(tenant.id, day))
        .collect();
    let mut totals: BTreeMap<Placement, ClickCounts> = BTreeMap::new();
    for record in env.store.engine().get_many(&keys).await?.iter().flatten() {
        let day = decode_day(&record.body)?;
        for (placement, counts) in day.of_tenant(tenant.id) {
            totals.entry(placement).or_default().merge(counts);
        }
    }
    let total = |placement| totals.get(&placement).copied().unwrap_or_default();
    Ok(Placement::ALL
        .into_iter()
        .map(|placement| (placement, total(placement)))
        .collect())
}
