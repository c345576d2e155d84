//! The temporary directory of the demo's data.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use uuid::Uuid;

use super::DemoError;
use crate::config;

/// A new directory of our own.
pub(super) struct Home(PathBuf);

impl Home {
    pub(super) fn create() -> Result<Self, DemoError> {
        let directory = config::temporary_directory();
        let path = directory.join(format!("upsell-demo-{}", Uuid::new_v4().simple()));
        // Not `recursive`: the directory must be new, or it is not ours to remove.
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|source| DemoError::Home {
            directory: directory.display().to_string(),
            source,
        })?;
        Ok(Self(path))
    }

    /// Where the service keeps its data.
    pub(super) fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "the demo's data could not be removed");
        }
    }
}
