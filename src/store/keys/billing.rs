//! Customers and taxes of the billing dialect: families `B` and `x`, each with a byte that parts
//! records from indexes.

use super::key;
use crate::domain::ids::{CustomerId, TaxId, TenantId};
use crate::store::engine::Key;

/// The customer object of a tenant.
#[must_use]
pub fn customer(tenant: TenantId) -> Key {
    key(b'B').part(&[0]).part(tenant.bytes()).end()
}

/// The id of a customer object to its tenant.
#[must_use]
pub fn customer_id(id: CustomerId) -> Key {
    key(b'B').part(&[1]).part(id.bytes()).end()
}

/// A tenant at or below `root` that has a customer object.
#[must_use]
pub fn subtree_customer(root: TenantId, tenant: TenantId) -> Key {
    subtree_customers(root).then(tenant.bytes())
}

/// All tenants at or below `root` that have a customer object.
#[must_use]
pub fn subtree_customers(root: TenantId) -> Key {
    key(b'B').part(&[2]).part(root.bytes()).end()
}

/// A tax.
#[must_use]
pub fn tax(id: TaxId) -> Key {
    key(b'x').part(&[0]).part(id.bytes()).end()
}

/// A tax of a tenant itself.
#[must_use]
pub fn tenant_tax(tenant: TenantId, tax: TaxId) -> Key {
    tenant_taxes(tenant).then(tax.bytes())
}

/// All taxes of a tenant itself.
#[must_use]
pub fn tenant_taxes(tenant: TenantId) -> Key {
    key(b'x').part(&[1]).part(tenant.bytes()).end()
}
