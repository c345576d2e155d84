//! Stored forms. A domain value is stored as its own serde, as JSON behind a byte of version; what
//! each usage report or click reads is binary. A form that a newer program wrote is refused, never
//! guessed at, and so is one that its type refuses.

pub(in crate::store) mod bytes;
pub mod clicks;
pub mod hot_meter;
mod numbered;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::engine::StoreError;
use super::resellers::Ties;
use crate::domain::audit::AuditEntry;
use crate::domain::billing::{Customer, Tax};
use crate::domain::brand::Brand;
use crate::domain::client::Client;
use crate::domain::meter::OfferingItem;
use crate::domain::node::Presence;
use crate::domain::notification::{Mail, Recipient};
use crate::domain::plan::Plan;
use crate::domain::reseller;
use crate::domain::snooze::Snoozes;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::domain::user::User;

pub use numbered::{Numbered, NumberedTenant, NumberedUser};

/// A value that is stored as its own serde.
pub trait Stored: Serialize + DeserializeOwned {
    /// What it is called in errors.
    const NAME: &'static str;
    /// The version that is written now. Another shape of the JSON is another version.
    const VERSION: u8 = 1;
    /// Fields that hold secrets, sealed and hashed ones too, by their path
    /// (`smtp.sealed_password`). The audit masks them.
    const SECRETS: &'static [&'static str] = &[];

    /// The bytes to store.
    #[must_use]
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![Self::VERSION];
        // Serializing plain structs into memory cannot fail; were it to, the empty form is
        // refused when read, rather than half a form believed.
        if serde_json::to_writer(&mut bytes, self).is_err() {
            bytes.truncate(1);
        }
        bytes
    }

    /// A number that another content has another one of: the version of what does not count its
    /// changes.
    #[must_use]
    fn content_version(&self) -> u64 {
        first_64_bits(Sha256::digest(self.encode()).into())
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are damaged or of a newer version.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::Corrupt(format!("{}: {why}", Self::NAME));
        match bytes.split_first() {
            Some((version, json)) if *version == Self::VERSION => {
                serde_json::from_slice(json).map_err(|error| corrupt(error.to_string()))
            }
            Some((version, _)) => Err(corrupt(format!(
                "form {version} is not known here (this program writes {}); use a newer upsell",
                Self::VERSION
            ))),
            None => Err(corrupt("empty".to_owned())),
        }
    }
}

impl Stored for AuditEntry {
    const NAME: &'static str = "audit entry";
}

impl Stored for Brand {
    const NAME: &'static str = "brand";
    const SECRETS: &'static [&'static str] = &["smtp.sealed_password"];
}

impl Stored for Client {
    const NAME: &'static str = "client";
    const SECRETS: &'static [&'static str] = &["secret_sha256"];
}

impl Stored for Customer {
    const NAME: &'static str = "billing customer";
}

impl Stored for Mail {
    const NAME: &'static str = "mail";
}

impl Stored for Plan {
    const NAME: &'static str = "partner plan";
}

impl Stored for Presence {
    const NAME: &'static str = "presence";
}

impl Stored for Recipient {
    const NAME: &'static str = "recipient";
}

impl Stored for reseller::domain::Domain {
    const NAME: &'static str = "domain";
}

impl Stored for reseller::plan::Plan {
    const NAME: &'static str = "price plan";
}

impl Stored for reseller::role::Role {
    const NAME: &'static str = "role";
}

impl Stored for Snoozes {
    const NAME: &'static str = "snoozes";
}

impl Stored for Tax {
    const NAME: &'static str = "tax";
}

impl Stored for Tenant {
    const NAME: &'static str = "tenant";
}

impl Stored for Ties {
    const NAME: &'static str = "ties";
}

impl Stored for User {
    const NAME: &'static str = "user";
}

/// The offering items of an account: what of its meter only changes when an admin changes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OfferingItems {
    /// All of them.
    pub offering_items: Vec<OfferingItem>,
}

impl Stored for OfferingItems {
    const NAME: &'static str = "offering items";
}

/// A request that was begun, and its answer once there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRequest {
    /// What was asked: a hash of method, path, query and body.
    pub fingerprint: [u8; 32],
    /// When it is forgotten.
    #[serde(rename = "expires_us")]
    pub expires_at: Timestamp,
    /// The answer, sealed: it may hold a secret. `None`: none was kept, or none yet.
    pub sealed_answer: Option<String>,
}

impl Stored for KeptRequest {
    const NAME: &'static str = "kept request";
    const SECRETS: &'static [&'static str] = &["sealed_answer"];
}

/// How far an import into this store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    /// The sum of the export's header: which export it is.
    pub header: [u8; 32],
    /// Its chunks that are in the store.
    pub chunks: u64,
    /// The sum of the export up to the last of them.
    pub sum: [u8; 32],
}

impl Stored for ImportProgress {
    const NAME: &'static str = "progress of an import";
}

/// The start of a hash, as a number.
#[must_use]
pub fn first_64_bits(hash: [u8; 32]) -> u64 {
    let bytes = hash.iter().take(8);
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}
