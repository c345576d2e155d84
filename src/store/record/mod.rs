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

use super::engine::{Key, StoreError};
use super::keys;
use super::resellers::Ties;
use crate::domain::audit::AuditEntry;
use crate::domain::billing::{Customer, Tax};
use crate::domain::brand::Brand;
use crate::domain::client::Client;
use crate::domain::ids::{AccountId, AuditId, ClientId, MailId, NodeId, TaxId, TenantId, UserId};
use crate::domain::mail::{Mail, Recipient};
use crate::domain::meter::OfferingItem;
use crate::domain::node::Presence;
use crate::domain::plan::{Plan, PlanRef};
use crate::domain::reseller::domain::Domain;
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan as PricePlan;
use crate::domain::reseller::role::{Role, RoleId};
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
    /// What finds it.
    type Id;

    /// The key of its record.
    fn key(id: Self::Id) -> Key;

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

macro_rules! stored {
    ($(
        $value:ty, $name:literal, $id:ty => $key:expr
        $(, version $version:literal)? $(, secrets $secrets:expr)?;
    )+) => {
        $(impl Stored for $value {
            const NAME: &'static str = $name;
            $(const VERSION: u8 = $version;)?
            $(const SECRETS: &'static [&'static str] = &$secrets;)?
            type Id = $id;

            fn key(id: $id) -> Key {
                let key: fn($id) -> Key = $key;
                key(id)
            }
        })+

        #[cfg(test)]
        const NAMES: &[&str] = &[$($name),+];
    };
}

// What is stored, its name in errors, its id, and the key of its record.
stored! {
    AuditEntry, "audit entry", (Timestamp, AuditId) => |(at, id)| keys::audit::entry(at, id);
    Brand, "brand", TenantId => keys::brand, secrets ["smtp.sealed_password"];
    Client, "client", ClientId => keys::client, secrets ["secret_sha256"];
    Customer, "billing customer", TenantId => keys::billing::customer;
    Mail, "mail", MailId => keys::mail;
    Plan, "partner plan", PlanRef => keys::plan;
    Presence, "presence", NodeId => keys::nodes::presence;
    Recipient, "recipient", UserId => keys::recipient;
    Domain, "domain", (TenantId, Name) => |(reseller, name)| keys::reseller::domain(reseller, &name);
    PricePlan, "price plan", (TenantId, Name) => |(reseller, name)| keys::reseller::plan(reseller, &name);
    Role, "role", (TenantId, RoleId) => |(reseller, id)| keys::reseller::role(reseller, id);
    Snoozes, "snoozes", UserId => keys::snoozes;
    Tax, "tax", TaxId => keys::billing::tax;
    Tenant, "tenant", TenantId => keys::tenant;
    Ties, "ties", AccountId => keys::reseller::ties;
    User, "user", UserId => keys::user;
    OfferingItems, "offering items", AccountId => keys::offering_items;
    KeptRequest, "kept request", Key => |name| name, secrets ["sealed_answer"];
    ImportProgress, "progress of an import", () => |()| keys::import_progress();
}

/// The offering items of an account: what of its meter only changes when an admin changes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OfferingItems {
    /// All of them.
    pub offering_items: Vec<OfferingItem>,
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

/// The start of a hash, as a number.
#[must_use]
pub fn first_64_bits(hash: [u8; 32]) -> u64 {
    let bytes = hash.iter().take(8);
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}
