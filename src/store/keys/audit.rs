//! Names of audit entries and of the index that lists them for a tenant and all above it.

use super::{Family, start};
use crate::domain::ids::{AuditId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::engine::Key;

/// An entry. The oldest stands first, for the clean-up.
#[must_use]
pub fn entry(at: Timestamp, id: AuditId) -> Key {
    start(Family::AuditEntry).time(at).part(id.bytes()).end()
}

/// All entries, the oldest first.
#[must_use]
pub fn entries() -> Key {
    Family::AuditEntry.key(&[])
}

/// An entry in the list of a tenant, the newest first.
#[must_use]
pub fn listed(tenant: TenantId, at: Timestamp, id: AuditId) -> Key {
    start(Family::AuditListed)
        .part(tenant.bytes())
        .time_descending(at)
        .part(id.bytes())
        .end()
}

/// The list of a tenant.
#[must_use]
pub fn list(tenant: TenantId) -> Key {
    Family::AuditListed.key(tenant.bytes())
}

impl Key {
    /// Time and id of an entry in the list of a tenant.
    #[must_use]
    pub fn audit_place(&self) -> Option<(Timestamp, AuditId)> {
        let bytes: [u8; 8] = self.0.get(17..25)?.try_into().ok()?;
        let micros = i64::try_from(u64::MAX - u64::from_be_bytes(bytes)).ok()?;
        let id = self.trailing_uuid()?;
        Some((Timestamp::from_micros(micros), AuditId::new(id)))
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
