//! Secrets at rest: XChaCha20-Poly1305, whose 192-bit nonces may be random without a count.
//!
//! Sealed form: `s1.` key id `.` base64url(nonce ‖ ciphertext ‖ tag). The tenant, the field and the
//! key id are authenticated with it, so that a ciphertext copied to another tenant or another
//! field does not open.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use super::material::{Generations, Symmetric};

/// Version of the sealed form, its first part.
const VERSION: &str = "s1";
const NONCE_BYTES: usize = 24;
/// Keeps these uses of a key apart from any other that may come.
const PURPOSE: &[u8] = b"upsell sealed field 1";

/// Why a secret was not sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// It does not have the sealed form.
    #[error("this is not a sealed secret, or it was cut")]
    Malformed,
    /// Its key is not in the keyring.
    #[error("the sealing key {key_id} is not in the key file; restore the file that had it")]
    UnknownKey {
        /// The id of the key that sealed it.
        key_id: u8,
    },
    /// It was changed, or sealed for another tenant or field, or with another key.
    #[error("the sealed secret does not belong here or was changed; set the secret again")]
    Refused,
    /// The system gave no randomness.
    #[error("the secret cannot be sealed: the system's random numbers are not available")]
    NoRandomness,
    /// The cipher refused: the secret is longer than it can take (256 GiB).
    #[error("the secret is too long to seal")]
    TooLong,
}

pub(super) fn seal(
    key: &Symmetric,
    tenant: &[u8],
    field: &str,
    plaintext: &[u8],
) -> Result<String, SealError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
    let aad = associated(key.id(), tenant, field);
    let ciphertext = cipher(key)
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plaintext,
                aad: &aad,
            },
        )
        .map_err(|_| SealError::TooLong)?;
    let mut sealed = nonce.to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(format!(
        "{VERSION}.{}.{}",
        key.id(),
        URL_SAFE_NO_PAD.encode(sealed)
    ))
}

pub(super) fn open(
    keys: &Generations<Symmetric>,
    tenant: &[u8],
    field: &str,
    sealed: &str,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (key_id, encoded) = split(sealed).ok_or(SealError::Malformed)?;
    let key = keys.find(key_id).ok_or(SealError::UnknownKey { key_id })?;
    let bytes = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| SealError::Malformed)?;
    let (nonce, ciphertext) = bytes
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(SealError::Malformed)?;
    let aad = associated(key_id, tenant, field);
    cipher(key)
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad: &aad,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| SealError::Refused)
}

fn split(sealed: &str) -> Option<(u8, &str)> {
    let (version, rest) = sealed.split_once('.')?;
    let (key_id, encoded) = rest.split_once('.')?;
    if version != VERSION {
        return None;
    }
    Some((key_id.parse().ok()?, encoded))
}

fn cipher(key: &Symmetric) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// Lengths stand before the parts, so that no two pairs of tenant and field look the same.
fn associated(key_id: u8, tenant: &[u8], field: &str) -> Vec<u8> {
    let mut aad = PURPOSE.to_vec();
    aad.push(key_id);
    for part in [tenant, field.as_bytes()] {
        aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
        aad.extend_from_slice(part);
    }
    aad
}
