//! The records of meters.

use super::key;
use crate::domain::ids::{AccountId, AccountRef};
use crate::store::engine::Key;

/// The meter of an account: what of it reports change. Its revision is that of the whole meter.
/// The number stands first, so that an engine finds the record without a search.
#[must_use]
pub fn meter(account: AccountRef) -> Key {
    let AccountRef { id, number } = account;
    key(METERS).number(number).account(id).end()
}

/// The family of meters.
pub(super) const METERS: u8 = b'm';

/// The offering items of an account's meter.
#[must_use]
pub fn offering_items(account: AccountId) -> Key {
    key(b'M').account(account).end()
}
