//! Errors of the use cases, which each dialect maps to its own envelope, once; and what to do
//! about a lost race.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Env;
use crate::domain::client::ApiScope;
use crate::store::accounts::{Taken, taken};
use crate::store::engine::{Changes, CommitError, StoreError};

/// Why a use case did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not exist, or lies outside the caller's subtree: the two are told alike, so that
    /// existence does not leak.
    #[error("{0} not found")]
    NotFound(What),
    /// A field of the request makes no sense.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field, as the caller wrote it.
        field: String,
        /// What is wrong and what to write instead.
        why: String,
    },
    /// Several fields of the request make no sense, all of them told at once.
    #[error("{}", all_of(.0))]
    InvalidFields(Vec<FieldProblem>),
    /// The request makes sense, but a rule is against it.
    #[error("{0}")]
    Refused(String),
    /// The caller's token lacks this scope.
    #[error("the token lacks the scope {:?}", .0.name())]
    MissingScope(ApiScope),
    /// The caller may not do this, though it may see the thing.
    #[error("{0}")]
    Forbidden(String),
    /// The caller's `version` is not the current one.
    #[error("the version is {given}, but the current one is {current}; read it again and retry")]
    VersionMismatch {
        /// What the caller gave.
        given: u64,
        /// What is stored.
        current: u64,
    },
    /// The name of a tenant or the login of a user is in use.
    #[error("{0}")]
    NameTaken(&'static str),
    /// Only a disabled tenant can be deleted.
    #[error("the tenant is enabled; disable it first, then delete it")]
    TenantEnabled,
    /// Another state of things than the request needs.
    #[error("{0}")]
    Conflict(String),
    /// As much was done as a limit allows.
    #[error("{why}")]
    LimitReached {
        /// Which limit, and how high it is.
        why: String,
        /// When there is room again.
        retry_after: Duration,
    },
    /// Somebody else changed the same record at the same time, again and again.
    #[error("somebody else is changing the same record; try again")]
    LostRace,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A defect of this program or its installation; the words are for its operators only.
    #[error("internal error")]
    Internal(String),
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Which field, as the caller wrote it.
    pub field: &'static str,
    /// What is wrong and what to write instead.
    pub issue: String,
}

fn all_of(problems: &[FieldProblem]) -> String {
    let told = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.field, problem.issue));
    told.collect::<Vec<_>>().join("; ")
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the meaning
pub enum What {
    Tenant,
    User,
    Client,
    Alert,
    Mail,
    Logo,
    Customer,
    Tax,
    Partner,
    Plan,
    Currency,
    Domain,
    Role,
    Retention,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The names of the variants, of one word each.
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

impl Error {
    /// A field that makes no sense.
    pub fn invalid(field: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Invalid {
            field: field.into(),
            why: why.to_string(),
        }
    }
}

/// Why an account is not deleted.
const TIED: &str = "price plans or domains of a reseller hang at the account, or it holds roles in \
     such a domain; delete those first (DELETE /plan/{planName}, /domain/{domain}, \
     /domain/{domain}/users/{user}/role)";

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => Self::Store(error),
            CommitError::Conflict(key) => match taken(&key) {
                Some(Taken::TenantName) => {
                    Self::NameTaken("a tenant of this name exists under the same parent")
                }
                Some(Taken::Login) => Self::NameTaken("the login is taken"),
                // Trying again cannot win: the other one keeps the key.
                Some(Taken::Request) => Self::Conflict(
                    "a request with this Idempotency-Key is being carried out".to_owned(),
                ),
                Some(Taken::Tied) => Self::Conflict(TIED.to_owned()),
                None => Self::LostRace,
            },
        }
    }
}

/// The store's word that it is away, where nothing else came of any of these.
pub(super) fn all_away<'a, T: 'a>(
    results: impl IntoIterator<Item = &'a Result<T, Error>>,
) -> Option<Error> {
    let mut last = None;
    for result in results {
        match result {
            Err(error @ Error::Store(StoreError::Unavailable(_))) => last = Some(error),
            _ => return None,
        }
    }
    last.cloned()
}

impl Env {
    /// Commits; `false` where somebody else was first.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn try_commit(&self, changes: Changes) -> Result<bool, Error> {
        match self.store.commit(changes).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

/// For how long a use case is tried again that loses the race for a record: longer than the
/// creates of a busy tenant take together, shorter than clients wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest wait before the second attempt; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(1);

/// The longest wait of all.
const MAX_BACKOFF: Duration = Duration::from_millis(100);

/// Runs `attempt` until it does not lose the race, for a bounded time. The waits in between are
/// random, so that those who lost together do not meet again.
///
/// # Errors
/// As `attempt` says; when it never won, that the store is too busy: what the caller asked for is
/// right, so trying again later can work.
pub async fn retrying<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let until = Instant::now() + PATIENCE;
    let mut longest = FIRST_BACKOFF;
    loop {
        match attempt().await {
            Err(Error::LostRace) if Instant::now() < until => sleep(up_to(longest)).await,
            Err(Error::LostRace) => return Err(too_busy()),
            done => return done,
        }
        longest = (longest * 2).min(MAX_BACKOFF);
    }
}

fn too_busy() -> Error {
    let why = "others change the same record all the time; try again".to_owned();
    Error::Store(StoreError::Unavailable(why))
}

/// A random wait. Without the system's randomness it is the longest.
fn up_to(longest: Duration) -> Duration {
    let longest_us = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    let random = getrandom::u64().unwrap_or(longest_us);
    Duration::from_micros(random % longest_us.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn losing(times: u32) -> (Result<u32, Error>, Duration) {
        let (lost, start) = (Cell::new(0), Instant::now());
        let done = retrying(|| async {
            if lost.get() < times {
                lost.set(lost.get() + 1);
                return Err(Error::LostRace);
            }
            Ok(lost.get())
        });
        (done.await, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_race_is_repeated_with_waits_and_at_last_called_busy() {
        // Far more often than 64 who create at once lose.
        let (won, took) = losing(64).await;
        assert_eq!(won, Ok(64));
        assert!(took < PATIENCE, "{took:?}");
        let (lost, took) = losing(u32::MAX).await;
        assert!(
            matches!(lost, Err(Error::Store(StoreError::Unavailable(_)))),
            "{lost:?}"
        );
        assert!(took >= PATIENCE && took < 2 * PATIENCE, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_lost_race_is_answered_at_once() {
        let stale = Error::VersionMismatch {
            given: 1,
            current: 2,
        };
        let answer = retrying(|| async { Err::<(), _>(stale.clone()) }).await;
        assert_eq!(answer, Err(stale.clone()));
        for _ in 0..100 {
            let wait = up_to(MAX_BACKOFF);
            assert!(wait <= MAX_BACKOFF, "{wait:?}");
        }
    }
}
