//! Records that have a slot: those that every usage report reads and writes.

use crate::store::engine::Key;

/// The family of these records.
pub const SLOT_FAMILY: u8 = b'm';

/// The kind and id that stand behind the number in a slot's key.
pub(super) const ID_BYTES: usize = 17;

const KEY_BYTES: usize = 1 + 4 + ID_BYTES;

/// Larger numbers have no slot: the directory of pages stays below 8 MiB.
pub(super) const MAX_NUMBER: u32 = 1 << 28;

/// The place of a record in the table: the account's number, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot {
    pub(super) number: u32,
    pub(super) id: [u8; ID_BYTES],
}

impl Slot {
    /// The slot of the record under `key`; `None` for a record of the tables.
    pub(super) fn of(key: &Key) -> Option<Self> {
        let bytes: &[u8; KEY_BYTES] = key.0.as_slice().try_into().ok()?;
        let (family, rest) = bytes.split_first()?;
        let (number, id) = rest.split_first_chunk()?;
        let number = u32::from_be_bytes(*number);
        let has_slot = *family == SLOT_FAMILY && number < MAX_NUMBER;
        has_slot.then_some(Self {
            number,
            id: *id.first_chunk()?,
        })
    }

    pub(super) fn key(&self) -> Key {
        Key([&[SLOT_FAMILY][..], &self.number.to_be_bytes(), &self.id].concat())
    }
}
