//! Which records belong together, in a store that is divided: those of one id.
//!
//! A usage report changes a meter and leaves a notice, both of one account: they are in one place, so
//! that the change is made by one server alone. The entries of a list that belongs to a tenant are where
//! the tenant is, so that one server has the whole list.

use super::family::{Family, Place};
use crate::store::redis::Places;

const ID_BYTES: usize = 16;

/// Both ways to find a place.
pub const PLACES: Places = Places { of_key, of_prefix };

/// The bytes of a key that decide where its record is.
#[must_use]
pub fn of_key(key: &[u8]) -> &[u8] {
    let id = match Family::of(key).map(Family::place) {
        Some(Place::First) => of_prefix(key),
        Some(Place::Last) if key.len() > ID_BYTES => key.last_chunk::<ID_BYTES>().map(|id| &id[..]),
        _ => None,
    };
    id.unwrap_or(key)
}

/// The bytes of a prefix that decide for all keys with it: the id of the tenant whose list it is.
#[must_use]
pub fn of_prefix(prefix: &[u8]) -> Option<&[u8]> {
    match Family::of(prefix)?.place() {
        Place::First => prefix.get(1..=ID_BYTES),
        Place::Last | Place::Whole => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
    use crate::domain::mail::Notice;
    use crate::domain::quota::{Item, Level};
    use crate::domain::time::Timestamp;
    use crate::store::engine::Key;
    use crate::store::keys;

    fn place(key: &Key) -> Vec<u8> {
        of_key(&key.0).to_vec()
    }

    #[test]
    fn a_report_changes_one_place() {
        for account in [
            AccountId::Tenant(TenantId::random()),
            AccountId::User(UserId::random()),
        ] {
            let meter = place(&keys::meter(AccountRef {
                id: account,
                number: V1Id(1000),
            }));
            assert_eq!(meter.len(), ID_BYTES);
            let notice = Notice {
                account,
                entered: vec![(Item::StorageSize, Level::Soon)],
                created_at: Timestamp::from_micros(1),
            };
            assert_eq!(meter, place(&keys::notice(&notice)));
            assert_eq!(meter, place(&keys::offering_items(account)));
        }
    }

    #[test]
    fn a_list_is_in_one_place() {
        let (tenant, user) = (TenantId::random(), UserId::random());
        let entries = [
            (
                keys::children(tenant),
                keys::child(tenant, TenantId::random()),
            ),
            (
                keys::subtree_tenants(tenant),
                keys::subtree_tenant(tenant, TenantId::random()),
            ),
            (
                keys::subtree_users(tenant),
                keys::subtree_user(tenant, user),
            ),
            (keys::tenant_users(tenant), keys::tenant_user(tenant, user)),
            (
                keys::company_admins(tenant),
                keys::company_admin(tenant, user),
            ),
        ];
        for (list, entry) in entries {
            assert_eq!(of_prefix(&list.0), Some(place(&entry).as_slice()));
            assert_eq!(of_prefix(&list.0), Some(tenant.bytes().as_slice()));
        }
        assert_eq!(of_prefix(&keys::v1_ids().0), None);
        assert_eq!(of_prefix(&keys::mails_due().0), None);
    }

    #[test]
    fn any_bytes_have_a_place() {
        for key in [&b""[..], b"t", b"C", b"C123456789012345", b"\xFF\xFF", b"K"] {
            assert!(!of_key(key).is_empty() || key.is_empty());
            assert_eq!(of_prefix(key), None);
        }
    }
}
