//! The context that a use case starts with: the environment, the caller and the time. It loads
//! what the caller reaches, and commits the caller's changes together with their audit entries.

use super::Env;
use super::audit::{self, Act};
use super::error::{Error, What};
use crate::domain::audit::Actor;
use crate::domain::client::{ApiScope, ApiScopes};
use crate::domain::ids::{AccountId, AccountRef, ClientId, TenantId, UserId};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::Found;
use crate::store::engine::Changes;
use crate::store::record::Stored;
use uuid::Uuid;

/// What a use case of a caller begins with: the world, who asks, and when.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The use cases' world.
    pub env: &'a Env,
    /// Who asks.
    pub caller: &'a Caller,
    /// When.
    pub now: Timestamp,
}

impl Context<'_> {
    /// The tenant, if it is within reach.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it does not exist or is out of reach.
    pub async fn tenant(self, id: TenantId) -> Result<Found<Tenant>, Error> {
        self.tenant_of(What::Tenant, id).await
    }

    /// The tenant that a thing belongs to. Where it is out of reach, so is the thing.
    ///
    /// # Errors
    /// [`Error::NotFound`] of the thing.
    pub async fn tenant_of(self, thing: What, id: TenantId) -> Result<Found<Tenant>, Error> {
        let found = self.env.store.tenant(id).await?;
        let reached = found.filter(|tenant| self.caller.reaches(tenant));
        reached.ok_or(Error::NotFound(thing))
    }

    /// The user and their tenant, if they are within reach.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the user does not exist or is out of reach.
    pub async fn user(self, id: UserId) -> Result<(Found<User>, Found<Tenant>), Error> {
        self.user_of(What::User, id).await
    }

    async fn user_of(self, thing: What, id: UserId) -> Result<(Found<User>, Found<Tenant>), Error> {
        let missing = Error::NotFound(thing);
        if self.caller.user.is_some_and(|own| own != id) {
            return Err(missing);
        }
        let Some(user) = self.env.store.user(id).await? else {
            return Err(missing);
        };
        let tenant = self.env.store.tenant(user.tenant_id).await?;
        match tenant.filter(|tenant| tenant.is_within(self.caller.root)) {
            Some(tenant) => Ok((user, tenant)),
            None => Err(missing),
        }
    }

    /// The account that the caller names. A user's personal tenant id means the user.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is unknown or out of reach.
    pub async fn account(self, id: AccountId) -> Result<Account, Error> {
        let (thing, user) = match id {
            AccountId::User(id) => (What::User, id),
            AccountId::Tenant(id) => match self.tenant(id).await {
                Ok(tenant) => return Ok(Account { tenant, user: None }),
                Err(Error::NotFound(thing)) => {
                    let user = self.env.store.user_of_personal_tenant(id).await?;
                    (thing, user.ok_or(Error::NotFound(thing))?)
                }
                Err(error) => return Err(error),
            },
        };
        let (user, tenant) = self.user_of(thing, user).await?;
        let user = Some(user);
        Ok(Account { tenant, user })
    }

    /// Commits a change that the caller makes, together with its audit entry. `before` and `after`
    /// are as [`audit::record`] wants them.
    ///
    /// # Errors
    /// Somebody else was first, or the store failed.
    pub async fn commit<T: Stored>(
        self,
        mut changes: Changes,
        act: Act<'_>,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<(), Error> {
        audit::record(&mut changes, self.caller, self.now, act, before, after);
        Ok(self.env.store.commit(changes).await?)
    }
}

/// An account that a caller names, loaded.
#[derive(Debug)]
pub struct Account {
    /// The tenant, or the tenant of the user.
    pub tenant: Found<Tenant>,
    /// The user, where it is a user's.
    pub user: Option<Found<User>>,
}

impl Account {
    /// Whose meter it is.
    #[must_use]
    pub fn account(&self) -> AccountRef {
        match &self.user {
            Some(user) => user.account(),
            None => self.tenant.account(),
        }
    }
}

/// An authenticated caller: everything at or below `root`, as far as `scopes` go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client, or the user for a user's token.
    pub subject: Uuid,
    /// The top of the subtree that the caller may reach.
    pub root: TenantId,
    /// What the caller may do there.
    pub scopes: ApiScopes,
    /// Set for a token that speaks for one user: it reaches that user alone.
    pub user: Option<UserId>,
    /// The client whose token it is.
    pub client: ClientId,
    /// The request that the call came with, for the audit; `None`: not over HTTP.
    pub request_id: Option<String>,
}

impl Caller {
    /// A client that speaks for itself.
    #[must_use]
    pub const fn of_client(client: ClientId, root: TenantId, scopes: ApiScopes) -> Self {
        Self {
            subject: client.uuid(),
            root,
            scopes,
            user: None,
            client,
            request_id: None,
        }
    }

    /// The caller as the audit names it.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::Client {
            client: self.client,
            user: self.user,
        }
    }

    /// Refuses a caller without `scope`.
    ///
    /// # Errors
    /// [`Error::MissingScope`].
    pub fn require(&self, scope: ApiScope) -> Result<(), Error> {
        if self.scopes.allows(scope) {
            return Ok(());
        }
        Err(Error::MissingScope(scope))
    }

    /// Refuses a client of `tenant` itself what only clients of the tenants above it may do.
    ///
    /// # Errors
    /// [`Error::Forbidden`], which says `what`.
    pub fn require_above(&self, tenant: &Tenant, what: &str) -> Result<(), Error> {
        if self.root != tenant.id {
            return Ok(());
        }
        Err(Error::Forbidden(format!(
            "only a client of a tenant above it may {what}"
        )))
    }

    /// Whether the caller may see `tenant`. A user's token sees no tenant as such.
    #[must_use]
    pub fn reaches(&self, tenant: &Tenant) -> bool {
        self.user.is_none() && tenant.is_within(self.root)
    }
}
