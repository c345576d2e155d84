//! Customers and taxes of the billing dialect.

use super::Family;
use crate::domain::ids::{CustomerId, TaxId, TenantId};
use crate::store::engine::Key;

/// The customer object of a tenant.
#[must_use]
pub fn customer(tenant: TenantId) -> Key {
    Family::Customer.key(tenant.bytes())
}

/// The id of a customer object to its tenant.
#[must_use]
pub fn customer_id(id: CustomerId) -> Key {
    Family::CustomerId.key(id.bytes())
}

/// A tenant at or below `root` that has a customer object.
#[must_use]
pub fn subtree_customer(root: TenantId, tenant: TenantId) -> Key {
    subtree_customers(root).then(tenant.bytes())
}

/// All tenants at or below `root` that have a customer object.
#[must_use]
pub fn subtree_customers(root: TenantId) -> Key {
    Family::SubtreeCustomer.key(root.bytes())
}

/// A tax.
#[must_use]
pub fn tax(id: TaxId) -> Key {
    Family::Tax.key(id.bytes())
}

/// A tax of a tenant itself.
#[must_use]
pub fn tenant_tax(tenant: TenantId, tax: TaxId) -> Key {
    tenant_taxes(tenant).then(tax.bytes())
}

/// All taxes of a tenant itself.
#[must_use]
pub fn tenant_taxes(tenant: TenantId) -> Key {
    Family::TenantTax.key(tenant.bytes())
}
