//! Clicks: the log they go into first, the marks that make them unique, and their counts.

use super::{Key, counter, key};
use crate::domain::ids::TenantId;

/// The next number of the click log.
#[must_use]
pub fn next_entry() -> Key {
    counter("click_log")
}

/// How far the log is counted.
#[must_use]
pub fn counted() -> Key {
    counter("clicks_counted")
}

/// An entry of the log: clicks that are not counted yet.
#[must_use]
pub fn entry(number: u64) -> Key {
    key(b'J').part(&number.to_be_bytes()).end()
}

/// All entries, the oldest first.
#[must_use]
pub fn entries() -> Key {
    key(b'J').end()
}

/// Who has clicked where within an hour, as far as the log was counted up to the entry `counted_to`
/// and not in an earlier such record. `hour` counts from 1970-01-01T00.
#[must_use]
pub fn marks(hour: u32, counted_to: u64) -> Key {
    marks_of_hour(hour).then(&counted_to.to_be_bytes())
}

/// All marks of an hour, in the order of the log.
#[must_use]
pub fn marks_of_hour(hour: u32) -> Key {
    key(b'K').part(&hour.to_be_bytes()).end()
}

/// All marks, the oldest hour first.
#[must_use]
pub fn all_marks() -> Key {
    key(b'K').end()
}

/// The clicks of a tenant's people on one day. `day` counts from 1970-01-01.
#[must_use]
pub fn of_day(tenant: TenantId, day: u32) -> Key {
    of_tenant(tenant).then(&day.to_be_bytes())
}

/// All clicks of a tenant's people.
#[must_use]
pub fn of_tenant(tenant: TenantId) -> Key {
    key(b'k').part(tenant.bytes()).end()
}
