//! Fan-out: turns notices ("this account entered these levels") into mails. Each recipient has one
//! open mail, which takes in everything of its window. The outbox calls it.

mod people;
mod window;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Env;
use super::error::{Error, retrying};
use crate::domain::ids::AccountId;
use crate::domain::mail::Notice;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect, Key, Record, Revision, StoreError};
use crate::store::keys;
use crate::telemetry::metrics::NotTold;
use people::{Concerned, Page, Pages};

pub(super) use people::users_of;
pub use people::{Audience, audience_of, recipients_of};
pub(super) use window::latest_mail_of;

/// No commit of several notices tells, or does not tell, more people than this. A tenant that has
/// more than are read at once takes several commits, and the notice goes with the last.
const PEOPLE_PER_COMMIT: usize = 1000;

/// Notices that are turned into mails with one commit, at most.
const NOTICES_PER_COMMIT: usize = 256;

/// How often as many are looked at to find them, where other nodes see to some.
const MAX_PAGES: usize = 80;

/// What a run of the fan-out found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FanOut {
    /// A notice, or several, were turned into mails for this many recipients.
    Done {
        /// How many people will be told; who is told of several counts for each.
        recipients: usize,
    },
    /// There is no notice, or none that is this node's to turn into mails.
    Idle,
}

/// Turns the oldest notice into mails, with one commit for each page of people.
///
/// # Errors
/// The store failed; the notice is still there.
pub async fn run_one(env: &Env, now: Timestamp) -> Result<FanOut, Error> {
    let oldest = oldest_of_ours(env, 1).await?;
    let Some((key, record)) = oldest.into_iter().next() else {
        return Ok(FanOut::Idle);
    };
    let notice = notice_of(&key)?;
    let (mut recipients, mut not_told) = (0, Vec::new());
    let mut pages = Pages::of(env, notice.account).await?;
    while let Some(told) = pages.next(env).await? {
        let (stored, is_last) = ((&key, record.revision), pages.is_over());
        retrying(|| add_to_mails(env, &notice, &told.users, stored, is_last, now)).await?;
        recipients += told.users.len();
        not_told.extend(told.not_told);
    }
    count(env, &not_told);
    Ok(FanOut::Done { recipients })
}

/// Turns the oldest notices into mails, with one commit where they are no more than fit into one
/// and nobody else changes the same mails meanwhile.
///
/// # Errors
/// The store failed; the notices are still there.
pub async fn run_some(env: &Env, now: Timestamp) -> Result<FanOut, Error> {
    let oldest = oldest_of_ours(env, NOTICES_PER_COMMIT).await?;
    if oldest.is_empty() {
        return Ok(FanOut::Idle);
    }
    let notices = oldest.iter().map(|(key, _)| notice_of(key));
    let notices = notices.collect::<Result<Vec<Notice>, _>>()?;
    let accounts: Vec<AccountId> = notices.iter().map(|notice| notice.account).collect();
    let (mut lists, mut done) = (BTreeMap::new(), Changes::new());
    let (mut causes, mut not_told) = (Vec::new(), Vec::new());
    let concerned = Concerned::of_each(env, &accounts).await?;
    for ((notice, (key, record)), concerned) in notices.iter().zip(oldest).zip(concerned) {
        let page = match lists.entry(concerned.list.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let page = Page::read(env, new.key().as_ref(), None).await?;
                new.insert(page)
            }
        };
        let told = concerned.told(page, true);
        let people = causes.len() + not_told.len() + told.users.len() + told.not_told.len();
        if !page.is_last() || people > PEOPLE_PER_COMMIT {
            break;
        }
        causes.extend(told.users.into_iter().map(|user| (user, notice)));
        not_told.extend(told.not_told);
        done.expect(key.clone(), Expect::Revision(record.revision))
            .delete(key);
    }
    if done.is_empty() {
        // More than one commit holds.
        return run_one(env, now).await;
    }
    window::add(env, &causes, &mut done, now).await?;
    if !env.try_commit(done).await? {
        return run_one(env, now).await;
    }
    count(env, &not_told);
    Ok(FanOut::Done {
        recipients: causes.len(),
    })
}

fn notice_of(key: &Key) -> Result<Notice, StoreError> {
    let damaged = || StoreError::Corrupt("notice: the key says nothing known".to_owned());
    keys::notice_of(key).ok_or_else(damaged)
}

fn count(env: &Env, not_told: &[NotTold]) {
    for reason in not_told {
        env.metrics.not_told.inc(*reason);
    }
}

/// So many of the oldest notices that are this node's to turn into mails.
async fn oldest_of_ours(env: &Env, wanted: usize) -> Result<Vec<(Key, Record)>, StoreError> {
    let members = env.node.members();
    let page_size = if members.is_alone() {
        wanted
    } else {
        NOTICES_PER_COMMIT
    };
    let (mut ours, mut after) = (Vec::with_capacity(wanted), None);
    for _ in 0..MAX_PAGES {
        let engine = env.store.engine();
        let page = engine
            .scan(&keys::notices(), after.as_ref(), page_size)
            .await?;
        let is_last = page.len() < page_size;
        after = page.last().map(|(key, _)| key.clone());
        let is_ours = |key: &Key| key.trailing_uuid().is_none_or(|id| members.is_mine(id));
        ours.extend(page.into_iter().filter(|(key, _)| is_ours(key)));
        if is_last || ours.len() >= wanted {
            break;
        }
    }
    ours.truncate(wanted);
    Ok(ours)
}

/// Puts the notice's causes into each recipient's open mail, or opens one. Does nothing where the
/// notice is gone: another node has turned it into mails. With the last recipients it goes.
async fn add_to_mails(
    env: &Env,
    notice: &Notice,
    recipients: &[User],
    (key, revision): (&Key, Revision),
    is_last: bool,
    now: Timestamp,
) -> Result<(), Error> {
    let stored = env.store.engine().get(key).await?;
    if stored.is_none_or(|stored| stored.revision != revision) {
        return Ok(());
    }
    let causes: Vec<_> = recipients
        .iter()
        .map(|user| (user.clone(), notice))
        .collect();
    let mut changes = Changes::new();
    window::add(env, &causes, &mut changes, now).await?;
    changes.expect(key.clone(), Expect::Revision(revision));
    if is_last {
        changes.delete(key.clone());
    }
    env.store.commit(changes).await?;
    Ok(())
}
