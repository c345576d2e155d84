//! Unsubscribes a reader from quota mail, or subscribes again (RFC 8058: only a POST does it).

use super::Env;
use super::account_fields;
use super::audit::{self, Act, By};
use super::error::{Error, retrying};
use super::follow_link::{reader_of, verify};
use super::view::UserView;
use crate::domain::time::Timestamp;
use crate::domain::user::QUOTA_NOTIFICATION;
use crate::store::engine::Changes;
use crate::tracked_link::{Purpose, Refused, TrackedLink};

/// What an unsubscribe link leads to.
#[derive(Debug, Clone)]
pub enum Unsubscribing {
    /// The reader still gets mail, and is asked.
    Asked(Box<UserView>),
    /// The reader gets none any more.
    Done(Box<UserView>),
    /// The reader gets mail again.
    Undone(Box<UserView>),
    /// The link was good once.
    Expired(Option<Box<UserView>>),
    /// No link of ours, or its reader or tenant is gone.
    Unknown,
}

/// What the reader of a link wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No mail about quotas.
    NoMail,
    /// Mail about quotas, again.
    Mail,
}

/// What the page behind `token` shows. Changes nothing: scanners follow links too.
///
/// # Errors
/// The store failed.
pub async fn show(env: &Env, token: &str, now: Timestamp) -> Result<Unsubscribing, Error> {
    match link_of(env, token, now) {
        Ok(link) => Ok(match reader_of(env, &link).await? {
            Some(view) if view.user.wants_quota_mail() => Unsubscribing::Asked(view),
            Some(view) => Unsubscribing::Done(view),
            None => Unsubscribing::Unknown,
        }),
        Err(refused) => refusal(env, refused).await,
    }
}

/// Takes `quota` out of what the reader of `token` wants mail about, or puts it in again. Doing it
/// again changes nothing.
///
/// # Errors
/// The store failed.
pub async fn act(
    env: &Env,
    token: &str,
    wish: Wish,
    now: Timestamp,
) -> Result<Unsubscribing, Error> {
    let link = match link_of(env, token, now) {
        Ok(link) => link,
        Err(refused) => return refusal(env, refused).await,
    };
    let Some(id) = account_fields::user_id(env, link.user).await? else {
        return Ok(Unsubscribing::Unknown);
    };
    retrying(|| async {
        let Some(old) = env.store.user(id).await? else {
            return Ok(());
        };
        let Some(tenant) = env.store.tenant(old.tenant_id).await? else {
            return Ok(());
        };
        let is_so = old.wants_quota_mail() == (wish == Wish::Mail);
        if is_so {
            return Ok(());
        }
        let mut new = old.value.clone();
        let name = match wish {
            Wish::NoMail => {
                new.notifications.retain(|kind| *kind != QUOTA_NOTIFICATION);
                "user.unsubscribe"
            }
            Wish::Mail => {
                new.notifications.push(QUOTA_NOTIFICATION);
                "user.subscribe"
            }
        };
        new.version = old.version.saturating_add(1);
        new.updated_at = now;
        let mut changes = Changes::new();
        let act = Act::new(name, &tenant, new.id);
        let by = By::reader(new.id);
        audit::record(&mut changes, by, now, act, Some(&old.value), Some(&new));
        changes.update_user(&old, new, &tenant);
        env.store.commit(changes).await?;
        Ok(())
    })
    .await?;
    Ok(match reader_of(env, &link).await? {
        None => Unsubscribing::Unknown,
        Some(view) if wish == Wish::Mail => Unsubscribing::Undone(view),
        Some(view) => Unsubscribing::Done(view),
    })
}

fn link_of(env: &Env, token: &str, now: Timestamp) -> Result<TrackedLink, Refused> {
    let is_ours = |link: &TrackedLink| link.purpose == Purpose::Unsubscribe;
    match verify(env, token, now) {
        Ok(link) | Err(Refused::Expired(link)) if !is_ours(&link) => Err(Refused::Unknown),
        verdict => verdict,
    }
}

async fn refusal(env: &Env, refused: Refused) -> Result<Unsubscribing, Error> {
    match refused {
        Refused::Unknown => Ok(Unsubscribing::Unknown),
        Refused::Expired(link) => Ok(Unsubscribing::Expired(reader_of(env, &link).await?)),
    }
}
