//! The life of a mail from the queue to its end: claimed, given back, sent, dead or cancelled; and
//! reminders. The outbox calls these steps. Each is one commit, so a crash between two of them
//! loses nothing.

mod claim;
pub mod leases;
mod overdue;
mod record;
mod reroute;

use std::time::Duration;

use super::Env;
use super::error::Error;
use super::{colleagues, view};
use crate::domain::ids::{AccountId, MailId, UserId};
use crate::domain::mail::{Cause, Mail, MailKind, MailState, Recipient};
use crate::domain::quota::Scope;
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Key};
use crate::store::{Found, keys};

pub use claim::{InFlight, claim};
pub use leases::recover_leases;
pub use overdue::{Look, pull_in};
pub use record::{Ended, Outcome, record, record_one};
pub use reroute::{note_no_route, reroute_some};

/// Longer than all times of an SMTP conversation together (RFC 5321 §4.5.3.2).
pub const LEASE: Duration = Duration::from_secs(2 * 3600);

/// Reminders that are looked at together where other nodes see to some of them.
const PAGE: usize = 200;

/// How often that is done at once.
const MAX_PAGES: usize = 100;

/// How a mail server was reached for, and failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whether trying again can help.
    pub is_permanent: bool,
    /// For operators and tenants; names no hosts.
    pub why: String,
}

/// Changes mails, with one commit where nobody else changes one of them meanwhile; those that
/// somebody does stay as they are. Returns those that were changed, as they are now.
async fn change_all(
    env: &Env,
    mails: &[Found<Mail>],
    change: impl Fn(&mut Mail),
) -> Result<Vec<Mail>, Error> {
    let commit = async |mails: &[Found<Mail>]| -> Result<Option<Vec<Mail>>, Error> {
        let (mut changes, mut all) = (Changes::new(), Vec::with_capacity(mails.len()));
        for mail in mails {
            let mut changed = mail.value.clone();
            change(&mut changed);
            changes.update_mail(mail, &changed);
            all.push(changed);
        }
        Ok(env.try_commit(changes).await?.then_some(all))
    };
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(all) = commit(mails).await? {
        return Ok(all);
    }
    let mut changed = Vec::new();
    for mail in mails {
        let one = commit(std::slice::from_ref(mail)).await?;
        changed.extend(one.into_iter().flatten());
    }
    Ok(changed)
}

/// Whether a reminder was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remind {
    /// One was due and is queued, or was no longer called for.
    Done,
    /// The next one is due then.
    NotBefore(Timestamp),
    /// None is due ever, or none that is this node's to handle.
    Idle,
}

/// Handles the next reminder that is due and this node's to handle. `after` is where to go on; it
/// is moved past what is other nodes'.
///
/// # Errors
/// The store failed.
pub async fn remind_next(
    env: &Env,
    after: &mut Option<Key>,
    now: Timestamp,
) -> Result<Remind, Error> {
    let key = match next_reminder(env, after, now).await? {
        Ok(key) => key,
        Err(none) => return Ok(none),
    };
    let Some(user) = key.trailing_uuid().map(UserId::new) else {
        let mut changes = Changes::new();
        changes.delete(key);
        env.store.commit(changes).await?;
        return Ok(Remind::Done);
    };
    let old = env.store.load::<Recipient>(user).await?;
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
    // Where it lost, a mail was sent at this moment, which set a new reminder.
    env.try_commit(changes).await?;
    Ok(Remind::Done)
}

/// The key of the first reminder after `after` that is due and this node's; else what to say.
async fn next_reminder(
    env: &Env,
    after: &mut Option<Key>,
    now: Timestamp,
) -> Result<Result<Key, Remind>, Error> {
    let members = env.node.members();
    let page_size = if members.is_alone() { 1 } else { PAGE };
    for _ in 0..MAX_PAGES {
        let engine = env.store.engine();
        let page = engine
            .scan(&keys::reminders_due(), after.as_ref(), page_size)
            .await?;
        let is_last = page.len() < page_size;
        for (key, _) in page {
            if let Some(due) = key.leading_time().filter(|due| *due > now) {
                return Ok(Err(Remind::NotBefore(due)));
            }
            if key.trailing_uuid().is_none_or(|user| members.is_mine(user)) {
                return Ok(Ok(key));
            }
            *after = Some(key);
        }
        if is_last {
            break;
        }
    }
    Ok(Err(Remind::Idle))
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
    mail.route = view::mail_route(view.brand.as_ref());
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

/// Removes mails that were created before `before` and are done with, but for dead letters: those stay
/// until an operator looks at them. At most `limit` of each state. Returns how many.
///
/// # Errors
/// The store failed.
pub async fn forget_done(env: &Env, before: Timestamp, limit: usize) -> Result<usize, Error> {
    let mut removed = 0;
    for state in [MailState::Sent, MailState::Cancelled] {
        let (prefix, from) = (
            keys::mails_by_state(state),
            keys::mails_older(state, before),
        );
        let engine = env.store.engine();
        for (key, _) in engine.scan(&prefix, Some(&from), limit).await? {
            let Some(id) = key.trailing_uuid().map(MailId::new) else {
                continue;
            };
            let Some(found) = env.store.mail(id).await? else {
                continue;
            };
            let mut changes = Changes::new();
            changes.delete_mail(&found);
            // Where it lost, another node removed it at this moment.
            env.try_commit(changes).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
