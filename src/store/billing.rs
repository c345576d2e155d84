//! Changes of customers and taxes, each with the indexes that lead to it. No other code writes
//! these keys.

use super::engine::{Changes, StoreError};
use super::index::{Entry, leads_to, mark};
use super::keys::billing as keys;
use super::{Found, Store, unchanged};
use crate::domain::billing::{Customer, Tax};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::tenant::Tenant;

fn entries_of_customer(id: CustomerId, tenant: &Tenant) -> Vec<Entry> {
    let mut entries = vec![leads_to(keys::customer_id(id), tenant.id.uuid())];
    let roots = tenant.lineage();
    entries.extend(roots.map(|root| mark(keys::subtree_customer(root, tenant.id))));
    entries
}

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
            self.replace_entries(vec![], entries_of_customer(new.id, tenant));
        }
        self.save(keys::customer(tenant.id), unchanged(old), &new)
    }

    /// Removes the customer object of `tenant`.
    pub fn delete_customer(&mut self, old: &Found<Customer>, tenant: &Tenant) -> &mut Self {
        self.replace_entries(entries_of_customer(old.id, tenant), vec![])
            .remove(keys::customer(tenant.id), old.revision)
    }

    /// Stores a tax; `old` is what was seen of it.
    pub fn put_tax(&mut self, old: Option<&Found<Tax>>, new: Tax) -> &mut Self {
        self.put(keys::tenant_tax(new.tenant_id, new.id), Vec::new())
            .save(keys::tax(new.id), unchanged(old), &new)
    }

    /// Removes a tax.
    pub fn delete_tax(&mut self, old: &Found<Tax>) -> &mut Self {
        self.delete(keys::tenant_tax(old.tenant_id, old.id))
            .remove(keys::tax(old.id), old.revision)
    }
}
