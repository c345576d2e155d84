//! The secrets of a deployment, in one file: keys that sign links, seal stored secrets, and sign
//! access tokens.
//!
//! Of each kind the newest key signs or seals; the older ones still verify or open, until they are
//! retired. So keys rotate without a stop: rotate, wait until what the old key made has expired
//! (links, tokens) or was sealed again (stored secrets), retire the old key.
//!
//! Nothing here shows a secret: `Debug` names key ids only, errors name places only, and key
//! material is wiped from memory when dropped.

mod file;
mod material;
mod seal;
mod token;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::domain::time::Timestamp;

pub use seal::SealError;
pub use token::{PublicTokenKey, TokenKey};

/// The keyring of a running service; replaced whole when keys rotate.
pub type SharedKeyring = std::sync::Arc<arc_swap::ArcSwap<Keyring>>;

use material::{Generations, Symmetric};

/// Bytes of a key that signs links (HMAC-SHA256, RFC 2104: as long as the hash).
pub const LINK_KEY_BYTES: usize = 32;

/// Keys of one kind that a keyring holds at most. Retire old ones to make room.
pub const MAX_KEYS_OF_A_KIND: usize = 16;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Tracked links: HMAC-SHA256.
    LinkSigning,
    /// Secrets at rest: XChaCha20-Poly1305.
    Sealing,
    /// Access tokens: RS256 with 2048 bits.
    TokenSigning,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LinkSigning => "link-signing",
            Self::Sealing => "sealing",
            Self::TokenSigning => "token-signing",
        })
    }
}

/// Why a keyring could not be read, written or changed.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// There is a file already; it is left as it is.
    #[error("{} already exists; it was not changed", .0.display())]
    AlreadyExists(PathBuf),
    /// There is no file.
    #[error("there is no key file {}; name its directory with --data, make one with `upsell init`, or restore it", .0.display())]
    Missing(PathBuf),
    /// The content is not a keyring.
    #[error("the key file {} is damaged: {why}; restore it from a backup", path.display())]
    Damaged {
        /// The key file.
        path: PathBuf,
        /// What is wrong where. Never quotes a value.
        why: String,
    },
    /// A newer program wrote it.
    #[error(
        "the key file {} has format {found}, this program knows formats up to {supported}; \
         use the newer program",
        path.display()
    )]
    NewerFormat {
        /// The key file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The newest format that this program reads.
        supported: u32,
    },
    /// The operating system refused.
    #[error("the key file {} cannot be used: {source}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
    /// No key could be made: the system gave no randomness.
    #[error("no key could be made: the system's random numbers are not available")]
    NoRandomness,
    /// There is no room for another key.
    #[error("there are {MAX_KEYS_OF_A_KIND} {0} keys already; retire old ones first")]
    TooMany(KeyKind),
    /// The newest key is in use.
    #[error("{kind} key {id} is the one that signs now; rotate first, then retire it")]
    InUse {
        /// Its kind.
        kind: KeyKind,
        /// Its id.
        id: String,
    },
    /// There is no such key.
    #[error("there is no {kind} key {id}; see `upsell keys list`")]
    UnknownKey {
        /// The kind asked for.
        kind: KeyKind,
        /// The id asked for.
        id: String,
    },
}

/// All keys of a deployment.
#[derive(Clone)]
pub struct Keyring {
    path: PathBuf,
    keys: Keys,
}

/// What may be shown of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Names it.
    pub id: String,
    /// When it was made; the one before it signs or seals nothing from then on.
    pub created_at: Timestamp,
}

/// The keys without their place.
#[derive(Clone)]
struct Keys {
    link: Generations<Symmetric>,
    sealing: Generations<Symmetric>,
    token: Generations<TokenKey>,
}

impl Keyring {
    /// Makes a keyring with one fresh key of each kind and writes it to a new file that only its
    /// owner can read: the owner of the directory. The file appears whole or not at all.
    ///
    /// # Errors
    ///
    /// [`KeyringError::AlreadyExists`], [`KeyringError::Io`], [`KeyringError::NoRandomness`].
    pub fn create(path: &Path, now: Timestamp) -> Result<Self, KeyringError> {
        let keys = Keys {
            link: Generations::first(Symmetric::generate(1, now)?),
            sealing: Generations::first(Symmetric::generate(1, now)?),
            token: Generations::first(TokenKey::generate(now)?),
        };
        file::create(path, &keys)?;
        Ok(Self {
            path: path.to_owned(),
            keys,
        })
    }

    /// Reads the keyring from its file. Warns in the log if others than the owner can read it.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Missing`], [`KeyringError::Damaged`] (also for unknown fields),
    /// [`KeyringError::NewerFormat`], [`KeyringError::Io`].
    pub fn load(path: &Path) -> Result<Self, KeyringError> {
        Ok(Self {
            path: path.to_owned(),
            keys: file::load(path)?,
        })
    }

