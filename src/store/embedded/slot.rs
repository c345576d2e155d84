//! Records that have a slot: those that every usage report or click reads and writes.

use crate::store::engine::Key;
use crate::store::keys::Family;

/// The families of these records, in the order of their keys: clicks and meters.
pub const SLOT_FAMILIES: [u8; 2] = [Family::LatestClicks as u8, Family::Meter as u8];

/// The kind and id that stand behind the number in a slot's key.
pub(super) const ID_BYTES: usize = 17;

const KEY_BYTES: usize = 1 + 4 + ID_BYTES;

/// Larger numbers have no slot: the directory of pages stays below 8 MiB.
pub(super) const MAX_NUMBER: u32 = 1 << 28;

/// The place of a record in the table: its family, the account's number, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot {
    pub(super) family: u8,
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
        let has_slot = SLOT_FAMILIES.contains(family) && number < MAX_NUMBER;
        has_slot.then_some(Self {
            family: *family,
            number,
            id: *id.first_chunk()?,
        })
    }

    pub(super) fn key(&self) -> Key {
        Key([&[self.family][..], &self.number.to_be_bytes(), &self.id].concat())
    }
}

/// A page: slots of one family with neighbouring numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PageId {
    pub(super) family: u8,
    pub(super) index: u32,
}

impl PageId {
    /// The name that it is stored under.
    pub(super) fn key(self) -> [u8; 5] {
        let [a, b, c, d] = self.index.to_be_bytes();
        [self.family, a, b, c, d]
    }

    /// The page with that name.
    pub(super) fn of_key(key: &[u8]) -> Option<Self> {
        let (family, index) = key.split_first()?;
        let index = u32::from_be_bytes(index.try_into().ok()?);
        SLOT_FAMILIES.contains(family).then_some(Self {
            family: *family,
            index,
        })
    }
}
