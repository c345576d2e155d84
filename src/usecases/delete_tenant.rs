//! The end of a tenant: it goes with its users, their meters and its clients.

use super::Env;
use super::access::Caller;
use super::error::Error;
use super::manage_tenants::has_children;
use super::precondition::{attempt, check_version};
use crate::domain::client::Client;
use crate::domain::ids::{AccountId, ClientId, TenantId, UserId};
use crate::domain::tenant::Tenant;
use crate::domain::user::User;
use crate::store::engine::{Changes, CommitError, Expect, Key};
use crate::store::{Found, keys};

/// Users and clients that one commit removes along with their tenant.
const REMOVED_PER_COMMIT: usize = 500;

/// Deletes a disabled tenant without children, together with its users and clients.
///
/// Up to 500 users and clients go in the same commit as the tenant. Of a larger tenant the others
/// go before it in commits of their own, each of which expects the tenant unchanged.
///
/// # Errors
/// It is out of reach, enabled, has children, has plans or domains of a reseller, has users with
/// roles in such a domain, is the root, or `expected` is stale.
pub async fn delete(
    env: &Env,
    caller: &Caller,
    id: TenantId,
    expected: Option<u64>,
) -> Result<(), Error> {
    attempt(expected, || delete_once(env, caller, id, expected)).await
}

async fn delete_once(
    env: &Env,
    caller: &Caller,
    id: TenantId,
    expected: Option<u64>,
) -> Result<(), Error> {
    let tenant = caller.tenant(&env.store, id).await?;
    check_version(expected, tenant.version)?;
    if tenant.enabled {
        return Err(Error::TenantEnabled);
    }
    if tenant.parent_id().is_none() {
        return Err(Error::Refused(
            "the root tenant cannot be deleted".to_owned(),
        ));
    }
    if has_children(env, id).await? {
        return Err(Error::Conflict(
            "the tenant has child tenants; delete them first".to_owned(),
        ));
    }
    let ties = keys::reseller::ties(AccountId::Tenant(id));
    if env.store.engine().get(&ties).await?.is_some() {
        return Err(CommitError::Conflict(ties).into());
    }
    let clients = remove_clients(env, &tenant).await?;
    let mut last = remove_users(env, &tenant, clients).await?;
    last.delete_tenant(&tenant);
    env.store.commit(last).await?;
    Ok(())
}

/// Commits `changes`, which are valid only while `tenant` stays as it is.
async fn commit_part(env: &Env, tenant: &Found<Tenant>, mut changes: Changes) -> Result<(), Error> {
    let unchanged = Expect::Revision(tenant.revision);
    changes.expect(keys::tenant(tenant.id), unchanged);
    env.store.commit(changes).await?;
    Ok(())
}

/// Removes whole pages of clients; the rest is in the change that is returned.
async fn remove_clients(env: &Env, tenant: &Found<Tenant>) -> Result<Changes, Error> {
    let mut after = None;
    loop {
        let index = keys::tenant_clients(tenant.id);
        let ids = env
            .store
            .ids_under(&index, after, REMOVED_PER_COMMIT)
            .await?;
        after = ids.last().copied();
        let client_keys: Vec<Key> = ids
            .iter()
            .map(|id| keys::client(ClientId::new(*id)))
            .collect();
        let found = env.store.load_many::<Client>(&client_keys).await?;
        let mut changes = Changes::new();
        for client in found.iter().flatten() {
            changes.delete_client(client);
        }
        if ids.len() < REMOVED_PER_COMMIT {
            return Ok(changes);
        }
        commit_part(env, tenant, changes).await?;
    }
}

/// Removes whole pages of users; the rest is added to `rest`.
async fn remove_users(
    env: &Env,
    tenant: &Found<Tenant>,
    mut rest: Changes,
) -> Result<Changes, Error> {
    let mut after = None;
    loop {
        let index = keys::tenant_users(tenant.id);
        let ids = env
            .store
            .ids_under(&index, after, REMOVED_PER_COMMIT)
            .await?;
        after = ids.last().copied();
        let user_keys: Vec<Key> = ids.iter().map(|id| keys::user(UserId::new(*id))).collect();
        let found = env.store.load_many::<User>(&user_keys).await?;
        let whole = ids.len() == REMOVED_PER_COMMIT;
        let mut changes = if whole {
            Changes::new()
        } else {
            std::mem::take(&mut rest)
        };
        for user in found.iter().flatten() {
            changes.delete_user(user, tenant);
        }
        if !whole {
            return Ok(changes);
        }
        commit_part(env, tenant, changes).await?;
    }
}