    /// Adds a key of this kind, which signs or seals from now on, and returns its id. The file is
    /// replaced, durably, before this returns, and keeps its owner, group and mode; after an error
    /// nothing has changed.
    ///
    /// Only one process may change a keyring: of two at the same time one would lose its key.
    ///
    /// # Errors
    ///
    /// [`KeyringError::TooMany`], [`KeyringError::NoRandomness`], [`KeyringError::Io`].
    pub fn rotate(&mut self, kind: KeyKind, now: Timestamp) -> Result<String, KeyringError> {
        if self.key_ids(kind).len() >= MAX_KEYS_OF_A_KIND {
            return Err(KeyringError::TooMany(kind));
        }
        let mut keys = self.keys.clone();
        let id = match kind {
            KeyKind::LinkSigning => keys.link.add_fresh(now)?.to_string(),
            KeyKind::Sealing => keys.sealing.add_fresh(now)?.to_string(),
            KeyKind::TokenSigning => {
                let key = TokenKey::generate(now)?;
                let kid = key.kid().to_owned();
                keys.token.add(key);
                kid
            }
        };
        self.replace(keys)?;
        Ok(id)
    }

    /// Removes an old key for good: what it signed or sealed is refused from now on. The file is
    /// replaced as in [`Self::rotate`].
    ///
    /// # Errors
    ///
    /// [`KeyringError::InUse`] for the newest key, [`KeyringError::UnknownKey`],
    /// [`KeyringError::Io`].
    pub fn retire(&mut self, kind: KeyKind, id: &str) -> Result<(), KeyringError> {
        let ids = self.key_ids(kind);
        if !ids.iter().any(|known| known == id) {
            return Err(KeyringError::UnknownKey {
                kind,
                id: id.to_owned(),
            });
        }
        if ids.last().is_some_and(|newest| newest == id) {
            return Err(KeyringError::InUse {
                kind,
                id: id.to_owned(),
            });
        }
        let mut keys = self.keys.clone();
        match kind {
            KeyKind::LinkSigning => keys.link.remove_older(|key| key.id().to_string() == id),
            KeyKind::Sealing => keys.sealing.remove_older(|key| key.id().to_string() == id),
            KeyKind::TokenSigning => keys.token.remove_older(|key| key.kid() == id),
        }
        self.replace(keys)
    }

    fn replace(&mut self, keys: Keys) -> Result<(), KeyringError> {
        file::replace(&self.path, &keys)?;
        self.keys = keys;
        Ok(())
    }

    /// The keys of this kind, from oldest to newest.
    #[must_use]
    pub fn keys(&self, kind: KeyKind) -> Vec<KeyInfo> {
        match kind {
            KeyKind::LinkSigning => self.keys.link.iter().map(Symmetric::info).collect(),
            KeyKind::Sealing => self.keys.sealing.iter().map(Symmetric::info).collect(),
            KeyKind::TokenSigning => self.keys.token.iter().map(TokenKey::info).collect(),
        }
    }

    /// Their ids.
    #[must_use]
    pub fn key_ids(&self, kind: KeyKind) -> Vec<String> {
        self.keys(kind).into_iter().map(|key| key.id).collect()
    }

    /// The key that signs links, with its id.
    #[must_use]
    pub fn link_signer(&self) -> (u8, &[u8; LINK_KEY_BYTES]) {
        let newest = self.keys.link.newest();
        (newest.id(), newest.bytes())
    }

    /// The key that verifies links made with this key id, unless it was retired.
    #[must_use]
    pub fn link_key(&self, key_id: u8) -> Option<&[u8; LINK_KEY_BYTES]> {
        self.keys.link.find(key_id).map(Symmetric::bytes)
    }

    /// Encrypts a secret for storage. It opens only for the same tenant and field.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`].
    pub fn seal(&self, tenant: &[u8], field: &str, plaintext: &[u8]) -> Result<String, SealError> {
        seal::seal(self.keys.sealing.newest(), tenant, field, plaintext)
    }

    /// Decrypts what [`Self::seal`] made for this tenant and field.
    ///
    /// # Errors
    ///
    /// [`SealError`]: malformed, of a retired key, or not made for this tenant and field.
    pub fn open(
        &self,
        tenant: &[u8],
        field: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        seal::open(&self.keys.sealing, tenant, field, sealed)
    }

    /// The key that signs access tokens.
    #[must_use]
    pub fn token_signer(&self) -> &TokenKey {
        self.keys.token.newest()
    }

    /// The public halves of all token keys, for the JWKS (RFC 7517 §5), newest first.
    #[must_use]
    pub fn token_public_keys(&self) -> Vec<PublicTokenKey<'_>> {
        self.keys.token.iter().rev().map(TokenKey::public).collect()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("path", &self.path)
            .field("link", &self.key_ids(KeyKind::LinkSigning))
            .field("sealing", &self.key_ids(KeyKind::Sealing))
            .field("token", &self.key_ids(KeyKind::TokenSigning))
            .finish()
    }
}
