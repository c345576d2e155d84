//! Names of the plans, domains and roles of resellers, and of what ties an account to them.

use super::key;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::role::RoleId;
use crate::store::engine::Key;

/// A price plan of a reseller, by its name, folded.
#[must_use]
pub fn plan(reseller: TenantId, name: &Name) -> Key {
    plans(reseller).then(name.folded().as_bytes())
}

/// All price plans of a reseller, by their names.
#[must_use]
pub fn plans(reseller: TenantId) -> Key {
    key(b'p').part(reseller.bytes()).end()
}

/// A domain of a reseller, by its name, folded.
#[must_use]
pub fn domain(reseller: TenantId, name: &Name) -> Key {
    key(b'w')
        .part(reseller.bytes())
        .part(name.folded().as_bytes())
        .end()
}

/// A role of a plan or a domain.
#[must_use]
pub fn role(reseller: TenantId, id: RoleId) -> Key {
    key(b'y')
        .part(&[ROLE])
        .part(reseller.bytes())
        .part(&id.0.to_be_bytes())
        .end()
}

/// What of resellers hangs at an account: while it is there, the account is not deleted.
#[must_use]
pub fn ties(account: AccountId) -> Key {
    key(b'y').part(&[TIES]).account(account).end()
}

/// Whether the key is one of [`ties`].
#[must_use]
pub fn is_ties(key: &Key) -> bool {
    key.0.starts_with(&[b'y', TIES])
}

const TIES: u8 = 0;
const ROLE: u8 = 1;
