//! The format of all records together, whichever engine holds them.
//!
//! Each stored form has a version of its own, and an engine may have one of its files. This one is
//! for what neither can say: that keys, or what records mean together, are such that an older
//! program must not touch them. A store without the record is of format 1.

use super::engine::{Engine, StoreError};
use super::keys;

/// The format that this program reads and writes. Raise it when an older program would do harm.
pub const RECORDS_FORMAT: u32 = 1;

/// Why records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A newer program wrote them.
    #[error(
        "the records are of format {found}, this program knows formats up to {RECORDS_FORMAT}; \
         use the newer program"
    )]
    Newer {
        /// Their format.
        found: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The record of the format that this program writes.
#[must_use]
pub fn body() -> Vec<u8> {
    RECORDS_FORMAT.to_be_bytes().to_vec()
}

/// Refuses a store with records of a newer format.
///
/// # Errors
/// [`FormatError::Newer`]; or the record is damaged, or the store away.
pub async fn check(engine: &dyn Engine) -> Result<(), FormatError> {
    let Some(record) = engine.get(&keys::format()).await? else {
        return Ok(());
    };
    let bytes = <[u8; 4]>::try_from(record.body.as_slice());
    let bytes = bytes.map_err(|_| StoreError::Corrupt("format: not 4 bytes long".to_owned()))?;
    check_number(u32::from_be_bytes(bytes))
}

/// Refuses a newer format.
///
/// # Errors
/// [`FormatError::Newer`].
pub const fn check_number(found: u32) -> Result<(), FormatError> {
    if found > RECORDS_FORMAT {
        return Err(FormatError::Newer { found });
    }
    Ok(())
}
