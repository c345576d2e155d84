//! Keys that sign access tokens: RSA, 2048 bits, used with RS256 (RFC 7518 §3.3).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{KeyInfo, KeyringError};
use crate::domain::time::Timestamp;

/// Characters in a line of a PEM file (RFC 7468 §2).
const PEM_LINE: usize = 64;

/// A key that signs access tokens.
#[derive(Clone)]
pub struct TokenKey {
    kid: String,
    created_at: Timestamp,
    modulus: String,
    exponent: String,
    pair: Arc<KeyPair>,
}

/// The public half of a [`TokenKey`], as a JWK wants it (RFC 7518 §6.3.1): base64url, no padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicTokenKey<'a> {
    /// Names the key: its thumbprint (RFC 7638).
    pub kid: &'a str,
    /// The modulus.
    pub n: &'a str,
    /// The exponent.
    pub e: &'a str,
}

impl TokenKey {
    pub(super) fn generate(now: Timestamp) -> Result<Self, KeyringError> {
        // Takes about 100 ms, some times more: primes are searched.
        KeyPair::generate(KeySize::Rsa2048)
            .map(|pair| Self::from_pair(pair, now))
            .map_err(|_| KeyringError::NoRandomness)
    }

    /// None if these bytes are no RSA key of at least 2048 bits.
    pub(super) fn from_pkcs8(der: &[u8], created_at: Timestamp) -> Option<Self> {
        let pair = KeyPair::from_pkcs8(der).ok()?;
        Some(Self::from_pair(pair, created_at))
    }

    pub(super) fn info(&self) -> KeyInfo {
        KeyInfo {
            id: self.kid.clone(),
            created_at: self.created_at,
        }
    }

    fn from_pair(pair: KeyPair, created_at: Timestamp) -> Self {
        let public = pair.public_key();
        let modulus = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let exponent = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        // RFC 7638 §3: the required members in this order, without spaces.
        let jwk = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(jwk));
        Self {
            kid,
            created_at,
            modulus,
            exponent,
            pair: Arc::new(pair),
        }
    }

    /// Names the key in the header of a token and in the JWKS: its thumbprint (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicTokenKey<'_> {
        PublicTokenKey {
            kid: &self.kid,
            n: &self.modulus,
            e: &self.exponent,
        }
    }

    /// The RS256 signature of `message`. None if the cryptographic library fails, which it has no
    /// reason to.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        );
        signed.ok().map(|()| signature)
    }

    /// The private key as PKCS#8 (RFC 5208), DER. None if the cryptographic library fails.
    #[must_use]
    pub fn pkcs8_der(&self) -> Option<Zeroizing<Vec<u8>>> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().ok()?;
        Some(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// The private key as PKCS#8, PEM (RFC 7468 §10). None if the cryptographic library fails.
    #[must_use]
    pub fn pkcs8_pem(&self) -> Option<Zeroizing<String>> {
        let text = Zeroizing::new(STANDARD.encode(&*self.pkcs8_der()?));
        // Room for all from the start: a string that grows leaves its old memory unwiped.
        let mut pem = Zeroizing::new(String::with_capacity(text.len() + text.len() / 32 + 128));
        pem.push_str("-----BEGIN PRIVATE KEY-----\n");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(PEM_LINE));
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Some(pem)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}
