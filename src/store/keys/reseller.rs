//! Names of the plans, domains and roles of resellers, and of what ties an account to them.

use crate::domain::ids::{AccountId, TenantId};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::role::RoleId;

key_functions! {
    /// A price plan of a reseller, by its name, folded.
    plan(reseller: TenantId, name: &Name) = PricePlan, reseller, name.folded().as_str();
    /// All price plans of a reseller, by their names.
    plans(reseller: TenantId) = PricePlan, reseller;
    /// A domain of a reseller, by its name, folded.
    domain(reseller: TenantId, name: &Name) = Domain, reseller, name.folded().as_str();
    /// A role of a plan or a domain.
    role(reseller: TenantId, id: RoleId) = Role, reseller, id.0.to_be_bytes();
    /// What of resellers hangs at an account: while it is there, the account is not deleted.
    ties(account: AccountId) = Ties, account;
}
