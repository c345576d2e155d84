//! STUB replaced by the store branch.
#![allow(missing_docs)]
use std::sync::Arc;
pub struct Keyring;
pub struct TokenKey;
impl TokenKey {
    pub fn kid(&self) -> &str {
        ""
    }
    pub fn pkcs8_der(&self) -> &[u8] {
        &[]
    }
    pub fn n(&self) -> &str {
        ""
    }
    pub fn e(&self) -> &str {
        ""
    }
}
impl Keyring {
    pub fn token_signer(&self) -> &TokenKey {
        &TokenKey
    }
    pub fn token_key(&self, _: &str) -> Option<&TokenKey> {
        None
    }
    pub fn link_signer(&self) -> (u8, &[u8; 32]) {
        (0, &[0; 32])
    }
    pub fn link_key(&self, _: u8) -> Option<&[u8; 32]> {
        None
    }
    pub fn token_public_keys(&self) -> &[TokenKey] {
        &[]
    }
    pub fn seal(&self, _tenant: &[u8; 16], _field: &str, _plain: &str) -> String {
        String::new()
    }
    pub fn open(&self, _tenant: &[u8; 16], _field: &str, _sealed: &str) -> Option<String> {
        None
    }
}
pub type SharedKeyring = Arc<arc_swap::ArcSwap<Keyring>>;
