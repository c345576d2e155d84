//! Who asks, and what of the tree they may reach.

use super::Env;
use super::error::{Error, What};
use crate::domain::audit::Actor;
use crate::domain::client::{ApiScope, ApiScopes};
use crate::domain::ids::{ClientId, TenantId, UserId};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::{Found, Store};
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

    /// The tenant, if it is within reach.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it does not exist or is out of reach.
    pub async fn tenant(&self, store: &Store, id: TenantId) -> Result<Found<Tenant>, Error> {
        let found = store
            .tenant(id)
            .await?
            .filter(|tenant| self.reaches(tenant));
        found.ok_or(Error::NotFound(What::Tenant))
    }

    /// The user and their tenant, if they are within reach.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the user does not exist or is out of reach.
    pub async fn user(
        &self,
        store: &Store,
        id: UserId,
    ) -> Result<(Found<User>, Found<Tenant>), Error> {
        let missing = Error::NotFound(What::User);
        if self.user.is_some_and(|own| own != id) {
            return Err(missing);
        }
        let Some(user) = store.user(id).await? else {
            return Err(missing);
        };
        let tenant = store.tenant(user.tenant_id).await?;
        match tenant.filter(|tenant| tenant.is_within(self.root)) {
            Some(tenant) => Ok((user, tenant)),
            None => Err(missing),
        }
    }

    /// Whether the caller may see `tenant`. A user's token sees no tenant as such.
    #[must_use]
    pub fn reaches(&self, tenant: &Tenant) -> bool {
        self.user.is_none() && tenant.is_within(self.root)
    }
}
