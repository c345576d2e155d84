//! Optimistic concurrency: the version that a caller expects, and what a lost race means then.

use super::error::{Error, retrying};

/// Refuses a caller whose version is not the current one. `None` expects none in particular.
///
/// # Errors
/// [`Error::VersionMismatch`].
pub fn check_version(expected: Option<u64>, current: u64) -> Result<(), Error> {
    match expected {
        Some(given) if given != current => Err(Error::VersionMismatch { given, current }),
        _ => Ok(()),
    }
}

/// Runs `attempt`; again after a lost race only where the caller expects no version, because one
/// who does wants to look at what has changed.
///
/// # Errors
/// As `attempt` says.
pub async fn attempt<T, F>(expected: Option<u64>, mut run: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    if expected.is_some() {
        return run().await;
    }
    retrying(run).await
}
