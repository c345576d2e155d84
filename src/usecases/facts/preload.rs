//! Remembering accounts before somebody asks: after a start, the first click of each user would have
//! to read the store.

use std::pin::pin;

use futures_util::FutureExt as _;

use super::Facts;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::store::keys;
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Accounts between two looks at whether to stop.
const BATCH: usize = 128;

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
        for (family, room) in [
            (keys::tenants(), self.tenants.max()),
            (keys::users(), self.users.max()),
        ] {
            let (mut after, mut left) = (None, room);
            while left >= BATCH {
                let ids = env.store.ids_under(&family, after, BATCH).await?;
                for id in &ids {
                    if family == keys::users() {
                        self.remember_user(env, UserId::new(*id)).await?;
                    } else {
                        self.remember_tenant(env, TenantId::new(*id)).await?;
                    }
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

    async fn remember_tenant(&self, env: &Env, id: TenantId) -> Result<(), Error> {
        if let Some(tenant) = self.tenant_facts(env, id).await? {
            self.listed(env, AccountId::Tenant(id), &tenant).await?;
        }
        Ok(())
    }

    async fn remember_user(&self, env: &Env, id: UserId) -> Result<(), Error> {
        let Some(user) = self.user_facts(env, id).await? else {
            return Ok(());
        };
        if let Some(tenant) = self.tenant_facts(env, user.tenant_id).await? {
            self.listed(env, AccountId::User(id), &tenant).await?;
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
