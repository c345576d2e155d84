//! Fills the account table after a start: the first click of each user would have to read the store.

use std::pin::pin;

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::Env;
use super::account_fields::{self, ItemsOf};
use super::error::Error;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::store::keys;

/// Accounts between two looks at whether to stop.
const BATCH: usize = 128;

/// Whose id it is.
type Named = fn(Uuid) -> AccountId;

/// Fills the table with the tenants and users that are stored, as far as there is room. How many.
///
/// # Errors
/// The store failed; what was taken in before stays.
pub async fn preload(env: &Env, shutdown: impl Future<Output = ()>) -> Result<usize, Error> {
    let mut shutdown = pin!(shutdown);
    let mut taken_in = 0;
    // One family after the other, each in the order in which it is stored: neighbours are read
    // together.
    let families = [
        (
            keys::tenants(),
            (|id| AccountId::Tenant(TenantId::new(id))) as Named,
        ),
        (keys::users(), |id| AccountId::User(UserId::new(id))),
    ];
    for (family, account) in families {
        let mut after = None;
        while !env.accounts.is_full() {
            let ids = env.store.ids_under(&family, after, BATCH).await?;
            for id in &ids {
                load(env, account(*id)).await?;
            }
            taken_in += ids.len();
            after = ids.last().copied();
            if shutdown.as_mut().now_or_never().is_some() {
                return Ok(taken_in);
            }
            if after.is_none() {
                break;
            }
            // A read of the store seldom waits: without this nobody else would have a turn.
            tokio::task::yield_now().await;
        }
    }
    Ok(taken_in)
}

async fn load(env: &Env, account: AccountId) -> Result<(), Error> {
    match account {
        AccountId::Tenant(id) => {
            if let Some(tenant) = account_fields::load_tenant(env, id).await? {
                ItemsOf::tenant(&tenant).find(env, &tenant).await?;
            }
        }
        AccountId::User(id) => {
            let Some(user) = account_fields::load_user(env, id).await? else {
                return Ok(());
            };
            if let Some(tenant) = account_fields::tenant(env, user.tenant).await? {
                ItemsOf::user(&user, &tenant).find(env, &tenant).await?;
            }
        }
    }
    Ok(())
}

/// Runs [`preload`] once.
pub async fn run_preload(env: Env, shutdown: impl Future<Output = ()>) {
    match preload(&env, shutdown).await {
        Ok(accounts) => tracing::info!(accounts, "accounts are remembered"),
        // All is done without, only not as fast.
        Err(error) => tracing::warn!(%error, "accounts could not be read ahead"),
    }
}
