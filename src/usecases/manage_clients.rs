//! API clients: create (the only answer with the secret), read, change, delete.

use uuid::Uuid;

use super::access::{Caller, Context};
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::initialize::new_client;
use super::manage_tenants::takes_accounts;
use super::page::{self, Page, PageRequest};
use super::precondition::check_version;
use crate::domain::client::{ApiScopes, Client};
use crate::domain::ids::{ClientId, TenantId};
use crate::domain::tenant::Tenant;
use crate::store::engine::{Changes, Expect};
use crate::store::{Found, keys};

/// Creates a client of a tenant: it reaches this tenant and all below it. `fill` says what it is
/// other than one without a name that may do as much as its creator. The secret is in the answer
/// and nowhere else.
///
/// # Errors
/// The tenant is out of reach or disabled, the scopes are more than the caller's, or as `fill` says.
pub async fn create(
    cx: Context<'_>,
    tenant: TenantId,
    fill: impl FnOnce(Client) -> Result<Client, Error>,
) -> Result<(Client, String), Error> {
    let (blank, secret) = new_client(tenant, "", cx.caller.scopes, cx.now)?;
    let client = fill(blank)?;
    check_scopes(cx.caller, client.scopes)?;
    retrying(|| async {
        let tenant = cx.tenant(tenant).await?;
        takes_accounts(&tenant)?;
        let mut changes = Changes::new();
        // A tenant that is disabled and deleted meanwhile takes no client.
        changes.expect_tenant(&tenant);
        changes.put_client(Expect::Absent, client.clone());
        let act = Act::new("client.create", &tenant, client.id);
        cx.commit(changes, act, None, Some(&client)).await
    })
    .await?;
    Ok((client, secret))
}

/// Nobody gives more than they have, or decides over a client that has more.
fn check_scopes(caller: &Caller, scopes: ApiScopes) -> Result<(), Error> {
    if caller.scopes.contains(scopes) {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "only clients with scopes that you have yourself can be created, changed or deleted: {}",
        caller.scopes
    )))
}

async fn load(cx: Context<'_>, id: ClientId) -> Result<(Found<Client>, Found<Tenant>), Error> {
    let found = cx.env.store.client(id).await?;
    let client = found.ok_or(Error::NotFound(What::Client))?;
    let tenant = cx.tenant_of(What::Client, client.tenant_id).await?;
    Ok((client, tenant))
}

/// One client. A client may always read itself: so it learns its `tenant_id`.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn read(cx: Context<'_>, id: ClientId) -> Result<Client, Error> {
    let Context { env, caller, .. } = cx;
    if caller.user.is_none() && caller.subject == id.uuid() {
        let own = env.store.client(id).await?;
        return own
            .map(|found| found.value)
            .ok_or(Error::NotFound(What::Client));
    }
    caller.require(crate::domain::client::ApiScope::Clients)?;
    Ok(load(cx, id).await?.0.value)
}

/// The clients of a tenant itself.
///
/// # Errors
/// The tenant is unknown or out of reach.
pub async fn list(
    cx: Context<'_>,
    tenant: TenantId,
    request: PageRequest,
) -> Result<Page<Client>, Error> {
    cx.tenant(tenant).await?;
    let page: Page<Uuid> = page::ids(cx.env, &keys::tenant_clients(tenant), request).await?;
    let clients = cx.env.store.values(page.items.iter().copied()).await?;
    Ok(page.with(clients))
}

/// Changes a client. `change` is asked again where the client changed meanwhile.
///
/// # Errors
/// It is out of reach, `expected` is stale, the scopes that it has or gets are more than the
/// caller's, or as `change` says.
pub async fn update(
    cx: Context<'_>,
    id: ClientId,
    expected: Option<u64>,
    change: impl Fn(Client) -> Result<Client, Error>,
) -> Result<Client, Error> {
    retrying(|| async {
        let (old, tenant) = load(cx, id).await?;
        check_scopes(cx.caller, old.scopes)?;
        check_version(expected, old.version)?;
        let mut client = change(old.value.clone())?;
        check_scopes(cx.caller, client.scopes)?;
        client.version += 1;
        let mut changes = Changes::new();
        changes.put_client(Expect::Revision(old.revision), client.clone());
        let act = Act::new("client.update", &tenant, client.id);
        cx.commit(changes, act, Some(&old.value), Some(&client))
            .await?;
        Ok(client)
    })
    .await
}

/// Deletes a client; its tokens are refused from then on.
///
/// # Errors
/// It is out of reach, its scopes are more than the caller's, or `expected` is stale.
pub async fn delete(cx: Context<'_>, id: ClientId, expected: Option<u64>) -> Result<(), Error> {
    retrying(|| async {
        let (client, tenant) = load(cx, id).await?;
        check_scopes(cx.caller, client.scopes)?;
        check_version(expected, client.version)?;
        let mut changes = Changes::new();
        changes.delete_client(&client);
        let act = Act::new("client.delete", &tenant, client.id);
        cx.commit(changes, act, Some(&client.value), None).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::ApiScope;

    #[test]
    fn nobody_gives_more_than_they_have() {
        let scopes = ApiScopes::of(&[ApiScope::Clients, ApiScope::AccountRead]);
        let caller = Caller::of_client(ClientId::random(), TenantId::random(), scopes);
        assert_eq!(
            check_scopes(&caller, ApiScopes::of(&[ApiScope::AccountRead])),
            Ok(())
        );
        assert!(matches!(
            check_scopes(&caller, ApiScopes::all()),
            Err(Error::Forbidden(_))
        ));
    }
}
