//! Changes of the audit: entries with the lists that show them.

use super::engine::Changes;
use super::keys::audit as keys;
use super::record::Stored;
use crate::domain::audit::AuditEntry;

impl Changes {
    /// Adds an entry, to the lists of its tenant and of all above it.
    pub fn add_audit(&mut self, entry: AuditEntry) -> &mut Self {
        for tenant in entry.lineage() {
            self.put(keys::listed(tenant, entry.at, entry.id), Vec::new());
        }
        self.put(keys::entry(entry.at, entry.id), entry.encode())
    }

    /// Removes an entry from everywhere.
    pub fn delete_audit(&mut self, entry: &AuditEntry) -> &mut Self {
        for tenant in entry.lineage() {
            self.delete(keys::listed(tenant, entry.at, entry.id));
        }
        self.delete(keys::entry(entry.at, entry.id))
    }
}
