//! Mails that were taken by nodes which are not there any more are given back.

use uuid::Uuid;

use super::{LEASE, change_all};
use crate::domain::ids::{MailId, NodeId};
use crate::domain::notification::Mail;
use crate::domain::time::Timestamp;
use crate::store::engine::Key;
use crate::store::{Found, keys};
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Mails that are given back with one commit, at most.
const PAGE: usize = 500;

/// What such a mail says of its last attempt.
const STOPPED: &str = "the node that was sending this stopped";

/// Who has taken mails. Costs a look for each of them, however many mails they have.
///
/// # Errors
/// The store failed.
pub async fn owners(env: &Env) -> Result<Vec<NodeId>, Error> {
    let (mut owners, mut after) = (Vec::new(), None);
    loop {
        let engine = env.store.engine();
        let next = engine
            .scan(&keys::nodes::leases(), after.as_ref(), 1)
            .await?;
        let Some(owner) = next.first().and_then(|(key, _)| key.lease_owner()) else {
            return Ok(owners);
        };
        owners.push(owner);
        after = Some(keys::nodes::end_of_leases(owner));
    }
}

/// Gives back what a dead node had taken. Returns how many mails that were.
///
/// # Errors
/// The store failed.
pub async fn give_back_of(env: &Env, owner: NodeId, now: Timestamp) -> Result<usize, Error> {
    let is_owners = |mail: &Mail| mail.lease.is_some_and(|lease| lease.owner == owner);
    let (from, to) = (keys::nodes::leases_of(owner), None);
    give_back_under(env, (from, None, to), is_owners, now).await
}

/// At the start of a process that has the store for itself: gives back whatever was taken before,
/// so that it is sent now rather than when the lease is over. Returns how many mails that were.
///
/// # Errors
/// The store failed.
pub async fn recover_leases(env: &Env, now: Timestamp) -> Result<usize, Error> {
    let is_taken = |mail: &Mail| mail.lease.is_some();
    let leases = keys::nodes::leases();
    let recovered = give_back_under(env, (leases, None, None), is_taken, now).await?;
    // Mails that were taken before leases had an index are due when the lease ends.
    let nobody = MailId::new(Uuid::max());
    let after = keys::mail_due(now, nobody);
    let last = now.plus(LEASE);
    let queue = (keys::mails_due(), Some(after), Some(last));
    Ok(recovered + give_back_under(env, queue, is_taken, now).await?)
}

/// Where to look for mails: under this prefix, after this key, up to this time.
type Part = (Key, Option<Key>, Option<Timestamp>);

async fn give_back_under(
    env: &Env,
    (prefix, mut after, last): Part,
    is_over: impl Fn(&Mail) -> bool,
    now: Timestamp,
) -> Result<usize, Error> {
    let mut given_back = 0;
    loop {
        let page = env
            .store
            .engine()
            .scan(&prefix, after.as_ref(), PAGE)
            .await?;
        let is_in = |key: &Key| last.is_none_or(|last| key.leading_time() <= Some(last));
        let part = page.iter().take_while(|(key, _)| is_in(key));
        let ids = part.filter_map(|(key, _)| key.trailing_uuid().map(MailId::new));
        let mail_keys: Vec<Key> = ids.map(keys::mail).collect();
        let found = env.store.load_many::<Mail>(&mail_keys).await?;
        let over: Vec<Found<Mail>> = found
            .into_iter()
            .flatten()
            .filter(|mail| is_over(mail))
            .collect();
        given_back +=
            change_all(env, &over, |mail| mail.give_back(now, STOPPED.to_owned())).await?;
        if mail_keys.len() < PAGE {
            return Ok(given_back);
        }
        after = page.into_iter().next_back().map(|(key, _)| key);
    }
}
