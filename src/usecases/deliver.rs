//! The life of a mail between the queue and its end: taken, given back, sent, dead, cancelled;
//! and reminders. Each step is one commit, so a crash between two of them loses nothing.

mod together;

use std::time::Duration;

use super::Env;
use super::error::Error;
use super::{colleagues, view};
use crate::domain::ids::{AccountId, MailId, UserId};
use crate::domain::notification::{AfterFailure, Cause, Mail, MailKind, Recipient};
use crate::domain::quota::Scope;
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::{Found, keys};

pub use together::{Ended, Outcome, record, record_one, take_all};

/// Longer than all times of an SMTP conversation together (RFC 5321 §4.5.3.2).
pub const LEASE: Duration = Duration::from_secs(2 * 3600);

/// How a mail server was reached for, and failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whether trying again can help.
    pub is_permanent: bool,
    /// For operators and tenants; names no hosts.
    pub why: String,
}

/// Takes a due mail for sending. `None` where somebody else was first.
///
/// # Errors
/// The store failed.
pub async fn take(env: &Env, mail: Found<Mail>, now: Timestamp) -> Result<Option<Mail>, Error> {
    let mut taken = mail.value.clone();
    taken.take(now, LEASE);
    let mut changes = Changes::new();
    changes.update_mail(&mail, taken.clone());
    match env.store.commit(changes).await.map_err(Error::from) {
        Ok(()) => Ok(Some(taken)),
        Err(Error::LostRace) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Records that a mail server accepted the mail, and when to remind its recipient.
///
/// # Errors
/// The store failed: the mail will be sent again once its lease is over.
pub async fn sent(env: &Env, id: MailId, subject: &str, now: Timestamp) -> Result<(), Error> {
    let subject = subject.to_owned();
    let ended = Ended::Sent { subject };
    record_one(env, &Outcome { id, ended }, now).await?;
    Ok(())
}

/// Records a failed attempt: tried again later, or a dead letter now.
///
/// # Errors
/// The store failed: the mail will be tried again once its lease is over.
pub async fn failed(
    env: &Env,
    id: MailId,
    failure: &Failure,
    random: u64,
    now: Timestamp,
) -> Result<AfterFailure, Error> {
    let failure = failure.clone();
    let ended = Ended::Failed { failure, random };
    let next = record_one(env, &Outcome { id, ended }, now).await?;
    Ok(next.unwrap_or(AfterFailure::GiveUp))
}

/// Records that a mail is not sent because it is no longer true.
///
/// # Errors
/// The store failed.
pub async fn cancelled(
    env: &Env,
    id: MailId,
    why: &'static str,
    now: Timestamp,
) -> Result<(), Error> {
    let ended = Ended::Cancelled(why);
    record_one(env, &Outcome { id, ended }, now).await?;
    Ok(())
}

/// Puts a mail off that nobody could try to send; this is no attempt.
///
/// # Errors
/// The store failed.
pub async fn put_off(
    env: &Env,
    mail: Found<Mail>,
    until: Timestamp,
    why: &str,
) -> Result<(), Error> {
    let mut later = mail.value.clone();
    later.give_back(until, why.to_owned());
    let mut changes = Changes::new();
    changes.update_mail(&mail, later);
    match env.store.commit(changes).await.map_err(Error::from) {
        Ok(()) | Err(Error::LostRace) => Ok(()),
        Err(error) => Err(error),
    }
}

/// After a crash of the only node: gives back what it had taken, so that it is sent now rather
/// than when the lease is over. Returns how many mails that were.
///
/// # Errors
/// The store failed.
pub async fn recover_leases(env: &Env, now: Timestamp) -> Result<usize, Error> {
    const PAGE: usize = 500;
    let (mut recovered, mut after) = (0, None);
    loop {
        let queue = env
            .store
            .engine()
            .scan(&keys::mails_due(), after.as_ref(), PAGE)
            .await?;
        for (key, _) in &queue {
            let Some(id) = key.trailing_uuid().map(MailId::new) else {
                continue;
            };
            let found = env.store.mail(id).await?;
            let leased = found.filter(|mail| mail.lease_until.is_some());
            if let Some(mail) = leased {
                put_off(
                    env,
                    mail,
                    now,
                    "the service stopped while this was being sent",
                )
                .await?;
                recovered += 1;
            }
        }
        if queue.len() < PAGE {
            return Ok(recovered);
        }
        after = queue.into_iter().next_back().map(|(key, _)| key);
    }
}

/// Whether a reminder was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remind {
    /// One was due and is queued, or was no longer called for.
    Done,
    /// The next one is due then.
    NotBefore(Timestamp),
    /// None is due ever.
    Idle,
}

/// Handles the reminder that is due first.
///
/// # Errors
/// The store failed.
pub async fn remind_one(env: &Env, now: Timestamp) -> Result<Remind, Error> {
    let first = env
        .store
        .engine()
        .scan(&keys::reminders_due(), None, 1)
        .await?;
    let Some((key, _)) = first.into_iter().next() else {
        return Ok(Remind::Idle);
    };
    if let Some(due) = key.leading_time().filter(|due| *due > now) {
        return Ok(Remind::NotBefore(due));
    }
    let Some(user) = key.trailing_uuid().map(UserId::new) else {
        let mut changes = Changes::new();
        changes.delete(key);
        env.store.commit(changes).await.map_err(Error::from)?;
        return Ok(Remind::Done);
    };
    let old = env.store.load::<Recipient>(&keys::recipient(user)).await?;
    let mut changes = Changes::new();
    // The mark goes in any case, also where what it stands for is gone.
    changes.delete(key);
    if let Some(old) = old {
        let forgotten = Recipient {
            reminder_due_at: None,
            ..old.value
        };
        changes.put_recipient(Some(&old), forgotten);
        if let Some(mail) = reminder_for(env, user, now).await? {
            changes.create_mail(mail);
        }
    }
    match env.store.commit(changes).await.map_err(Error::from) {
        // Lost: a mail was sent at this moment, which set a new reminder.
        Ok(()) | Err(Error::LostRace) => Ok(Remind::Done),
        Err(error) => Err(error),
    }
}

/// The reminder, where something still stands and the user still wants to hear of it.
async fn reminder_for(env: &Env, user: UserId, now: Timestamp) -> Result<Option<Mail>, Error> {
    let Some(view) = view::load(env, user).await? else {
        return Ok(None);
    };
    if view.user.receives_quota_mail().is_err() {
        return Ok(None);
    }
    let own = view
        .standing()
        .into_iter()
        .map(|(scope, status)| match scope {
            Scope::User => (AccountId::User(user), status),
            Scope::Tenant => (AccountId::Tenant(view.tenant.id), status),
        });
    let others = colleagues::all_standing(env, &view).await?.into_iter();
    let others = others.map(|other| (AccountId::User(other.user.id), other.status));
    let to = (view.tenant.id, user);
    let mut mail = Mail::new(MailId::random(), MailKind::Reminder, to, now, now);
    for (account, status) in own.chain(others) {
        if let Some(level) = status.state.level() {
            let item = status.item;
            mail.add(Cause {
                account,
                item,
                level,
            });
        }
    }
    Ok(Some(mail).filter(|mail| !mail.causes.is_empty()))
}

/// Removes mails that were done with before `before`; at most `limit`. Returns how many.
///
/// # Errors
/// The store failed.
pub async fn forget_done(env: &Env, before: Timestamp, limit: usize) -> Result<usize, Error> {
    let oldest = env
        .store
        .engine()
        .scan(&keys::mails_done(), None, limit)
        .await?;
    let mut removed = 0;
    for (key, _) in oldest {
        if key.leading_time().is_some_and(|created| created >= before) {
            break;
        }
        let Some(id) = key.trailing_uuid().map(MailId::new) else {
            continue;
        };
        if let Some(found) = env.store.mail(id).await? {
            let mut changes = Changes::new();
            changes.delete_mail(&found);
            env.store.commit(changes).await.map_err(Error::from)?;
            removed += 1;
        }
    }
    Ok(removed)
}
