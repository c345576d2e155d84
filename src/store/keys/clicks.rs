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
/// and not in an earlier such record; in parts, since there may be many. `hour` counts from
/// 1970-01-01T00.
#[must_use]
pub fn marks(hour: u32, counted_to: u64, part: u16) -> Key {
    marks_of_hour(hour)
        .then(&counted_to.to_be_bytes())
        .then(&part.to_be_bytes())
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

/// Tenants whose ids begin alike, in so many bits, share a record of each day: one click more costs a
/// tenth of what it would with a record for each tenant.
const BUCKET_BITS: u32 = 10;

/// The clicks on one day of people of the tenants in `tenant`'s bucket, which an order by ids keeps
/// together. `day` counts from 1970-01-01.
#[must_use]
pub fn of_day(tenant: TenantId, day: u32) -> Key {
    let [first, second, ..] = *tenant.bytes();
    let bucket = u16::from_be_bytes([first, second]) >> (u16::BITS - BUCKET_BITS);
    key(b'k')
        .part(&day.to_be_bytes())
        .part(&bucket.to_be_bytes())
        .end()
}
