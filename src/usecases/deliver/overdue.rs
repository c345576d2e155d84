//! Brings forward mails and reminders that a clock which ran ahead has put off; else they would
//! wait until real time has caught up. The outbox does it at its start and when it sees the clock
//! go back; the clean-up regularly, for what is too late by any measure.

use uuid::Uuid;

use super::change_all;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::mail::{Mail, Recipient, allowance};
use crate::domain::time::Timestamp;
use crate::store::Found;
use crate::store::engine::{Changes, Key};
use crate::store::keys::{self, QueueEntry};
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Entries that are looked at, and changed, together.
const PAGE: usize = 500;

/// Which of the queued mails to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// All that are not due yet; reads each of them.
    AtAll,
    /// Those that are due later than any mail is put off, of which there are none as a rule.
    AtTheLast,
}

/// Makes mails due now, and brings reminders forward, that are due later than anything puts them
/// off. Returns how many there were.
///
/// # Errors
/// The store failed; what was not changed is found by the next look.
pub async fn pull_in(env: &Env, look: Look, now: Timestamp) -> Result<usize, Error> {
    let count = pull_in_mails(env, look, now).await? + pull_in_reminders(env, now).await?;
    if count > 0 {
        tracing::warn!(
            count,
            "mails and reminders were due too late and are brought forward: a clock ran ahead"
        );
        env.outbox_wake.notify_one();
    }
    Ok(count)
}

async fn pull_in_mails(env: &Env, look: Look, now: Timestamp) -> Result<usize, Error> {
    let settings = &env.settings;
    // Above the limit of a day, a quota mail waits for its share of the day.
    let share = allowance::share(settings.mail_limits.user_per_day);
    let first_wait = settings.group_wait.max(share) + settings.max_clock_skew;
    let from = match look {
        Look::AtAll => now,
        Look::AtTheLast => now.plus(settings.retry.max.max(first_wait)),
    };
    let is_late = |mail: &Found<Mail>| mail.is_due_too_late(now, &settings.retry, first_wait);
    let (mut count, mut after) = (0, None);
    while let Some(route) = next_route(env, after.as_ref()).await? {
        let mut from = keys::mails_due_until(route, from);
        loop {
            let engine = env.store.engine();
            let prefix = keys::mails_due_by(route);
            let page = engine.scan(&prefix, Some(&from), PAGE).await?;
            let ids = page.iter().filter_map(|(key, _)| key.trailing_uuid());
            let found = env.store.load_many::<Mail>(ids).await?;
            let whole = found.len() == PAGE;
            let late: Vec<Found<Mail>> = found.into_iter().flatten().filter(is_late).collect();
            change_all(env, &late, |mail| mail.due_at = now).await?;
            count += late.len();
            match page.into_iter().next_back() {
                Some((last, _)) if whole => from = last,
                _ => break,
            }
        }
        after = Some(keys::end_of_route(route));
    }
    Ok(count)
}

/// The route of the first entry of the queue after `after`.
async fn next_route(env: &Env, after: Option<&Key>) -> Result<Option<Option<TenantId>>, Error> {
    let engine = env.store.engine();
    let first = engine.scan(&keys::mails_due(), after, 1).await?;
    let entry = first
        .first()
        .and_then(|(key, record)| QueueEntry::read(key, record));
    Ok(entry.map(|entry| entry.route))
}

/// A reminder is never further away than from a mail that was sent now.
async fn pull_in_reminders(env: &Env, now: Timestamp) -> Result<usize, Error> {
    let settings = &env.settings;
    if settings.repeat_interval.is_zero() {
        return Ok(0);
    }
    let last = now.plus(settings.repeat_interval);
    let from = last.plus(settings.max_clock_skew);
    let mut after = keys::reminder_due(from, UserId::new(Uuid::max()));
    let mut count = 0;
    loop {
        let engine = env.store.engine();
        let page = engine
            .scan(&keys::reminders_due(), Some(&after), PAGE)
            .await?;
        for (key, _) in &page {
            let Some(user) = key.trailing_uuid().map(UserId::new) else {
                continue;
            };
            let Some(old) = env.store.load::<Recipient>(user).await? else {
                continue;
            };
            let sooner = Recipient {
                last_sent_at: old.last_sent_at.min(now),
                reminder_due_at: Some(last),
                ..old.value
            };
            let mut changes = Changes::new();
            changes.delete(key.clone());
            changes.put_recipient(Some(&old), sooner);
            // Where it lost, a mail was sent at this moment, which set a new reminder.
            count += usize::from(env.try_commit(changes).await?);
        }
        let is_last = page.len() < PAGE;
        match page.into_iter().next_back() {
            Some((last, _)) if !is_last => after = last,
            _ => return Ok(count),
        }
    }
}
