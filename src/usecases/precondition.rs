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

/// What a caller expects of something that a write creates where it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing in particular.
    Anything,
    /// That it is there, in whichever version.
    Something,
    /// That it is not there.
    Nothing,
    /// That it has this version; what is not there has 0.
    Version(u64),
}

impl Expected {
    /// Refuses a caller who expects something else. `current` is 0 where there is nothing.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`].
    pub fn check(self, current: u64) -> Result<(), Error> {
        match self {
            Self::Something if current == 0 => Err(Error::VersionMismatch { given: 1, current }),
            Self::Nothing => check_version(Some(0), current),
            Self::Version(version) => check_version(Some(version), current),
            Self::Anything | Self::Something => Ok(()),
        }
    }
}
