//! Remembering accounts before somebody asks: after a start, the first click of each user would have
//! to read the store.

use std::pin::pin;

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::Facts;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::store::keys;
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Accounts between two looks at whether to stop.
const BATCH: usize = 128;

/// Whose id it is.
type Named = fn(Uuid) -> AccountId;

impl Facts {
    /// Remembers the tenants and users that are stored, as far as there is room. How many.
    ///
    /// # Errors
    /// The store failed; what was remembered before stays.
    pub async fn preload(
        &self,
        env: &Env,
        shutdown: impl Future<Output = ()>,
    ) -> Result<usize, Error> {
        let mut shutdown = pin!(shutdown);
        let mut remembered = 0;
        // One family after the other, each in the order in which it is stored: neighbours are read
        // together.
        let tenant = |id| AccountId::Tenant(TenantId::new(id));
        let user = |id| AccountId::User(UserId::new(id));
        let families = [
            (keys::tenants(), self.tenants.max(), tenant as Named),
            (keys::users(), self.users.max(), user as Named),
        ];
        for (family, room, account) in families {
            let (mut after, mut left) = (None, room);
            while left >= BATCH {
                let ids = env.store.ids_under(&family, after, BATCH).await?;
                for id in &ids {
                    self.remember(env, account(*id)).await?;
                }
                remembered += ids.len();
                left -= ids.len();
                after = ids.last().copied();
                if shutdown.as_mut().now_or_never().is_some() {
                    return Ok(remembered);
                }
                if after.is_none() {
                    break;
                }
                // A read of the store seldom waits: without this nobody else would have a turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(remembered)
    }

    async fn remember(&self, env: &Env, account: AccountId) -> Result<(), Error> {
        let (id, user) = match account {
            AccountId::Tenant(id) => (id, None),
            AccountId::User(id) => match self.user_facts(env, id).await? {
                Some(user) => (user.tenant_id, Some(user.account(id))),
                None => return Ok(()),
            },
        };
        if let Some(tenant) = self.tenant_facts(env, id).await? {
            let account = user.unwrap_or_else(|| tenant.account(id));
            self.listed(env, account, &tenant).await?;
        }
        Ok(())
    }
}

/// Runs [`Facts::preload`] once.
pub async fn run_preload(env: Env, shutdown: impl Future<Output = ()>) {
    match env.facts.preload(&env, shutdown).await {
        Ok(accounts) => tracing::info!(accounts, "accounts are remembered"),
        // All is done without, only not as fast.
        Err(error) => tracing::warn!(%error, "accounts could not be read ahead"),
    }
}
