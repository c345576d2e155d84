//! Customers and taxes of the billing dialect.

use crate::domain::ids::{CustomerId, TaxId, TenantId};

key_functions! {
    /// The customer object of a tenant.
    customer(tenant: TenantId) = Customer, tenant;
    /// The id of a customer object to its tenant.
    customer_id(id: CustomerId) = CustomerId, id;
    /// A tenant at or below `root` that has a customer object.
    subtree_customer(root: TenantId, tenant: TenantId) = SubtreeCustomer, root, tenant;
    /// All tenants at or below `root` that have a customer object.
    subtree_customers(root: TenantId) = SubtreeCustomer, root;
    /// A tax.
    tax(id: TaxId) = Tax, id;
    /// A tax of a tenant itself.
    tenant_tax(tenant: TenantId, tax: TaxId) = TenantTax, tenant, tax;
    /// All taxes of a tenant itself.
    tenant_taxes(tenant: TenantId) = TenantTax, tenant;
}
