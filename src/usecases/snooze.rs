//! A user puts an alert aside for a while, or takes it back.

use std::time::Duration;

use super::Env;
use super::access::Caller;
use super::error::{Error, What, retrying};
use super::view;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::meter::ItemStatus;
use crate::domain::quota::Scope;
use crate::domain::snooze::{AlertId, Snoozes};
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::record::Stored;
use crate::store::{keys, unchanged};

/// Longer than this is not a snooze but a switch-off, and that is what notifications are for.
const MAX_SNOOZE: Duration = Duration::from_secs(366 * 86_400);

/// Hides a standing alert of `user` until then.
///
/// # Errors
/// The user or the alert is unknown or out of reach; `until` is past or too far; the store failed.
pub async fn snooze(
    env: &Env,
    caller: &Caller,
    user: UserId,
    alert: AlertId,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let (found, tenant) = caller.user(&env.store, user).await?;
    check_owner(alert, user, tenant.id)?;
    if until <= now || until > now.plus(MAX_SNOOZE) {
        let why = "must lie in the future, at most 366 days ahead";
        return Err(Error::invalid("until", why));
    }
    let view = view::of(env, found, tenant).await?;
    let stands = |(scope, status): &(Scope, ItemStatus)| {
        *scope == alert.scope() && status.item == alert.item
    };
    if !view.standing().iter().any(stands) {
        return Err(Error::NotFound(What::Alert));
    }
    change(env, user, |snoozes| snoozes.snooze(alert, until, now)).await
}

/// Shows an alert of `user` again. It need not be snoozed, nor stand any more.
///
/// # Errors
/// The user or the alert is unknown or out of reach; the store failed.
pub async fn wake(env: &Env, caller: &Caller, user: UserId, alert: AlertId) -> Result<(), Error> {
    let (_, tenant) = caller.user(&env.store, user).await?;
    check_owner(alert, user, tenant.id)?;
    change(env, user, |snoozes| snoozes.wake(alert)).await
}

/// An alert of `user` is about the user's own quota or the own tenant's.
fn check_owner(alert: AlertId, user: UserId, tenant: TenantId) -> Result<(), Error> {
    let own = alert.account == AccountId::User(user) || alert.account == AccountId::Tenant(tenant);
    if own {
        return Ok(());
    }
    Err(Error::NotFound(What::Alert))
}

async fn change(env: &Env, user: UserId, edit: impl Fn(&mut Snoozes)) -> Result<(), Error> {
    let key = keys::snoozes(user);
    retrying(|| async {
        let found = env.store.load::<Snoozes>(&key).await?;
        let mut snoozes = found
            .as_ref()
            .map(|found| found.value.clone())
            .unwrap_or_default();
        edit(&mut snoozes);
        let is_same = match &found {
            Some(found) => found.value == snoozes,
            None => snoozes.0.is_empty(),
        };
        if is_same {
            return Ok(());
        }
        let mut changes = Changes::new();
        changes.expect(key.clone(), unchanged(found.as_ref()));
        if snoozes.0.is_empty() {
            changes.delete(key.clone());
        } else {
            changes.put(key.clone(), snoozes.encode());
        }
        env.store.commit(changes).await?;
        Ok(())
    })
    .await
}
