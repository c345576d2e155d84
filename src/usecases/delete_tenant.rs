//! The end of a tenant: it goes with its users, their meters, its clients and its billing data.

use uuid::Uuid;

use super::Env;
use super::access::{Caller, Context};
use super::audit::{self, Act};
use super::error::{Error, retrying};
use super::manage_tenants::{act, has_children};
use super::precondition::check_version;
use super::{manage_customers, manage_taxes};
use crate::domain::client::Client;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::plan::MAX_PLANS_PER_PARTNER;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, CommitError, Key, Write};
use crate::store::record::Stored;
use crate::store::{Found, keys};

/// Users and clients that one commit removes along with their tenant.
const REMOVED_PER_COMMIT: usize = 500;

/// Deletes a disabled tenant without children, together with its users, clients and plans.
///
/// Up to 500 users and clients go in the same commit as the tenant. Of a larger tenant the others
/// go before it in commits of their own, each of which expects the tenant unchanged.
///
/// # Errors
/// It is out of reach, enabled, has children, has plans or domains of a reseller, has users with
/// roles in such a domain, is the root, or `expected` is stale.
pub async fn delete(cx: Context<'_>, id: TenantId, expected: Option<u64>) -> Result<(), Error> {
    retrying(|| delete_once(cx, id, expected)).await
}

async fn delete_once(cx: Context<'_>, id: TenantId, expected: Option<u64>) -> Result<(), Error> {
    let Context { env, caller, now } = cx;
    let tenant = caller.tenant(&env.store, id).await?;
    check_version(expected, tenant.version)?;
    if tenant.parent_id().is_none() {
        return Err(Error::Refused(
            "the root tenant cannot be deleted".to_owned(),
        ));
    }
    if tenant.enabled {
        return Err(Error::TenantEnabled);
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
    let removal = Removal {
        env,
        caller,
        tenant: &tenant,
        now,
    };
    let clients = removal.clients().await?;
    let mut last = removal.users(clients).await?;
    removal.billing(&mut last).await?;
    removal.plans(&mut last).await?;
    removal.clicks(&mut last).await?;
    last.delete_tenant(&tenant);
    let act = act("tenant.delete", &tenant);
    audit::record(&mut last, caller, now, act, Some(&tenant.value), None);
    env.store.commit(last).await?;
    Ok(())
}

/// What goes with a tenant, on its way out.
struct Removal<'a> {
    env: &'a Env,
    caller: &'a Caller,
    tenant: &'a Found<Tenant>,
    now: Timestamp,
}

impl Removal<'_> {
    /// Commits `changes`, which are valid only while the tenant stays as it is.
    async fn commit_part(&self, mut changes: Changes) -> Result<(), Error> {
        changes.expect_tenant(self.tenant);
        self.env.store.commit(changes).await?;
        Ok(())
    }

    /// The ids under an index, a commit's worth of them.
    async fn ids(&self, index: &Key, after: Option<Uuid>) -> Result<Vec<Uuid>, Error> {
        let store = &self.env.store;
        Ok(store.ids_under(index, after, REMOVED_PER_COMMIT).await?)
    }

    fn record<T: Stored>(
        &self,
        changes: &mut Changes,
        (action, object): (&'static str, String),
        old: &T,
    ) {
        let act = Act {
            action,
            tenant: self.tenant,
            object,
        };
        audit::record(changes, self.caller, self.now, act, Some(old), None);
    }

    /// Removes whole pages of clients; the rest is in the change that is returned.
    async fn clients(&self) -> Result<Changes, Error> {
        let mut after = None;
        loop {
            let ids = self
                .ids(&keys::tenant_clients(self.tenant.id), after)
                .await?;
            after = ids.last().copied();
            let store = &self.env.store;
            let found = store.load_many::<Client>(ids.iter().copied()).await?;
            let mut changes = Changes::new();
            for client in found.iter().flatten() {
                changes.delete_client(client);
                let what = ("client.delete", client.id.to_string());
                self.record(&mut changes, what, &client.value);
            }
            if ids.len() < REMOVED_PER_COMMIT {
                return Ok(changes);
            }
            self.commit_part(changes).await?;
        }
    }

    /// Adds the customer object and the taxes of the tenant, which are few, to `rest`.
    async fn billing(&self, rest: &mut Changes) -> Result<(), Error> {
        if let Some(customer) = manage_customers::find(self.env, self.tenant.id).await? {
            rest.delete_customer(&customer, self.tenant);
            let what = ("customer.delete", customer.id.to_string());
            self.record(rest, what, &customer.value);
        }
        for tax in manage_taxes::own(self.env, self.tenant.id).await? {
            rest.delete_tax(&tax);
            let what = ("tax.delete", tax.id.to_string());
            self.record(rest, what, &tax.value);
        }
        Ok(())
    }

    /// Removes whole pages of users; the rest is added to `rest`.
    async fn users(&self, mut rest: Changes) -> Result<Changes, Error> {
        let mut after = None;
        loop {
            let ids = self.ids(&keys::tenant_users(self.tenant.id), after).await?;
            after = ids.last().copied();
            let store = &self.env.store;
            let found = store.load_many::<User>(ids.iter().copied()).await?;
            let whole = ids.len() == REMOVED_PER_COMMIT;
            let mut changes = if whole {
                Changes::new()
            } else {
                std::mem::take(&mut rest)
            };
            for user in found.iter().flatten() {
                changes.delete_user(user, self.tenant);
                let what = ("user.delete", user.id.to_string());
                self.record(&mut changes, what, &user.value);
            }
            if !whole {
                return Ok(changes);
            }
            self.commit_part(changes).await?;
        }
    }

    /// Removes whole pages of the days of clicks; the rest is added to `rest`.
    async fn clicks(&self, rest: &mut Changes) -> Result<(), Error> {
        let days = keys::clicks::closed_days(self.tenant.id);
        loop {
            let engine = self.env.store.engine();
            let page = engine.scan(&days, None, REMOVED_PER_COMMIT).await?;
            let keys = page.into_iter().map(|(key, _)| key);
            if keys.len() < REMOVED_PER_COMMIT {
                rest.writes.extend(keys.map(Write::Delete));
                return Ok(());
            }
            let mut changes = Changes::new();
            changes.writes.extend(keys.map(Write::Delete));
            self.commit_part(changes).await?;
        }
    }

    /// Removes the plans of a partner: it is disabled and has nobody below it, so none is used and
    /// none comes.
    async fn plans(&self, changes: &mut Changes) -> Result<(), Error> {
        let plans = self.env.store.plans(self.tenant.id, MAX_PLANS_PER_PARTNER);
        for plan in plans.await? {
            changes.delete_plan(&plan);
            self.record(
                changes,
                ("partner_plan.delete", plan.id.to_string()),
                &plan.value,
            );
        }
        Ok(())
    }
}
