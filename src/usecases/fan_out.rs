//! From a notice ("this account entered these levels") to mails: one open mail per recipient,
//! which takes in everything of its window.

mod window;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use uuid::Uuid;

use super::Env;
use super::error::{Error, retrying};
use crate::domain::ids::{AccountId, MailId, TenantId, UserId};
use crate::domain::notification::Mail;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect, Key};
use crate::store::record::{Notice, Stored};
use crate::store::{Found, keys};
use window::Windows;

/// Users read from the store at once.
const PAGE: usize = 500;

/// No commit holds mails for more recipients than this; a larger tenant takes several, and the
/// notice goes with the last.
const RECIPIENTS_PER_COMMIT: usize = 1000;

/// Notices that are turned into mails with one commit, at most.
const NOTICES_PER_COMMIT: usize = 256;

/// What a run of the fan-out found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FanOut {
    /// A notice, or several, were turned into mails for this many recipients.
    Done {
        /// How many people will be told; who is told of several counts for each.
        recipients: usize,
    },
    /// There is no notice.
    Idle,
}

/// Turns the oldest notice into mails.
///
/// # Errors
/// The store failed; the notice is still there.
pub async fn run_one(env: &Env, now: Timestamp) -> Result<FanOut, Error> {
    let oldest = env.store.engine().scan(&keys::notices(), None, 1).await?;
    let Some((key, record)) = oldest.into_iter().next() else {
        return Ok(FanOut::Idle);
    };
    let notice = Notice::decode(&record.body)?;
    let recipients = recipients_of(env, notice.account).await?;
    let (last, before) = split_last(&recipients);
    for chunk in before {
        retrying(|| add_to_mails(env, &notice, chunk, None, now)).await?;
    }
    let done = (&key, Expect::Revision(record.revision));
    retrying(|| add_to_mails(env, &notice, last, Some(done), now)).await?;
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
    let engine = env.store.engine();
    let oldest = engine
        .scan(&keys::notices(), None, NOTICES_PER_COMMIT)
        .await?;
    if oldest.is_empty() {
        return Ok(FanOut::Idle);
    }
    let (mut windows, mut done) = (Windows::new(now), Changes::new());
    let (mut people, mut recipients) = (People::default(), 0);
    for (key, record) in oldest {
        let notice = Notice::decode(&record.body)?;
        let told = people.told_of(env, notice.account).await?;
        if recipients + told.len() > RECIPIENTS_PER_COMMIT {
            break;
        }
        recipients += told.len();
        windows.add(env, &notice, &told).await?;
        done.expect(key.clone(), Expect::Revision(record.revision))
            .delete(key);
    }
    if done.is_empty() {
        // More than one commit holds.
        return run_one(env, now).await;
    }
    windows.into_changes(&mut done);
    match env.store.commit(done).await.map_err(Error::from) {
        Ok(()) => Ok(FanOut::Done { recipients }),
        Err(Error::LostRace) => run_one(env, now).await,
        Err(error) => Err(error),
    }
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
    People::default().told_of(env, account).await
}

/// The people of tenants, read once for several notices.
#[derive(Default)]
struct People {
    of_tenant: BTreeMap<TenantId, Vec<User>>,
}

impl People {
    async fn told_of(&mut self, env: &Env, account: AccountId) -> Result<Vec<User>, Error> {
        let (tenant, own) = match account {
            AccountId::Tenant(tenant) => (tenant, None),
            AccountId::User(id) => match env.store.user(id).await? {
                Some(user) => (user.tenant_id, Some(id)),
                None => return Ok(Vec::new()),
            },
        };
        let users = match self.of_tenant.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(users_of(env, tenant).await?),
        };
        let is_told = |user: &&User| {
            let concerned = own.is_none_or(|own| user.id == own || user.is_company_admin());
            concerned && user.receives_quota_mail().is_ok()
        };
        Ok(users.iter().filter(is_told).cloned().collect())
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

/// Puts the notice's causes into each recipient's open mail, or opens one. With `done`, the
/// notice is removed in the same commit.
async fn add_to_mails(
    env: &Env,
    notice: &Notice,
    recipients: &[User],
    done: Option<(&Key, Expect)>,
    now: Timestamp,
) -> Result<(), Error> {
    let (mut windows, mut changes) = (Windows::new(now), Changes::new());
    windows.add(env, notice, recipients).await?;
    windows.into_changes(&mut changes);
    if let Some((key, expect)) = done {
        changes.expect(key.clone(), expect).delete(key.clone());
    }
    if !changes.is_empty() {
        env.store.commit(changes).await?;
    }
    Ok(())
}

/// The mail of a recipient that still takes items in, and what to expect of the pointer to it.
struct OpenMail {
    mail: Option<Found<Mail>>,
    expect: Expect,
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
    latest.mail = latest.mail.filter(|mail| mail.is_open());
    Ok(latest)
}

async fn latest_of(env: &Env, user: UserId) -> Result<OpenMail, Error> {
    let Some(record) = env.store.engine().get(&keys::open_mail(user)).await? else {
        return Ok(OpenMail {
            mail: None,
            expect: Expect::Absent,
        });
    };
    let expect = Expect::Revision(record.revision);
    let id = Uuid::from_slice(&record.body).map(MailId::new);
    let mail = match id {
        Ok(id) => env.store.mail(id).await?,
        Err(_) => None,
    };
    Ok(OpenMail { mail, expect })
}
