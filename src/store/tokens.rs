//! Tokens that were revoked before their time, each with an entry by the time it expires.

use super::engine::{Changes, CommitError, StoreError};
use super::{Store, keys};
use crate::domain::time::Timestamp;

impl Store {
    /// Whether a token was revoked.
    ///
    /// # Errors
    /// The store is away.
    pub async fn is_revoked(&self, token: &str) -> Result<bool, StoreError> {
        let record = self.engine.get(&keys::revoked_token(token)).await?;
        Ok(record.is_some())
    }

    /// Removes up to `limit` revoked tokens that have expired by `now`. Returns how many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_revoked(&self, now: Timestamp, limit: usize) -> Result<usize, CommitError> {
        let expired = self.due_by(&keys::revoked_expiries(), now, limit).await?;
        let count = expired.len();
        let mut changes = Changes::new();
        for (key, _) in expired {
            if let Some(token) = key.text_after_time() {
                changes.delete(keys::revoked_token(token));
            }
            changes.delete(key);
        }
        if !changes.is_empty() {
            self.commit(changes).await?;
        }
        Ok(count)
    }
}

impl Changes {
    /// Revokes a token until it would have expired.
    pub fn revoke_token(&mut self, token: &str, expires: Timestamp) -> &mut Self {
        self.put(keys::revoked_token(token), Vec::new())
            .put(keys::revoked_expiry(expires, token), Vec::new())
    }
}
