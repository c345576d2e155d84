//! From a notice ("this account entered these levels") to mails: one open mail per recipient,
//! which takes in everything of its window.

mod window;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Env;
use super::error::{Error, retrying};
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::notification::Mail;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect, Key, Record, Revision, StoreError};
use crate::store::record::{Notice, Stored};
use crate::store::{Found, keys};
use crate::telemetry::metrics::{Label, NotTold};
use window::Windows;

/// Users read from the store at once.
const PAGE: usize = 500;

/// No commit holds mails for more recipients than this; a larger tenant takes several, and the
/// notice goes with the last.
const RECIPIENTS_PER_COMMIT: usize = 1000;

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

/// Turns the oldest notice into mails.
///
/// # Errors
/// The store failed; the notice is still there.
pub async fn run_one(env: &Env, now: Timestamp) -> Result<FanOut, Error> {
    let oldest = oldest_of_ours(env, 1).await?;
    let Some((key, record)) = oldest.into_iter().next() else {
        return Ok(FanOut::Idle);
    };
    let notice = Notice::decode(&record.body)?;
    let told = People::default().told_of(env, notice.account).await?;
    let recipients = told.users;
    let stored = (&key, record.revision);
    let (last, before) = split_last(&recipients);
    for chunk in before {
        retrying(|| add_to_mails(env, &notice, chunk, stored, IsLast(false), now)).await?;
    }
    retrying(|| add_to_mails(env, &notice, last, stored, IsLast(true), now)).await?;
    count(env, &told.not_told);
    Ok(FanOut::Done {
        recipients: recipients.len(),
    })
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
    let (mut windows, mut done) = (Windows::new(now), Changes::new());
    let (mut people, mut recipients) = (People::default(), 0);
    let mut not_told = Vec::new();
    for (key, record) in oldest {
        let notice = Notice::decode(&record.body)?;
        let told = people.told_of(env, notice.account).await?;
        if recipients + told.users.len() > RECIPIENTS_PER_COMMIT {
            break;
        }
        recipients += told.users.len();
        not_told.extend(told.not_told);
        windows.add(env, &notice, &told.users).await?;
        done.expect(key.clone(), Expect::Revision(record.revision))
            .delete(key);
    }
    if done.is_empty() {
        // More than one commit holds.
        return run_one(env, now).await;
    }
    windows.into_changes(&mut done);
    match env.store.commit(done).await.map_err(Error::from) {
        Ok(()) => {
            count(env, &not_told);
            Ok(FanOut::Done { recipients })
        }
        Err(Error::LostRace) => run_one(env, now).await,
        Err(error) => Err(error),
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

/// All but the last chunk, and the last one, which may be empty.
fn split_last(recipients: &[User]) -> (&[User], impl Iterator<Item = &[User]>) {
    let whole = recipients.len().saturating_sub(1) / RECIPIENTS_PER_COMMIT * RECIPIENTS_PER_COMMIT;
    let (before, last) = recipients.split_at(whole);
    (last, before.chunks(RECIPIENTS_PER_COMMIT))
}

/// Who is told (product rule 6): for a tenant's quota everyone of the tenant who wants quota mail;
/// for a user's own quota that user and the tenant's company admins, again as far as they want it.
///
/// # Errors
/// The store failed.
pub async fn recipients_of(env: &Env, account: AccountId) -> Result<Vec<User>, Error> {
    Ok(People::default().told_of(env, account).await?.users)
}

/// How many people of a tenant are told of its quotas by mail, and why the others are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// So many are told.
    pub told: usize,
    /// So many are not, by reason; only reasons that there are.
    pub not_told: Vec<(NotTold, usize)>,
}

/// Who of a tenant is told of its quotas by mail.
///
/// # Errors
/// The store failed.
pub async fn audience_of(env: &Env, tenant: TenantId) -> Result<Audience, Error> {
    let account = AccountId::Tenant(tenant);
    let found = People::default().told_of(env, account).await?;
    let count = |reason| found.not_told.iter().filter(|why| **why == reason).count();
    let counted = NotTold::ALL.iter().map(|reason| (*reason, count(*reason)));
    Ok(Audience {
        told: found.users.len(),
        not_told: counted.filter(|(_, count)| *count > 0).collect(),
    })
}

fn count(env: &Env, not_told: &[NotTold]) {
    for reason in not_told {
        env.metrics.not_told.inc(*reason);
    }
}

/// Who of those that an account concerns is told of it.
struct Told {
    users: Vec<User>,
    /// Why each of the others is not.
    not_told: Vec<NotTold>,
}

/// The people of tenants, read once for several notices.
#[derive(Default)]
struct People {
    of_tenant: BTreeMap<TenantId, Vec<User>>,
}

impl People {
    async fn told_of(&mut self, env: &Env, account: AccountId) -> Result<Told, Error> {
        let (mut told, mut not_told) = (Vec::new(), Vec::new());
        let (tenant, own) = match account {
            AccountId::Tenant(tenant) => (tenant, None),
            AccountId::User(id) => match env.store.user(id).await? {
                Some(user) => (user.tenant_id, Some(id)),
                // Deleted since: nobody is to be told.
                None => {
                    let users = told;
                    return Ok(Told { users, not_told });
                }
            },
        };
        let users = match self.of_tenant.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(users_of(env, tenant).await?),
        };
        let is_concerned =
            |user: &&User| own.is_none_or(|own| user.id == own || user.is_company_admin());
        for user in users.iter().filter(is_concerned) {
            match user.receives_quota_mail() {
                Ok(()) => told.push(user.clone()),
                Err(rule) => not_told.push(NotTold::of(rule)),
            }
        }
        if told.is_empty() && not_told.is_empty() {
            not_told.push(NotTold::Nobody);
        }
        let users = told;
        Ok(Told { users, not_told })
    }
}

