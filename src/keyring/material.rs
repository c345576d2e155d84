//! Symmetric keys, and the order of the keys of one kind.

use zeroize::Zeroizing;

use super::{KeyInfo, KeyringError, LINK_KEY_BYTES};
use crate::domain::time::Timestamp;

/// Keys of one kind: always a newest, which signs or seals.
#[derive(Clone)]
pub(super) struct Generations<T> {
    /// From oldest to newest.
    older: Vec<T>,
    newest: T,
}

impl<T> Generations<T> {
    pub(super) fn first(newest: T) -> Self {
        Self {
            older: Vec::new(),
            newest,
        }
    }

    /// From keys in order, of which there must be one.
    pub(super) fn from_ordered(mut keys: Vec<T>) -> Option<Self> {
        let newest = keys.pop()?;
        Some(Self {
            older: keys,
            newest,
        })
    }

    pub(super) fn newest(&self) -> &T {
        &self.newest
    }

    /// From oldest to newest.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.older.iter().chain(std::iter::once(&self.newest))
    }

    pub(super) fn add(&mut self, newest: T) {
        self.older.push(std::mem::replace(&mut self.newest, newest));
    }

    /// Removes the older keys that `matches`.
    pub(super) fn remove_older(&mut self, matches: impl Fn(&T) -> bool) {
        self.older.retain(|key| !matches(key));
    }
}

/// A 256-bit key with its id.
#[derive(Clone)]
pub(super) struct Symmetric {
    id: u8,
    created_at: Timestamp,
    bytes: Zeroizing<[u8; LINK_KEY_BYTES]>,
}

impl Symmetric {
    pub(super) fn generate(id: u8, now: Timestamp) -> Result<Self, KeyringError> {
        let mut bytes = Zeroizing::new([0; LINK_KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| KeyringError::NoRandomness)?;
        Ok(Self {
            id,
            created_at: now,
            bytes,
        })
    }

    pub(super) fn from_bytes(id: u8, created_at: Timestamp, bytes: &[u8]) -> Option<Self> {
        let bytes = Zeroizing::new(bytes.try_into().ok()?);
        Some(Self {
            id,
            created_at,
            bytes,
        })
    }

    pub(super) fn info(&self) -> KeyInfo {
        KeyInfo {
            id: self.id.to_string(),
            created_at: self.created_at,
        }
    }

    pub(super) fn id(&self) -> u8 {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8; LINK_KEY_BYTES] {
        &self.bytes
    }
}

impl Generations<Symmetric> {
    pub(super) fn find(&self, id: u8) -> Option<&Symmetric> {
        self.iter().find(|key| key.id == id)
    }

    /// Adds a fresh key and returns its id: the next number, so that the id of a retired key
    /// comes back as late as possible.
    pub(super) fn add_fresh(&mut self, now: Timestamp) -> Result<u8, KeyringError> {
        let mut id = self.newest.id.wrapping_add(1);
        // Ends, since a keyring holds fewer keys than there are ids.
        while self.find(id).is_some() {
            id = id.wrapping_add(1);
        }
        self.add(Symmetric::generate(id, now)?);
        Ok(id)
    }
}
