//! Limits of the mails that callers cause in a day: to an address, to a user, to the users of a
//! tenant. Each mail is counted in the commit that queues it, so that no two nodes count past each
//! other.

use std::time::Duration;

use super::Env;
use super::error::Error;
use crate::domain::mail::allowance;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect};
use crate::store::keys::limits::{
    MailSubject, all_mails_counted_until, mails_counted, mails_counted_until,
};
use crate::store::read_counter;
use crate::telemetry::metrics::MailLimit;

/// Mails that are allowed in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimits {
    /// To one address, whoever has it.
    pub address_per_day: u32,
    /// To one user.
    pub user_per_day: u32,
    /// To the users of one tenant.
    pub tenant_per_day: u32,
}

/// Which limits a mail counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedAs {
    /// A new mail: all of them.
    New,
    /// A mail that is tried again: those of its recipient. Its tenant was counted when it was new.
    Again,
}

/// Counts a mail to `user` in `changes`, which queue it.
///
/// # Errors
/// [`Error::LimitReached`] where the day's mails were sent; the store failed.
pub async fn count(
    env: &Env,
    changes: &mut Changes,
    user: &User,
    counted_as: CountedAs,
    now: Timestamp,
) -> Result<(), Error> {
    let limits = env.settings.mail_limits;
    let address = user.contact.email.as_ref().map(MailSubject::address);
    let tenant = MailSubject::tenant(user.tenant_id);
    let tenant = (counted_as == CountedAs::New).then_some(tenant);
    let user = Some(MailSubject::user(user.id));
    for (limit, subject, per_day) in [
        (MailLimit::Address, address, limits.address_per_day),
        (MailLimit::User, user, limits.user_per_day),
        (MailLimit::Tenant, tenant, limits.tenant_per_day),
    ] {
        let Some(subject) = subject else {
            continue;
        };
        let wait = count_one(env, changes, subject, per_day, now).await?;
        if !wait.is_zero() {
            env.metrics.mails_refused.inc(limit);
            return Err(Error::LimitReached {
                why: refusal(limit, per_day),
                retry_after: wait,
            });
        }
    }
    Ok(())
}

fn refusal(limit: MailLimit, per_day: u32) -> String {
    let (whom, setting) = match limit {
        MailLimit::Address => ("this e-mail address gets", "mail.address_per_day"),
        MailLimit::User => ("this user gets", "mail.user_per_day"),
        MailLimit::Tenant => (
            "the users of this tenant together get",
            "mail.tenant_per_day",
        ),
    };
    format!("no mail was queued: {whom} at most {per_day} mails a day ({setting})")
}

/// How long to wait; zero where the mail was counted.
async fn count_one(
    env: &Env,
    changes: &mut Changes,
    subject: MailSubject,
    per_day: u32,
    now: Timestamp,
) -> Result<Duration, Error> {
    let key = mails_counted(subject);
    let stored = env.store.engine().get(&key).await?;
    let (used_until, expect) = match &stored {
        Some(record) => (
            Some(read_moment(&record.body)?),
            Expect::Revision(record.revision),
        ),
        None => (None, Expect::Absent),
    };
    let counted = allowance::count(used_until, per_day, now);
    let wait = counted.at.since(now);
    if wait.is_zero() {
        if let Some(until) = used_until {
            changes.delete(mails_counted_until(until, subject));
        }
        changes.put(mails_counted_until(counted.used_until, subject), Vec::new());
        changes.expect(key.clone(), expect);
        changes.put(key, moment(counted.used_until));
    }
    Ok(wait)
}

/// A moment as it is stored.
#[must_use]
pub(super) fn moment(at: Timestamp) -> Vec<u8> {
    u64::try_from(at.micros())
        .unwrap_or(0)
        .to_be_bytes()
        .to_vec()
}

/// A moment as it was stored.
///
/// # Errors
/// The record is damaged.
pub(super) fn read_moment(body: &[u8]) -> Result<Timestamp, Error> {
    let micros = i64::try_from(read_counter(body)?).unwrap_or(i64::MAX);
    Ok(Timestamp::from_micros(micros))
}

/// Removes what is counted no more; at most `limit` entries. Returns how many.
///
/// # Errors
/// The store failed.
pub async fn forget(env: &Env, now: Timestamp, limit: usize) -> Result<usize, Error> {
    let engine = env.store.engine();
    let index = all_mails_counted_until();
    let over = env.store.due_by(&index, now, limit).await?;
    let mut changes = Changes::new();
    for (key, _) in &over {
        if let Some(subject) = key.mail_subject() {
            let counted = mails_counted(subject);
            // Counted again meanwhile: then the record stays, and has another entry.
            if let Some(record) = engine.get(&counted).await?
                && read_moment(&record.body)? <= now
            {
                changes.expect(counted.clone(), Expect::Revision(record.revision));
                changes.delete(counted);
            }
        }
        changes.delete(key.clone());
    }
    if !over.is_empty() {
        // Where it lost, a mail is counted at this moment. The next run sees to the rest.
        env.try_commit(changes).await?;
    }
    Ok(over.len())
}
