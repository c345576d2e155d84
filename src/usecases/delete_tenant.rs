//! Deletes a tenant with its users, their meters, its clients and its billing data.

use std::fmt::Display;

use uuid::Uuid;

use super::access::Context;
use super::audit::{self, Act};
use super::error::{Error, retrying};
use super::manage_taxes;
use super::manage_tenants::has_children;
use super::precondition::check_version;
use crate::domain::billing::Customer;
use crate::domain::client::Client;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::plan::MAX_PLANS_PER_PARTNER;
use crate::domain::tenant::Tenant;
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
    let env = cx.env;
    let tenant = cx.tenant(id).await?;
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
        cx,
        tenant: &tenant,
    };
    let mut last = Changes::new();
    removal.clients(&mut last).await?;
    removal.users(&mut last).await?;
    removal.billing(&mut last).await?;
    removal.plans(&mut last).await?;
    removal.clicks(&mut last).await?;
    last.delete_tenant(&tenant);
    let act = Act::on_tenant("tenant.delete", &tenant);
    cx.commit(last, act, Some(&tenant.value), None).await
}

/// Removes what goes with a tenant. Whatever is more than a commit holds goes in commits of its own; the
/// rest is added to the change that removes the tenant.
struct Removal<'a> {
    cx: Context<'a>,
    tenant: &'a Found<Tenant>,
}

impl Removal<'_> {
    /// Commits `changes`, which are valid only while the tenant stays as it is.
    async fn commit_part(&self, mut changes: Changes) -> Result<(), Error> {
        changes.expect_tenant(self.tenant);
        self.cx.env.store.commit(changes).await?;
        Ok(())
    }

    fn record<T: Stored>(
        &self,
        changes: &mut Changes,
        (action, object): (&'static str, impl Display),
        old: &T,
    ) {
        let act = Act::new(action, self.tenant, object);
        audit::record(changes, self.cx.caller, self.cx.now, act, Some(old), None);
    }

    async fn clients(&self, rest: &mut Changes) -> Result<(), Error> {
        let index = keys::tenant_clients(self.tenant.id);
        let delete = |changes: &mut Changes, client: &Found<Client>| {
            changes.delete_client(client);
        };
        self.listed(&index, "client.delete", rest, delete).await
    }

    async fn users(&self, rest: &mut Changes) -> Result<(), Error> {
        let index = keys::tenant_users(self.tenant.id);
        let delete = |changes: &mut Changes, user: &Found<User>| {
            changes.delete_user(user, self.tenant);
        };
        self.listed(&index, "user.delete", rest, delete).await
    }

    /// Removes the records that an index lists.
    async fn listed<T: Stored>(
        &self,
        index: &Key,
        action: &'static str,
        rest: &mut Changes,
        delete: impl Fn(&mut Changes, &Found<T>),
    ) -> Result<(), Error>
    where
        Uuid: Into<T::Id>,
    {
        let store = &self.cx.env.store;
        let mut after = None;
        loop {
            let ids = store.ids_under(index, after, REMOVED_PER_COMMIT).await?;
            after = ids.last().copied();
            let is_whole = ids.len() == REMOVED_PER_COMMIT;
            let found = store.load_many::<T>(ids.iter().copied()).await?;
            let mut part = Changes::new();
            let changes = if is_whole { &mut part } else { &mut *rest };
            for (id, old) in ids.iter().zip(&found) {
                if let Some(old) = old {
                    delete(changes, old);
                    self.record(changes, (action, id), &old.value);
                }
            }
            if !is_whole {
                return Ok(());
            }
            self.commit_part(part).await?;
        }
    }

    /// Removes the customer object and the taxes of the tenant, which are few.
    async fn billing(&self, rest: &mut Changes) -> Result<(), Error> {
        let (env, tenant) = (self.cx.env, self.tenant.id);
        if let Some(customer) = env.store.load::<Customer>(tenant).await? {
            rest.delete_customer(&customer, self.tenant);
            self.record(rest, ("customer.delete", customer.id), &customer.value);
        }
        for tax in manage_taxes::own(env, tenant).await? {
            rest.delete_tax(&tax);
            self.record(rest, ("tax.delete", tax.id), &tax.value);
        }
        Ok(())
    }

    /// Removes the days of clicks.
    async fn clicks(&self, rest: &mut Changes) -> Result<(), Error> {
        let days = keys::clicks::closed_days(self.tenant.id);
        loop {
            let engine = self.cx.env.store.engine();
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
        let store = &self.cx.env.store;
        let plans = store.plans(self.tenant.id, MAX_PLANS_PER_PARTNER);
        for plan in plans.await? {
            changes.delete_plan(&plan);
            self.record(changes, ("partner_plan.delete", plan.id), &plan.value);
        }
        Ok(())
    }
}
