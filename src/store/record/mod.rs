//! Stored forms: structs of their own, so that the domain and the wire can change without a
//! rewrite of what is on disk. Each form begins with the byte of its version; a form that a newer
//! program wrote is refused, never guessed at.

mod account;
mod audit;
mod billing;
mod brand;
pub(in crate::store) mod bytes;
pub mod clicks;
pub mod hot_meter;
mod import;
mod mail;
mod meter;
mod node;
mod numbered;
mod plan;
mod request;
mod reseller;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::engine::StoreError;

pub use import::ImportProgress;
pub use meter::OfferingItems;
pub use numbered::{Numbered, NumberedTenant, NumberedUser};
pub use request::KeptRequest;

/// A value with a stored form.
pub trait Stored: Sized {
    /// What the form is called in errors.
    const NAME: &'static str;
    /// The version that is written now.
    const VERSION: u8 = 1;
    /// Fields of the form that hold secrets, sealed and hashed ones too, by their path
    /// (`smtp.sealed_password`). The audit masks them.
    const SECRETS: &'static [&'static str] = &[];
    /// The newest form.
    type Form: Serialize + DeserializeOwned + From<Self>;

    /// Turns the form back into the value.
    ///
    /// # Errors
    /// What of it makes no sense.
    fn from_form(form: Self::Form) -> Result<Self, String>;

    /// The bytes to store.
    #[must_use]
    fn encode(self) -> Vec<u8> {
        let mut bytes = vec![Self::VERSION];
        // Serializing plain structs into memory cannot fail; were it to, the empty form is
        // refused when read, rather than half a form believed.
        if serde_json::to_writer(&mut bytes, &Self::Form::from(self)).is_err() {
            bytes.truncate(1);
        }
        bytes
    }

    /// A number that another content has another one of: the version of what does not count its
    /// changes.
    #[must_use]
    fn content_version(&self) -> u64
    where
        Self: Clone,
    {
        first_64_bits(Sha256::digest(self.clone().encode()).into())
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are damaged or of a newer version.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let corrupt = |why: String| StoreError::Corrupt(format!("{}: {why}", Self::NAME));
        match bytes.split_first() {
            Some((version, json)) if *version == Self::VERSION => {
                let form = serde_json::from_slice(json).map_err(|e| corrupt(e.to_string()))?;
                Self::from_form(form).map_err(corrupt)
            }
            Some((version, _)) => Err(corrupt(format!(
                "form {version} is not known here (this program writes {}); use a newer upsell",
                Self::VERSION
            ))),
            None => Err(corrupt("empty".to_owned())),
        }
    }
}

/// The start of a hash, as a number.
#[must_use]
pub fn first_64_bits(hash: [u8; 32]) -> u64 {
    let bytes = hash.iter().take(8);
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// `Err` with what could not be read.
fn need<T, E: std::fmt::Display>(what: &str, parsed: Result<T, E>) -> Result<T, String> {
    parsed.map_err(|error| format!("{what}: {error}"))
}

/// `Err` with the name that is not known.
fn known<T>(what: &str, name: &str, found: Option<T>) -> Result<T, String> {
    found.ok_or_else(|| format!("{what}: {name:?} is not known"))
}
