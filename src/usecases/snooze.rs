//! A user puts an alert aside for a while, or takes it back.

use std::time::Duration;

use super::Env;
use super::access::{Caller, Context};
use super::audit::{self, Act};
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
    let Context { env, caller, now } = cx;
    let (found, tenant) = caller.user(&env.store, user).await?;
    let owner = tenant.value.clone();
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
    let wish = Wish {
        env,
        caller,
        user,
        tenant: &owner,
        action: "alert.snooze",
        expected,
        now,
    };
    wish.fulfil(alert, |snoozes| snoozes.snooze(alert, until, now))
        .await
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
    let Context { env, caller, now } = cx;
    let (_, tenant) = caller.user(&env.store, user).await?;
    check_owner(alert, user, tenant.id)?;
    let wish = Wish {
        env,
        caller,
        user,
        tenant: &tenant,
        action: "alert.wake",
        expected,
        now,
    };
    wish.fulfil(alert, |snoozes| snoozes.wake(alert)).await?;
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

/// Who wants which change of a user's snoozes.
struct Wish<'a> {
    env: &'a Env,
    caller: &'a Caller,
    user: UserId,
    tenant: &'a Tenant,
    action: &'static str,
    expected: Option<u64>,
    now: Timestamp,
}

impl Wish<'_> {
    async fn fulfil(&self, alert: AlertId, edit: impl Fn(&mut Snoozes)) -> Result<u64, Error> {
        let key = keys::snoozes(self.user);
        retrying(|| async {
            let found = self.env.store.load::<Snoozes>(self.user).await?;
            let old = found.as_ref().map(|found| &found.value);
            let mut snoozes = old.cloned().unwrap_or_default();
            check_version(self.expected, snoozes.content_version())?;
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
            let act = Act {
                action: self.action,
                tenant: self.tenant,
                object: format!("{}/{alert}", self.user),
            };
            audit::record(&mut changes, self.caller, self.now, act, old, new);
            self.env.store.commit(changes).await?;
            Ok(version)
        })
        .await
    }
}
