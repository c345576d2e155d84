//! The clicks of a tenant's people.

use super::{Family, Key, start};
use crate::domain::ids::{AccountRef, TenantId};

/// The day of the last click, and who clicked in its hour.
#[must_use]
pub fn latest(tenant: AccountRef) -> Key {
    start(Family::LatestClicks)
        .number(tenant.number)
        .account(tenant.id)
        .end()
}

/// The counts of a day that is over. `day` counts from 1970-01-01; `number` distinguishes days that were
/// closed twice.
#[must_use]
pub fn closed_day(tenant: TenantId, day: u32, number: u32) -> Key {
    closed_from(tenant, day).then(&number.to_be_bytes())
}

/// The days that are over, the oldest first.
#[must_use]
pub fn closed_days(tenant: TenantId) -> Key {
    Family::ClosedDay.key(tenant.bytes())
}

/// Before the days that are over from `day` on.
#[must_use]
pub fn closed_from(tenant: TenantId, day: u32) -> Key {
    closed_days(tenant).then(&day.to_be_bytes())
}
