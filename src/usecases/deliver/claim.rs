//! Claims due mails for sending, so that nobody else sends them or adds a notice to them.
//!
//! This process keeps its claims in memory until their outcomes are recorded. On a shared store
//! there is a lease besides, stored in one commit for many mails. On a store of one process
//! nothing is stored: after a crash the mails are due as before.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{LEASE, change_all};
use crate::domain::ids::MailId;
use crate::domain::mail::Mail;
use crate::domain::time::Timestamp;
use crate::store::Found;
use crate::usecases::Env;
use crate::usecases::error::Error;

/// The mails that this process has claimed. Bounded by what the outbox claims ahead and by the outcomes
/// that wait to be recorded.
#[derive(Debug, Default)]
pub struct InFlight {
    /// With what is stored of them, where no other process may change that.
    mails: Mutex<HashMap<MailId, Option<Found<Mail>>>>,
    /// Held by who claims, and by who puts notices into mails from the read to the commit.
    claiming: tokio::sync::Mutex<()>,
}

impl InFlight {
    fn mails(&self) -> MutexGuard<'_, HashMap<MailId, Option<Found<Mail>>>> {
        // Nothing panics while the lock is held.
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the mail is claimed.
    #[must_use]
    pub fn has(&self, id: MailId) -> bool {
        self.mails().contains_key(&id)
    }

    /// What was stored of these when they were claimed; `None` where that is not known of one.
    pub(super) fn stored(
        &self,
        ids: impl Iterator<Item = MailId>,
    ) -> Option<Vec<Option<Found<Mail>>>> {
        let mails = self.mails();
        ids.map(|id| mails.get(&id)?.clone().map(Some)).collect()
    }

    /// Nothing is claimed while this is held.
    pub async fn hold_off(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.claiming.lock().await
    }

    /// These are claimed no more.
    pub(super) fn end(&self, ids: impl IntoIterator<Item = MailId>) {
        let mut mails = self.mails();
        if !mails.is_empty() {
            ids.into_iter().for_each(|id| {
                mails.remove(&id);
            });
        }
    }

    /// None is claimed any more: nobody sends.
    pub fn end_all(&self) {
        self.mails().clear();
    }
}

/// Claims those of the mails that are due. Mails that somebody else claimed first are left out; none is
/// claimed while this node may begin nothing.
///
/// # Errors
/// The store failed.
pub async fn claim(env: &Env, ids: &[MailId], now: Timestamp) -> Result<Vec<Mail>, Error> {
    if env.term(now).is_none() {
        return Ok(Vec::new());
    }
    let in_flight = env.node.in_flight();
    let _held = in_flight.hold_off().await;
    let due = due_of(env, ids, now).await?;
    if env.store.is_shared() {
        let take = |mail: &mut Mail| mail.take(env.node.id(), now, LEASE);
        let leased = change_all(env, &due, take).await?;
        let ids = leased.iter().map(|mail| (mail.id, None));
        in_flight.mails().extend(ids);
        return Ok(leased);
    }
    let claimed = due.iter().map(|mail| taken(env, mail, now)).collect();
    let stored = due.into_iter().map(|mail| (mail.id, Some(mail)));
    in_flight.mails().extend(stored);
    Ok(claimed)
}

async fn due_of(env: &Env, ids: &[MailId], now: Timestamp) -> Result<Vec<Found<Mail>>, Error> {
    let found = env.store.load_many::<Mail>(ids.iter().copied()).await?;
    let found = found.into_iter().flatten();
    let in_flight = env.node.in_flight();
    Ok(found
        .filter(|mail| mail.is_due(now) && !in_flight.has(mail.id))
        .collect())
}

fn taken(env: &Env, mail: &Mail, now: Timestamp) -> Mail {
    let mut taken = mail.clone();
    taken.take(env.node.id(), now, LEASE);
    taken
}
