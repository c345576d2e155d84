//! Moves queued mails to another SMTP route: a brand got a server or lost it, or a tenant is under
//! another brand. The outbox goes through the queue when brands have changed.

use std::collections::{BTreeSet, HashMap};

use super::change_all;
use crate::domain::ids::{MailId, TenantId};
use crate::domain::mail::{Mail, MailState};
use crate::store::Found;
use crate::store::engine::Key;
use crate::store::keys::{self, QueueEntry};
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Entries of the queue that are looked at, and mails that are moved, together.
const PAGE: usize = 500;

/// Looks at the next entries of the queue after `after`, and moves this node's mails that belong to
/// another route there. Returns where to go on; `None` at the end.
///
/// # Errors
/// The store failed; what was not moved is found by the next look.
pub async fn reroute_some(env: &Env, after: Option<&Key>) -> Result<Option<Key>, Error> {
    let engine = env.store.engine();
    let page = engine.scan(&keys::mails_due(), after, PAGE).await?;
    let entries: Vec<QueueEntry> = page
        .iter()
        .filter_map(|(key, record)| QueueEntry::read(key, record))
        .collect();
    let tenants: BTreeSet<TenantId> = entries.iter().filter_map(|entry| entry.tenant_id).collect();
    let tenants: Vec<TenantId> = tenants.into_iter().collect();
    let routes = env.store.mail_routes(&tenants).await?;
    let routes: HashMap<TenantId, Option<TenantId>> = tenants.into_iter().zip(routes).collect();
    let members = env.node.members();
    let is_elsewhere = |entry: &&QueueEntry| {
        let belongs = entry.tenant_id.and_then(|tenant| routes.get(&tenant));
        belongs.is_some_and(|route| *route != entry.route) && members.is_mine(entry.id.uuid())
    };
    let moved = entries.iter().filter(is_elsewhere).map(|entry| entry.id);
    let mails: Vec<Found<Mail>> = queued(env, moved).await?;
    change_all(env, &mails, |mail| {
        if let Some(route) = routes.get(&mail.tenant_id) {
            mail.route = *route;
        }
    })
    .await?;
    let is_end = page.len() < PAGE;
    let last = page.into_iter().next_back().map(|(key, _)| key);
    Ok(last.filter(|_| !is_end))
}

/// Notes in queued mails why they cannot be sent at the moment; those that say so already stay as
/// they are. Returns how many say something for the first time.
///
/// # Errors
/// The store failed.
pub async fn note_no_route(env: &Env, ids: &[MailId], why: &str) -> Result<usize, Error> {
    let mut mails = queued(env, ids.iter().copied()).await?;
    mails.retain(|mail| mail.last_error.as_deref() != Some(why));
    let is_first = |mail: &&Found<Mail>| mail.last_error.is_none();
    let first = mails.iter().filter(is_first).count();
    change_all(env, &mails, |mail| mail.last_error = Some(why.to_owned())).await?;
    Ok(first)
}

/// Those of the mails that are in the queue.
async fn queued(env: &Env, ids: impl Iterator<Item = MailId>) -> Result<Vec<Found<Mail>>, Error> {
    let found = env.store.load_many::<Mail>(ids).await?;
    let found = found.into_iter().flatten();
    Ok(found
        .filter(|mail| mail.state == MailState::Queued)
        .collect())
}
