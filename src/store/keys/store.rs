//! What a store says of itself.

use super::key;
use crate::store::engine::Key;

/// The format of all records together.
#[must_use]
pub fn format() -> Key {
    key(b'v').end()
}

/// How far an import into this store is that was not finished.
#[must_use]
pub fn import_progress() -> Key {
    key(IMPORT_PROGRESS).end()
}

const IMPORT_PROGRESS: u8 = b'I';

/// Which keys the nodes of a shared store have.
#[must_use]
pub fn keyring() -> Key {
    key(KEYRING).end()
}

const KEYRING: u8 = b'Y';

/// Whether the record says something of the one store that it stands in: it is not moved with the
/// others.
#[must_use]
pub fn is_of_one_store(key: &Key) -> bool {
    matches!(key.0.first(), Some(&IMPORT_PROGRESS | &KEYRING))
}
