//! Stored form of how far an import is.

use serde::{Deserialize, Serialize};

use super::Stored;

/// How far an import into this store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProgress {
    /// The sum of the export's header: which export it is.
    pub header: [u8; 32],
    /// Its chunks that are in the store.
    pub chunks: u64,
    /// The sum of the export up to the last of them.
    pub sum: [u8; 32],
}

#[derive(Serialize, Deserialize)]
pub struct ImportProgressForm {
    header: [u8; 32],
    chunks: u64,
    sum: [u8; 32],
}

impl From<ImportProgress> for ImportProgressForm {
    fn from(progress: ImportProgress) -> Self {
        Self {
            header: progress.header,
            chunks: progress.chunks,
            sum: progress.sum,
        }
    }
}

impl Stored for ImportProgress {
    const NAME: &'static str = "progress of an import";
    type Form = ImportProgressForm;

    fn from_form(form: ImportProgressForm) -> Result<Self, String> {
        Ok(Self {
            header: form.header,
            chunks: form.chunks,
            sum: form.sum,
        })
    }
}
