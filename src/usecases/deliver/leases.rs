//! Gives back leased mails that nobody sends: their node is dead, or never learnt that its claim
//! succeeded.

use super::change_all;
use crate::domain::ids::NodeId;
use crate::domain::mail::Mail;
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

/// Gives back what a dead node had taken, or what the store says of this one though it has it not: the
/// answer to a claim got lost. Returns how many mails that were.
///
/// # Errors
/// The store failed.
pub async fn give_back_of(env: &Env, owner: NodeId, now: Timestamp) -> Result<usize, Error> {
    let in_flight = env.node.in_flight();
    let _held = in_flight.hold_off().await;
    let is_over = |mail: &Mail| {
        let is_owners = mail.lease.is_some_and(|lease| lease.owner == owner);
        is_owners && !in_flight.has(mail.id)
    };
    give_back_under(env, &keys::nodes::leases_of(owner), is_over, now).await
}

/// At the start of a process that has the store for itself: gives back whatever was taken before,
/// so that it is sent now rather than when the lease is over. Returns how many mails that were.
///
/// # Errors
/// The store failed.
pub async fn recover_leases(env: &Env, now: Timestamp) -> Result<usize, Error> {
    let is_taken = |mail: &Mail| mail.lease.is_some();
    give_back_under(env, &keys::nodes::leases(), is_taken, now).await
}

async fn give_back_under(
    env: &Env,
    prefix: &Key,
    is_over: impl Fn(&Mail) -> bool,
    now: Timestamp,
) -> Result<usize, Error> {
    let (mut given_back, mut after) = (0, None);
    loop {
        let engine = env.store.engine();
        let page = engine.scan(prefix, after.as_ref(), PAGE).await?;
        let ids = page.iter().filter_map(|(key, _)| key.trailing_uuid());
        let found = env.store.load_many::<Mail>(ids).await?;
        let over: Vec<Found<Mail>> = found
            .into_iter()
            .flatten()
            .filter(|mail| is_over(mail))
            .collect();
        let give_back = |mail: &mut Mail| match mail.lease {
            Some(lease) if lease.owner == env.node.id() => mail.give_back_untried(now),
            _ => mail.give_back(now, STOPPED.to_owned()),
        };
        change_all(env, &over, give_back).await?;
        given_back += over.len();
        if page.len() < PAGE {
            return Ok(given_back);
        }
        after = page.into_iter().next_back().map(|(key, _)| key);
    }
}
