//! Names of audit entries and of the index that lists them for a tenant and all above it.

use super::NewestFirst;
use crate::domain::ids::{AuditId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::engine::Key;

key_functions! {
    /// An entry. The oldest stands first, for the clean-up.
    entry(at: Timestamp, id: AuditId) = AuditEntry, at, id;
    /// All entries, the oldest first.
    entries() = AuditEntry;
    /// An entry in the list of a tenant, the newest first.
    listed(tenant: TenantId, at: Timestamp, id: AuditId) = AuditListed, tenant, NewestFirst(at), id;
    /// The list of a tenant.
    list(tenant: TenantId) = AuditListed, tenant;
}

impl Key {
    /// Time and id of an entry in the list of a tenant.
    #[must_use]
    pub fn audit_place(&self) -> Option<(Timestamp, AuditId)> {
        let id = self.trailing_uuid()?;
        Some((self.newest_first_at(17)?, AuditId::new(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_the_newest_first_and_read_back() {
        let (tenant, id) = (TenantId::random(), AuditId::random());
        let at = Timestamp::from_secs;
        assert!(listed(tenant, at(2), id) < listed(tenant, at(1), id));
        assert!(entry(at(1), id) < entry(at(2), id));
        let place = listed(tenant, at(7), id).audit_place();
        assert_eq!(place, Some((at(7), id)));
        assert!(listed(tenant, at(7), id).0.starts_with(&list(tenant).0));
    }
}
