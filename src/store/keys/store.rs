//! What a store says of itself.

use super::Family;
use crate::store::engine::Key;

/// The format of all records together.
#[must_use]
pub fn format() -> Key {
    Family::Format.key(&[])
}

/// How far an import into this store is that was not finished.
#[must_use]
pub fn import_progress() -> Key {
    Family::ImportProgress.key(&[])
}

/// Which keys the nodes of a shared store have.
#[must_use]
pub fn keyring() -> Key {
    Family::Keyring.key(&[])
}

/// Whether the record says something of the one store that it stands in: it is not moved with the
/// others.
#[must_use]
pub fn is_of_one_store(key: &Key) -> bool {
    matches!(
        Family::of(&key.0),
        Some(Family::ImportProgress | Family::Keyring)
    )
}
