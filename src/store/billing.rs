//! Changes of customers and taxes, each with the indexes that lead to it. No other code writes
//! these keys.

use super::engine::{Changes, Expect, StoreError};
use super::keys::billing as keys;
use super::record::Stored;
use super::{Found, Store, unchanged};
use crate::domain::billing::{Customer, Tax};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::tenant::Tenant;

impl Store {
    /// The tenant whose customer object this is.
    ///
    /// # Errors
    /// As [`Store::lookup`].
    pub async fn tenant_of_customer(&self, id: CustomerId) -> Result<Option<TenantId>, StoreError> {
        let tenant = self.lookup(&keys::customer_id(id)).await?;
        Ok(tenant.map(TenantId::new))
    }
}

impl Changes {
    /// Stores the customer object of `tenant`; `old` is what was seen of it. A customer keeps its
    /// id, so the indexes are written with the first version.
    pub fn put_customer(
        &mut self,
        old: Option<&Found<Customer>>,
        new: Customer,
        tenant: &Tenant,
    ) -> &mut Self {
        if old.is_none() {
            let lookup = keys::customer_id(new.id);
            self.put(lookup, tenant.id.bytes().to_vec());
            for root in tenant.lineage() {
                self.put(keys::subtree_customer(root, tenant.id), Vec::new());
            }
        }
        let key = keys::customer(tenant.id);
        self.expect(key.clone(), unchanged(old))
            .put(key, new.encode())
    }

    /// Removes the customer object of `tenant`.
    pub fn delete_customer(&mut self, old: &Found<Customer>, tenant: &Tenant) -> &mut Self {
        let key = keys::customer(tenant.id);
        self.expect(key.clone(), Expect::Revision(old.revision));
        self.delete(keys::customer_id(old.id));
        for root in tenant.lineage() {
            self.delete(keys::subtree_customer(root, tenant.id));
        }
        self.delete(key)
    }

    /// Stores a tax; `old` is what was seen of it.
    pub fn put_tax(&mut self, old: Option<&Found<Tax>>, new: Tax) -> &mut Self {
        self.put(keys::tenant_tax(new.tenant_id, new.id), Vec::new());
        let key = keys::tax(new.id);
        self.expect(key.clone(), unchanged(old))
            .put(key, new.encode())
    }

    /// Removes a tax.
    pub fn delete_tax(&mut self, old: &Found<Tax>) -> &mut Self {
        let key = keys::tax(old.id);
        self.expect(key.clone(), Expect::Revision(old.revision));
        self.delete(keys::tenant_tax(old.tenant_id, old.id));
        self.delete(key)
    }
}
