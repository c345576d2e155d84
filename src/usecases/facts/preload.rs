//! Remembering accounts before somebody asks: after a start, the first click of each user would have
//! to read the store.

use std::pin::pin;

use super::Facts;
use crate::domain::ids::UserId;
use crate::store::keys;
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Users between two looks at whether to stop.
const BATCH: usize = 128;

impl Facts {
    /// Remembers the users that are stored and their tenants, as far as there is room. How many.
    ///
    /// # Errors
    /// The store failed; what was remembered before stays.
    pub async fn preload(
        &self,
        env: &Env,
        shutdown: impl Future<Output = ()>,
    ) -> Result<usize, Error> {
        let mut shutdown = pin!(shutdown);
        let room = self.users.max().saturating_sub(BATCH);
        let (mut after, mut remembered) = (None, 0);
        while remembered < room {
            let ids = env.store.ids_under(&keys::users(), after, BATCH).await?;
            for id in &ids {
                self.remember(env, UserId::new(*id)).await?;
            }
            remembered += ids.len();
            after = ids.last().copied();
            if after.is_none() || futures_util::FutureExt::now_or_never(&mut shutdown).is_some() {
                break;
            }
            // A read of the store seldom waits: without this nobody else would have a turn.
            tokio::task::yield_now().await;
        }
        Ok(remembered)
    }
}

/// Runs [`Facts::preload`] once.
pub async fn run_preload(env: Env, shutdown: impl Future<Output = ()>) {
    match env.facts.preload(&env, shutdown).await {
        Ok(users) => tracing::info!(users, "what links lead to is remembered"),
        // Links are followed all the same, only not as fast.
        Err(error) => tracing::warn!(%error, "what links lead to could not be read ahead"),
    }
}