/// Everybody of a tenant itself.
///
/// # Errors
/// The store failed.
pub(super) async fn users_of(env: &Env, tenant: TenantId) -> Result<Vec<User>, Error> {
    let (mut users, mut after) = (Vec::new(), None);
    loop {
        let ids = env
            .store
            .ids_under(&keys::tenant_users(tenant), after, PAGE)
            .await?;
        after = ids.last().copied();
        let user_keys: Vec<Key> = ids.iter().map(|id| keys::user(UserId::new(*id))).collect();
        let found = env.store.load_many::<User>(&user_keys).await?;
        users.extend(found.into_iter().flatten().map(|found| found.value));
        if ids.len() < PAGE {
            return Ok(users);
        }
    }
}

/// Whether these are the last recipients of a notice, which then goes.
#[derive(Clone, Copy)]
struct IsLast(bool);

/// Puts the notice's causes into each recipient's open mail, or opens one. Does nothing where the
/// notice is gone: another node has turned it into mails.
async fn add_to_mails(
    env: &Env,
    notice: &Notice,
    recipients: &[User],
    (key, revision): (&Key, Revision),
    is_last: IsLast,
    now: Timestamp,
) -> Result<(), Error> {
    let stored = env.store.engine().get(key).await?;
    if stored.is_none_or(|stored| stored.revision != revision) {
        return Ok(());
    }
    let (mut windows, mut changes) = (Windows::new(now), Changes::new());
    windows.add(env, notice, recipients).await?;
    windows.into_changes(&mut changes);
    changes.expect(key.clone(), Expect::Revision(revision));
    if is_last.0 {
        changes.delete(key.clone());
    }
    env.store.commit(changes).await?;
    Ok(())
}

/// The mail of a recipient that still takes items in, and what to expect of the pointer to it.
struct OpenMail {
    mail: Option<Found<Mail>>,
    expect: Expect,
    /// Until when the recipient's quota mails use up what is allowed in a day.
    used_until: Option<Timestamp>,
}

/// The mail that was last opened for a recipient, whatever became of it.
///
/// # Errors
/// The store failed.
pub(super) async fn latest_mail_of(env: &Env, user: UserId) -> Result<Option<Mail>, Error> {
    let latest = latest_of(env, user).await?;
    Ok(latest.mail.map(|found| found.value))
}

async fn open_mail_of(env: &Env, user: UserId) -> Result<OpenMail, Error> {
    let mut latest = latest_of(env, user).await?;
    // A mail that was tried already is on its way; what comes now goes into the next.
    let in_flight = env.node.in_flight();
    let is_open = |mail: &Found<Mail>| mail.is_open() && !in_flight.has(mail.id);
    latest.mail = latest.mail.filter(is_open);
    Ok(latest)
}

async fn latest_of(env: &Env, user: UserId) -> Result<OpenMail, Error> {
    let Some(record) = env.store.engine().get(&keys::open_mail(user)).await? else {
        return Ok(OpenMail {
            mail: None,
            expect: Expect::Absent,
            used_until: None,
        });
    };
    let expect = Expect::Revision(record.revision);
    let (id, used_until) = window::read_pointer(&record.body);
    let mail = match id {
        Some(id) => env.store.mail(id).await?,
        None => None,
    };
    Ok(OpenMail {
        mail,
        expect,
        used_until,
    })
}
