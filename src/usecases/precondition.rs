//! Optimistic concurrency: the version that a caller expects. It is checked in each attempt of
//! [`retrying`](super::error::retrying), so that a lost race ends as a stale version and not as
//! "try again", which could not win.

use super::error::Error;

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
