//! Snoozes an alert for a while, or wakes it.

use std::time::Duration;

use super::access::Context;
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::precondition::check_version;
use super::view;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::meter::ItemStatus;
use crate::domain::quota::Scope;
use crate::domain::snooze::{AlertId, Snoozes};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::record::Stored;
use crate::store::{keys, unchanged};

/// Longer than this is not a snooze but a switch-off, and that is what notifications are for.
const MAX_SNOOZE: Duration = Duration::from_secs(366 * 86_400);

/// Hides a standing alert of `user` until then. Answers the version of all that the user has
/// snoozed.
///
/// # Errors
/// The user or the alert is unknown or out of reach; `expected` is stale; `until` is past or too far; the store failed.
pub async fn snooze(
    cx: Context<'_>,
    user: UserId,
    alert: AlertId,
    until: Timestamp,
    expected: Option<u64>,
) -> Result<u64, Error> {
    let now = cx.now;
    let (found, tenant) = cx.user(user).await?;
    check_owner(alert, user, tenant.id)?;
    if until <= now || until > now.plus(MAX_SNOOZE) {
        let why = "must lie in the future, at most 366 days ahead";
        return Err(Error::invalid("until", why));
    }
    let view = view::of(cx.env, found, tenant).await?;
    let stands = |(scope, status): &(Scope, ItemStatus)| {
        *scope == alert.account.scope() && status.item == alert.item
    };
    if !view.standing().iter().any(stands) {
        return Err(Error::NotFound(What::Alert));
    }
    let edit = |snoozes: &mut Snoozes| snoozes.snooze(alert, until, now);
    let what = ("alert.snooze", alert);
    change(cx, (user, &view.tenant), what, expected, edit).await
}

/// Shows an alert of `user` again. It need not be snoozed, nor stand any more.
///
/// # Errors
/// The user or the alert is unknown or out of reach; `expected` is stale; the store failed.
pub async fn wake(
    cx: Context<'_>,
    user: UserId,
    alert: AlertId,
    expected: Option<u64>,
) -> Result<(), Error> {
    let (_, tenant) = cx.user(user).await?;
    check_owner(alert, user, tenant.id)?;
    let edit = |snoozes: &mut Snoozes| snoozes.wake(alert);
    let what = ("alert.wake", alert);
    change(cx, (user, &tenant), what, expected, edit).await?;
    Ok(())
}

/// An alert of `user` is about the user's own quota or the own tenant's.
fn check_owner(alert: AlertId, user: UserId, tenant: TenantId) -> Result<(), Error> {
    let own = alert.account == AccountId::User(user) || alert.account == AccountId::Tenant(tenant);
    if own {
        return Ok(());
    }
    Err(Error::NotFound(What::Alert))
}

/// Changes what `user` has snoozed. Answers its version.
async fn change(
    cx: Context<'_>,
    (user, tenant): (UserId, &Tenant),
    (action, alert): (&'static str, AlertId),
    expected: Option<u64>,
    edit: impl Fn(&mut Snoozes),
) -> Result<u64, Error> {
    let key = keys::snoozes(user);
    retrying(|| async {
        let found = cx.env.store.load::<Snoozes>(user).await?;
        let old = found.as_ref().map(|found| &found.value);
        let mut snoozes = old.cloned().unwrap_or_default();
        check_version(expected, snoozes.content_version())?;
        edit(&mut snoozes);
        let version = snoozes.content_version();
        if old.map_or(snoozes.0.is_empty(), |old| *old == snoozes) {
            return Ok(version);
        }
        let mut changes = Changes::new();
        changes.expect(key.clone(), unchanged(found.as_ref()));
        let new = Some(&snoozes).filter(|snoozes| !snoozes.0.is_empty());
        match new {
            Some(snoozes) => changes.put(key.clone(), snoozes.encode()),
            None => changes.delete(key.clone()),
        };
        let act = Act::new(action, tenant, format_args!("{user}/{alert}"));
        cx.commit(changes, act, old, new).await?;
        Ok(version)
    })
    .await
}
