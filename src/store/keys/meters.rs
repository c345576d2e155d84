//! The records of meters.

use super::key;
use crate::domain::ids::AccountId;
use crate::store::engine::Key;

/// The meter of an account: what of it reports change. Its revision is that of the whole meter.
#[must_use]
pub fn meter(account: AccountId) -> Key {
    key(METERS).account(account).end()
}

/// The family of meters: the records that are read and written most.
pub const METERS: u8 = b'm';

/// The offering items of an account's meter.
#[must_use]
pub fn offering_items(account: AccountId) -> Key {
    key(b'M').account(account).end()
}
