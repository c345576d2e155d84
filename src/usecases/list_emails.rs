//! The outbox for operators: lists mails, shows one, and tries one again.

use std::collections::HashMap;

use super::Env;
use super::access::Context;
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::mail_limits::{self, CountedAs};
use super::precondition::check_version;
use crate::domain::ids::{MailId, TenantId};
use crate::domain::mail::{Mail, MailState};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::record::Stored;
use crate::store::{Found, keys};

/// Index entries looked at in one step.
const STEP: usize = 200;

/// Index entries looked at for one page: a caller whose mails are few among many gets a short
/// page and a cursor to go on, instead of one long request.
const LOOKED_AT_PER_PAGE: usize = 5000;

/// A place in the list: everything newer is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When the last mail that was looked at was created.
    pub created_at: Timestamp,
    /// That mail.
    pub id: MailId,
}

/// Part of the list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPage {
    /// The mails that the caller may see.
    pub items: Vec<Mail>,
    /// Where to go on; `None` at the end.
    pub after: Option<Cursor>,
}

/// The mails of the caller's subtree, the newest first: those in `state`, or all.
///
/// # Errors
/// The store failed.
pub async fn list_emails(
    cx: Context<'_>,
    state: Option<MailState>,
    limit: usize,
    after: Option<Cursor>,
) -> Result<MailPage, Error> {
    let env = cx.env;
    let mut reach = Reach {
        cx,
        known: HashMap::new(),
    };
    let (mut items, mut after, mut looked_at) = (Vec::new(), after, 0);
    loop {
        let entries = newest(env, state, after).await?;
        let is_end = entries.len() < STEP;
        let ids = entries.iter().map(|entry| entry.id);
        let mails = env.store.load_many::<Mail>(ids).await?;
        let last = entries.len();
        for (index, (entry, mail)) in entries.into_iter().zip(mails).enumerate() {
            looked_at += 1;
            after = Some(entry);
            if let Some(mail) = mail
                && reach.has(mail.tenant_id).await?
            {
                items.push(mail.value);
            }
            let is_last = is_end && index + 1 == last;
            if items.len() == limit {
                let after = after.filter(|_| !is_last);
                return Ok(MailPage { items, after });
            }
        }
        if is_end || looked_at >= LOOKED_AT_PER_PAGE {
            let after = after.filter(|_| !is_end);
            return Ok(MailPage { items, after });
        }
    }
}

/// The next entries of the index, over one state or all, the newest first.
async fn newest(
    env: &Env,
    state: Option<MailState>,
    after: Option<Cursor>,
) -> Result<Vec<Cursor>, Error> {
    let all = MailState::ALL;
    let states = all
        .iter()
        .filter(|known| state.is_none_or(|s| s == **known));
    let mut entries = Vec::new();
    for state in states {
        let prefix = keys::mails_by_state(*state);
        let start = after.map(|at| keys::mail_by_state(*state, at.created_at, at.id));
        let found = env
            .store
            .engine()
            .scan(&prefix, start.as_ref(), STEP)
            .await?;
        let found = found.iter().filter_map(|(key, _)| key.created_and_mail());
        entries.extend(found.map(|(created_at, id)| Cursor { created_at, id }));
    }
    // A mail that changed its state between two scans may be found twice.
    entries.sort_by_key(|entry| (std::cmp::Reverse(entry.created_at), entry.id));
    entries.dedup();
    entries.truncate(STEP);
    Ok(entries)
}

/// Which tenants the caller reaches, asked once for each.
struct Reach<'a> {
    cx: Context<'a>,
    known: HashMap<TenantId, bool>,
}

impl Reach<'_> {
    async fn has(&mut self, tenant: TenantId) -> Result<bool, Error> {
        if let Some(known) = self.known.get(&tenant) {
            return Ok(*known);
        }
        let found = self.cx.env.store.tenant(tenant).await?;
        let reaches = found.is_some_and(|tenant| self.cx.caller.reaches(&tenant));
        self.known.insert(tenant, reaches);
        Ok(reaches)
    }
}

/// One mail.
///
/// # Errors
/// It is unknown or out of reach; the store failed.
pub async fn show_email(cx: Context<'_>, id: MailId) -> Result<Mail, Error> {
    Ok(find(cx, id).await?.0.value)
}

/// Sends a dead letter again, or a waiting mail at once. Its attempts count from zero again; its
/// age does not, so that a mail past its time is tried once and then is a dead letter again.
///
/// # Errors
/// It is unknown or out of reach; `expected` is stale; it was sent or cancelled; the day's mails to its
/// recipient were sent; the store failed.
pub async fn retry_email(
    cx: Context<'_>,
    id: MailId,
    expected: Option<u64>,
) -> Result<Mail, Error> {
    let Context { env, now, .. } = cx;
    let mail = retrying(|| async {
        let (old, tenant) = find(cx, id).await?;
        check_version(expected, version_of(&old))?;
        let may_be_tried = matches!(old.state, MailState::Dead | MailState::Queued);
        if !may_be_tried {
            let why = format!(
                "the mail is {}; only dead and queued mails can be tried again",
                old.state.name()
            );
            return Err(Error::Conflict(why));
        }
        let is_leased = old.lease.is_some_and(|lease| lease.until > now);
        if is_leased || env.node.in_flight().has(id) {
            let why = "the mail is with its mail server at this moment; look again shortly";
            return Err(Error::Conflict(why.to_owned()));
        }
        let mut changes = Changes::new();
        // Without the user the mail is cancelled when its turn comes.
        if let Some(user) = env.store.user(old.user_id).await? {
            mail_limits::count(env, &mut changes, &user, CountedAs::Again, now).await?;
        }
        let mut new = old.value.clone();
        new.state = MailState::Queued;
        new.lease = None;
        new.due_at = now;
        new.attempts = 0;
        changes.update_mail(&old, &new);
        let act = Act::new("email.retry", &tenant, id);
        cx.commit(changes, act, Some(&old.value), Some(&new))
            .await?;
        Ok(new)
    })
    .await?;
    env.outbox_wake.notify_one();
    Ok(mail)
}

/// Another one for each state that a mail is in: mails do not count their changes.
#[must_use]
pub fn version_of(mail: &Mail) -> u64 {
    mail.content_version()
}

async fn find(cx: Context<'_>, id: MailId) -> Result<(Found<Mail>, Found<Tenant>), Error> {
    let found = cx.env.store.mail(id).await?;
    let mail = found.ok_or(Error::NotFound(What::Mail))?;
    let tenant = cx.tenant_of(What::Mail, mail.tenant_id).await?;
    Ok((mail, tenant))
}
