//! Names of the plans, domains and roles of resellers, and of what ties an account to them.

use super::{Family, start};
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
    Family::PricePlan.key(reseller.bytes())
}

/// A domain of a reseller, by its name, folded.
#[must_use]
pub fn domain(reseller: TenantId, name: &Name) -> Key {
    start(Family::Domain)
        .part(reseller.bytes())
        .part(name.folded().as_bytes())
        .end()
}

/// A role of a plan or a domain.
#[must_use]
pub fn role(reseller: TenantId, id: RoleId) -> Key {
    start(Family::Role)
        .part(reseller.bytes())
        .part(&id.0.to_be_bytes())
        .end()
}

/// What of resellers hangs at an account: while it is there, the account is not deleted.
#[must_use]
pub fn ties(account: AccountId) -> Key {
    start(Family::Ties).account(account).end()
}
