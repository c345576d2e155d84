//! The records of meters.

use super::{Family, start};
use crate::domain::ids::{AccountId, AccountRef};
use crate::store::engine::Key;

/// The meter of an account: what of it reports change. Its revision is that of the whole meter.
/// The number stands first, so that an engine finds the record without a search.
#[must_use]
pub fn meter(account: AccountRef) -> Key {
    let AccountRef { id, number } = account;
    start(Family::Meter).number(number).account(id).end()
}

/// The offering items of an account's meter.
#[must_use]
pub fn offering_items(account: AccountId) -> Key {
    start(Family::OfferingItems).account(account).end()
}
