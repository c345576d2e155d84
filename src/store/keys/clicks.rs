//! The clicks of a tenant's people.

use crate::domain::ids::{AccountRef, TenantId};

key_functions! {
    /// The day of the last click, and who clicked in its hour.
    latest(tenant: AccountRef) = LatestClicks, tenant.number, tenant.id;
    /// The counts of a past day. `day` counts from 1970-01-01; `number` distinguishes days
    /// that were closed twice.
    closed_day(tenant: TenantId, day: u32, number: u32)
        = ClosedDay, tenant, day.to_be_bytes(), number.to_be_bytes();
    /// The past days, the oldest first.
    closed_days(tenant: TenantId) = ClosedDay, tenant;
    /// Before the days that are over from `day` on.
    closed_from(tenant: TenantId, day: u32) = ClosedDay, tenant, day.to_be_bytes();
}
