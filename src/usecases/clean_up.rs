//! The clean-up: deletes revocations of expired tokens, finished mails and old audit entries. It
//! also brings forward what a clock that ran ahead has put off.

use std::pin::pin;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::deliver::Look;
use super::error::Error;
use super::{Env, deliver, idempotency, mail_limits};
use crate::domain::audit::AuditEntry;
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::keys;
use crate::store::record::Stored;

/// Records that one run of the clean-up removes of each kind.
const REMOVED_PER_RUN: usize = 1000;

/// Audit entries, and requests, that one commit removes.
const REMOVED_PER_COMMIT: usize = 1000;

/// Commits of them in one run.
const COMMITS_PER_RUN: usize = 100;

/// What a run of the clean-up removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanedUp {
    /// Revoked tokens that would have expired by now.
    pub revoked_tokens: usize,
    /// Mails that were done with long ago.
    pub mails: usize,
    /// Entries past the time that the audit remembers.
    pub audit_entries: usize,
    /// Requests whose answers are not kept any longer.
    pub requests: usize,
    /// Counts of mails that limit nobody any more.
    pub mail_counts: usize,
}

/// Removes what nothing asks for any more; bounded, so that a backlog goes over several runs.
///
/// # Errors
/// The store failed.
pub async fn clean_up(env: &Env, now: Timestamp) -> Result<CleanedUp, Error> {
    let mut cleaned = CleanedUp {
        revoked_tokens: env.store.forget_revoked(now, REMOVED_PER_RUN).await?,
        ..CleanedUp::default()
    };
    deliver::pull_in(env, Look::AtTheLast, now).await?;
    let kept_from = now.minus(env.settings.mail_retention);
    cleaned.mails = deliver::forget_done(env, kept_from, REMOVED_PER_RUN).await?;
    let kept_from = now.minus(env.settings.audit_retention);
    cleaned.audit_entries = repeated(|| forget_audit(env, kept_from)).await?;
    cleaned.requests = repeated(|| idempotency::forget(env, now, REMOVED_PER_COMMIT)).await?;
    cleaned.mail_counts = repeated(|| mail_limits::forget(env, now, REMOVED_PER_COMMIT)).await?;
    Ok(cleaned)
}

/// Runs `step` until it finds less than a commit's worth: what callers can write fast must go as
/// fast.
async fn repeated<F>(mut step: impl FnMut() -> F) -> Result<usize, Error>
where
    F: Future<Output = Result<usize, Error>>,
{
    let mut removed = 0;
    for _ in 0..COMMITS_PER_RUN {
        let now_removed = step().await?;
        removed += now_removed;
        if now_removed < REMOVED_PER_COMMIT {
            break;
        }
    }
    Ok(removed)
}

/// Removes audit entries from before `kept_from`.
async fn forget_audit(env: &Env, kept_from: Timestamp) -> Result<usize, Error> {
    let entries = keys::audit::entries();
    let newest = kept_from.minus(Duration::from_micros(1));
    let oldest = env.store.due_by(&entries, newest, REMOVED_PER_COMMIT);
    let mut changes = Changes::new();
    let mut removed = 0;
    for (key, record) in oldest.await? {
        match AuditEntry::decode(&record.body) {
            Ok(entry) => changes.delete_audit(&entry),
            // Lists leave out what they do not find: better than to stop here for ever.
            Err(error) => {
                tracing::warn!(%error, "an audit entry past its time is removed unread");
                changes.delete(key)
            }
        };
        removed += 1;
    }
    if removed > 0 {
        env.store.commit(changes).await?;
    }
    Ok(removed)
}

/// Runs [`clean_up`] every `interval` until `shutdown`. `clock` says what time it is.
pub async fn run_clean_up(
    env: Env,
    interval: Duration,
    clock: impl Fn() -> Timestamp,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let mut ticks = tokio::time::interval(interval.max(Duration::from_secs(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            _ = ticks.tick() => {}
        }
        match clean_up(&env, clock()).await {
            Ok(cleaned) if cleaned == CleanedUp::default() => {}
            Ok(cleaned) => tracing::debug!(?cleaned, "cleaned up"),
            Err(error) => tracing::warn!(%error, "could not clean up; the next run tries again"),
        }
    }
}
