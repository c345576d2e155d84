//! Idempotency keys: a repeated request is carried out once, and answered each time with the first
//! answer, for a day.
//!
//! A mark goes into the first change that the request makes, so that there is no change without
//! it; the answer follows in a second commit. Between the two a crash loses the answer, never the
//! knowledge that the request was carried out.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Env;
use super::access::Caller;
use super::error::Error;
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Expect, Key};
use crate::store::mark::{Mark, Marked};
use crate::store::record::{KeptRequest, Stored};
use crate::store::{Store, keys, unchanged};

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How long another node may take to keep an answer: until then the request counts as under way there.
/// More than the clocks of two nodes may be apart.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// The longest answer that is kept, in bytes.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// What is sealed with the name of the request, besides that name.
const SEALED_FIELD: &str = "answer of a request";

/// The name under which a request of `caller` is kept.
#[must_use]
pub fn name_of(caller: &Caller, key: &str) -> Key {
    keys::request::request(caller.client, caller.user, key)
}

/// What a request finds under its name.
pub enum Begun {
    /// Nothing: it is the first.
    First(First),
    /// It was answered before, with this.
    Again(Zeroizing<Vec<u8>>),
    /// Another node may be carrying it out at this moment.
    UnderWay,
    /// It was carried out before, but its answer is not kept.
    AnswerLost,
    /// The first was another request.
    OtherRequest,
}

/// Looks what is kept under `name`. `fingerprint` says what is asked.
///
/// # Errors
/// The store failed.
pub async fn begin(
    env: &Env,
    name: Key,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Result<Begun, Error> {
    let found = env.store.load::<KeptRequest>(name.clone()).await?;
    if let Some(kept) = found.as_ref().filter(|kept| kept.expires_at > now) {
        return Ok(again(env, &name, kept, fingerprint, now));
    }
    let kept = KeptRequest {
        fingerprint,
        expires_at: now.plus(KEPT),
        sealed_answer: None,
    };
    let mut changes = Changes::new();
    changes.expect(name.clone(), unchanged(found.as_ref()));
    if let Some(old) = &found {
        changes.delete(keys::request::expiry(old.expires_at, &name));
    }
    changes.put(name.clone(), kept.encode());
    changes.put(keys::request::expiry(kept.expires_at, &name), Vec::new());
    Ok(Begun::First(First {
        mark: Arc::new(Mark::new(name.clone(), changes.clone())),
        name,
        kept,
        changes,
    }))
}

fn again(
    env: &Env,
    name: &Key,
    kept: &KeptRequest,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Begun {
    if kept.fingerprint != fingerprint {
        return Begun::OtherRequest;
    }
    let Some(sealed) = &kept.sealed_answer else {
        let begun_at = kept.expires_at.minus(KEPT);
        // One that was begun by a clock ahead of this one must not stay under way until then.
        let is_young = now.distance(begun_at) < ANSWERED_WITHIN;
        return match is_young && env.store.is_shared() {
            true => Begun::UnderWay,
            false => Begun::AnswerLost,
        };
    };
    match env.keyring.load().open(&name.0, SEALED_FIELD, sealed) {
        Ok(answer) => Begun::Again(answer),
        Err(error) => {
            tracing::warn!(%error, "the answer of a repeated request cannot be read");
            Begun::AnswerLost
        }
    }
}

/// A first request on its way.
pub struct First {
    name: Key,
    kept: KeptRequest,
    changes: Changes,
    mark: Arc<Mark>,
}

impl First {
    /// The store over which the request is to be carried out.
    #[must_use]
    pub fn store(&self, store: &Store) -> Store {
        store.marked(Arc::clone(&self.mark))
    }

    /// Whether another node was first after all; then nothing was changed here.
    pub async fn is_taken(&self) -> bool {
        self.mark.state().await == Marked::Taken
    }

    /// Keeps the answer. One that is too long is not kept: then it counts as carried out, if it
    /// was.
    ///
    /// # Errors
    /// The store failed, or the system gave no randomness to seal it with.
    pub async fn keep(&self, env: &Env, answer: &[u8]) -> Result<(), Error> {
        if answer.len() > MAX_ANSWER_BYTES {
            return Ok(());
        }
        let sealed = env.keyring.load().seal(&self.name.0, SEALED_FIELD, answer);
        let sealed =
            sealed.map_err(|error| Error::Internal(format!("sealing an answer: {error}")))?;
        let mut changes = match self.mark.state().await {
            Marked::NotYet => self.changes.clone(),
            Marked::Made => Changes::new(),
            Marked::Taken => return Ok(()),
        };
        let kept = KeptRequest {
            sealed_answer: Some(sealed),
            ..self.kept.clone()
        };
        changes.put(self.name.clone(), kept.encode());
        // Where it lost, nothing was changed here, and another node answers from now on.
        env.try_commit(changes).await?;
        Ok(())
    }
}

/// Removes requests that are kept no longer; at most `limit`. Returns how many.
///
/// # Errors
/// The store failed.
pub async fn forget(env: &Env, now: Timestamp, limit: usize) -> Result<usize, Error> {
    let index = keys::request::expiries();
    let expired = env.store.due_by(&index, now, limit).await?;
    let removed = expired.len();
    let mut changes = Changes::new();
    for (key, record) in expired {
        if let Some(name) = key.request_after_time() {
            changes.delete(name);
        }
        // Whoever begins the request anew meanwhile removes this entry.
        changes.expect(key.clone(), Expect::Revision(record.revision));
        changes.delete(key);
    }
    if removed == 0 {
        return Ok(0);
    }
    let is_removed = env.try_commit(changes).await?;
    Ok(if is_removed { removed } else { 0 })
}
