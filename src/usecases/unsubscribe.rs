//! A reader wants no more mail about quotas (RFC 8058: only a POST does it).

use super::Env;
use super::audit::{self, By};
use super::error::{Error, retrying};
use super::follow_link::{reader_of, verify};
use super::manage_users::act;
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
    /// The link was good once.
    Expired(Option<Box<UserView>>),
    /// No link of ours, or its reader or tenant is gone.
    Unknown,
}

/// What the page behind `token` shows. Changes nothing: scanners follow links too.
///
/// # Errors
/// The store failed.
pub async fn show(env: &Env, token: &str, now: Timestamp) -> Result<Unsubscribing, Error> {
    match link_of(env, token, now) {
        Ok(link) => Ok(match reader_of(env, &link).await? {
            Some(view) if view.user.notifications.contains(&QUOTA_NOTIFICATION) => {
                Unsubscribing::Asked(view)
            }
            Some(view) => Unsubscribing::Done(view),
            None => Unsubscribing::Unknown,
        }),
        Err(refused) => refusal(env, refused).await,
    }
}

/// Takes `quota` out of what the reader of `token` wants mail about. Doing it again changes
/// nothing.
///
/// # Errors
/// The store failed.
pub async fn unsubscribe(env: &Env, token: &str, now: Timestamp) -> Result<Unsubscribing, Error> {
    let link = match link_of(env, token, now) {
        Ok(link) => link,
        Err(refused) => return refusal(env, refused).await,
    };
    retrying(|| async {
        let Some(old) = env.store.user(link.user_id).await? else {
            return Ok(());
        };
        let Some(tenant) = env.store.tenant(old.tenant_id).await? else {
            return Ok(());
        };
        let wants = old.notifications.contains(&QUOTA_NOTIFICATION);
        if tenant.id != link.tenant_id || !wants {
            return Ok(());
        }
        let mut new = old.value.clone();
        new.notifications.retain(|kind| *kind != QUOTA_NOTIFICATION);
        new.version = old.version.saturating_add(1);
        new.updated_at = now;
        let mut changes = Changes::new();
        let act = act("user.unsubscribe", &new, &tenant);
        let by = By::reader(new.id);
        audit::record(&mut changes, by, now, act, Some(&old.value), Some(&new));
        changes.update_user(&old, new, &tenant);
        env.store.commit(changes).await?;
        Ok(())
    })
    .await?;
    let view = reader_of(env, &link).await?;
    Ok(view.map_or(Unsubscribing::Unknown, Unsubscribing::Done))
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
