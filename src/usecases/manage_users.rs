//! User accounts: create, read, change, delete, activate.

use std::collections::HashSet;

use uuid::Uuid;

use super::Env;
use super::access::Context;
use super::audit::Act;
use super::error::{Error, retrying};
use super::manage_tenants::{by_v1_ids, takes_accounts};
use super::page::{self, Page, PageRequest};
use super::precondition::check_version;
use crate::domain::ids::{TenantId, UserId, V1Id};
use crate::domain::text::check_login;
use crate::domain::user::User;
use crate::store::engine::{Changes, Key};
use crate::store::keys;

/// What a new user is told of, unless said otherwise (the list of rule `user-object`).
const DEFAULT_NOTIFICATIONS: [&str; 3] = ["quota", "reports", "backup_daily_report"];

/// Which users to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserQuery {
    /// These, as far as they are within reach.
    Ids(Vec<UserId>),
    /// Those with these API v1 ids, as far as they are within reach.
    V1Ids(Vec<V1Id>),
    /// The users of one tenant.
    OfTenant(TenantId),
    /// The users of a tenant and of all below it.
    Subtree(TenantId),
}

/// Creates a user of a tenant. `fill` says what it is other than a blank one; without a login the
/// e-mail address is it.
///
/// # Errors
/// The tenant is out of reach or disabled, the login is taken, or as `fill` says.
pub async fn create(
    cx: Context<'_>,
    tenant: TenantId,
    fill: impl Fn(User) -> Result<User, Error>,
) -> Result<User, Error> {
    retrying(|| create_once(cx, tenant, &fill)).await
}

async fn create_once(
    cx: Context<'_>,
    tenant: TenantId,
    fill: impl Fn(User) -> Result<User, Error>,
) -> Result<User, Error> {
    let tenant = cx.tenant(tenant).await?;
    takes_accounts(&tenant)?;
    let v1_id = cx.env.store.next_v1_id().await?;
    let mut user = fill(User {
        notifications: DEFAULT_NOTIFICATIONS.to_vec(),
        language: tenant.language.clone(),
        ..User::new(v1_id, tenant.id, cx.now)
    })?;
    if user.login.is_empty() {
        let email = user.contact.email.as_ref();
        let login = email.map(|email| email.as_str().to_owned());
        user.login = login.ok_or_else(|| Error::invalid("login", "give a login or an e-mail"))?;
        check_login(&user.login).map_err(|bad| Error::invalid("login", bad))?;
    }
    let mut changes = Changes::new();
    // A tenant that is disabled and deleted meanwhile takes no user.
    changes.expect_tenant(&tenant);
    changes.create_user(user.clone(), &tenant);
    let act = Act::new("user.create", &tenant, user.id);
    cx.commit(changes, act, None, Some(&user)).await?;
    Ok(user)
}

/// One user.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn read(cx: Context<'_>, id: UserId) -> Result<User, Error> {
    Ok(cx.user(id).await?.0.value)
}

/// The user that the caller's token speaks for.
///
/// # Errors
/// The token speaks for an API client.
pub async fn me(cx: Context<'_>) -> Result<User, Error> {
    let Some(id) = cx.caller.user else {
        return Err(Error::Forbidden(
            "the token speaks for an API client, not for a user; read GET /api/2/clients/{client_id}"
                .to_owned(),
        ));
    };
    read(cx, id).await
}

/// Several users.
///
/// # Errors
/// The tenant that is asked for is unknown or out of reach. Ids of a list that are unknown or out
/// of reach are silently left out.
pub async fn list(
    cx: Context<'_>,
    query: &UserQuery,
    request: PageRequest,
) -> Result<Page<User>, Error> {
    let env = cx.env;
    let page = match query {
        UserQuery::Ids(ids) => Page::whole(reached(cx, ids).await?),
        UserQuery::V1Ids(ids) => {
            let ids = by_v1_ids(env, ids).await?.into_iter().map(UserId::new);
            Page::whole(reached(cx, &ids.collect::<Vec<_>>()).await?)
        }
        UserQuery::OfTenant(tenant) => ids_of_tenant(cx, *tenant, request).await?,
        UserQuery::Subtree(root) => {
            cx.tenant(*root).await?;
            page::ids(env, &keys::subtree_users(*root), request).await?
        }
    };
    let users = env.store.values(page.items.iter().copied()).await?;
    Ok(page.with(users))
}

/// Those of `ids` that the caller may see, each once, in the order given.
async fn reached(cx: Context<'_>, ids: &[UserId]) -> Result<Vec<Uuid>, Error> {
    let Context { env, caller, .. } = cx;
    let mut seen = HashSet::new();
    let mut ids: Vec<UserId> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
    if let Some(own) = caller.user {
        ids.retain(|id| *id == own);
    }
    let marks: Vec<Key> = ids
        .iter()
        .map(|id| keys::subtree_user(caller.root, *id))
        .collect();
    let found = env.store.engine().get_many(&marks).await?;
    let within = ids.iter().zip(found).filter(|(_, mark)| mark.is_some());
    Ok(within.map(|(id, _)| id.uuid()).collect())
}

/// The ids of the users of a tenant.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn ids_of_tenant(
    cx: Context<'_>,
    tenant: TenantId,
    request: PageRequest,
) -> Result<Page<Uuid>, Error> {
    cx.tenant(tenant).await?;
    page::ids(cx.env, &keys::tenant_users(tenant), request).await
}

/// Changes a user. `change` is asked again where the user changed meanwhile.
///
/// # Errors
/// It is out of reach, `expected` is stale, the login is taken, or as `change` says.
pub async fn update(
    cx: Context<'_>,
    id: UserId,
    expected: Option<u64>,
    change: impl Fn(User) -> Result<User, Error>,
) -> Result<User, Error> {
    retrying(|| async {
        let (old, tenant) = cx.user(id).await?;
        check_version(expected, old.version)?;
        let mut user = change(old.value.clone())?;
        user.version += 1;
        user.updated_at = cx.now;
        let mut changes = Changes::new();
        changes.update_user(&old, user.clone(), &tenant);
        let act = Act::new("user.update", &tenant, user.id);
        cx.commit(changes, act, Some(&old.value), Some(&user))
            .await?;
        Ok(user)
    })
    .await
}

/// Deletes a user with the meter and all that is remembered of them.
///
/// # Errors
/// It is out of reach, or `expected` is stale.
pub async fn delete(cx: Context<'_>, id: UserId, expected: Option<u64>) -> Result<(), Error> {
    retrying(|| async {
        let (user, tenant) = cx.user(id).await?;
        check_version(expected, user.version)?;
        let mut changes = Changes::new();
        changes.delete_user(&user, &tenant);
        let act = Act::new("user.delete", &tenant, user.id);
        cx.commit(changes, act, Some(&user.value), None).await
    })
    .await
}

/// Whether nobody has this login.
///
/// # Errors
/// It can be nobody's login, or the store failed.
pub async fn login_is_free(env: &Env, login: &str) -> Result<bool, Error> {
    check_login(login).map_err(|bad| Error::invalid("username", bad))?;
    Ok(env.store.user_of_login(login).await?.is_none())
}
