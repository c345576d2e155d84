//! Lists the audit entries of a subtree.

use super::access::Context;
use super::error::Error;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{AuditId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::keys::audit as keys;

/// A place in the list: everything newer is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When the last entry was made.
    pub at: Timestamp,
    /// That entry.
    pub id: AuditId,
}

/// Part of the list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditEntry>,
    /// Where to go on; `None` at the end.
    pub after: Option<Cursor>,
}

/// What was changed in `tenant` and below it, the newest first, at most `limit` entries.
///
/// # Errors
/// The tenant is unknown or out of reach; the store failed.
pub async fn list_audit(
    cx: Context<'_>,
    tenant: TenantId,
    limit: usize,
    after: Option<Cursor>,
) -> Result<AuditPage, Error> {
    let env = cx.env;
    cx.tenant(tenant).await?;
    let start = after.map(|at| keys::listed(tenant, at.at, at.id));
    let engine = env.store.engine();
    // One more than asked for tells whether there is a next page.
    let listed = engine
        .scan(&keys::list(tenant), start.as_ref(), limit + 1)
        .await?;
    let places = listed.iter().filter_map(|(key, _)| key.audit_place());
    let places: Vec<Cursor> = places
        .take(limit)
        .map(|(at, id)| Cursor { at, id })
        .collect();
    let ids = places.iter().map(|place| (place.at, place.id));
    let more = listed.len() > limit;
    Ok(AuditPage {
        // An entry that is cleaned up meanwhile is left out.
        items: env.store.values(ids).await?,
        after: places.last().copied().filter(|_| more),
    })
}
