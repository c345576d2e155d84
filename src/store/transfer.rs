//! All records of a store in one file, and from there into another store, on whichever engine:
//! [`export`](export()) and [`import`](import()).
//!
//! **What is in it**: every record, byte for byte, as the families of `keys` are all there is. That is
//! right for those that were under way, too: a mail with a lease is given back by the next start, as
//! after a crash; the marks of repeated requests, the batches of clicks that were counted, and the
//! numbers that only grow mean the same elsewhere. Left out is only what speaks of the one store it
//! stands in ([`is_of_one_store`](super::keys::is_of_one_store)). Revisions are the engine's own: the other one gives new ones.
//! No stored form holds one. The keyring is not in it either.
//!
//! **What it is of**: each record is whole; the records together are those of one moment only where
//! nobody writes meanwhile. An embedded store is locked, so that nobody can.
//!
//! The file ([`format`](mod@format)) is a chain of parts, each of which vouches for all before it: what was cut or
//! damaged is noticed where it is, what stands before can be kept, and the rest can be added later.

pub mod export;
pub mod file;
pub mod format;
pub mod import;
mod pages;
pub mod read;

use std::io;

use super::engine::StoreError;
use super::format::FormatError;
pub use export::{ExportWriter, export};
pub use format::Header;
pub use import::import;
pub use read::ExportReader;

/// How much was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Records.
    pub records: u64,
    /// Their keys and bodies.
    pub bytes: u64,
}

/// Why data could not be moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// Something else than an export.
    #[error(
        "this is no export of upsell: it does not begin like one; name the file that `upsell export` made"
    )]
    NotAnExport,
    /// A newer program made it.
    #[error(
        "the export has format {found}, this program knows formats up to {supported}; \
         use the newer program"
    )]
    NewerFormat {
        /// Its format.
        found: u32,
        /// The newest format that this program reads.
        supported: u32,
    },
    /// Its end is missing.
    #[error(
        "the export was cut: it is whole up to byte {offset} and ends in the middle of what follows; \
         if the store that it was made of is still there, add the rest with `upsell export --resume`, \
         else copy the file again"
    )]
    Cut {
        /// Where the last whole part ends.
        offset: u64,
    },
    /// Something in it is not as it was written.
    #[error(
        "the export is damaged at byte {offset} ({why}); nothing from there on was taken; \
         copy the file again, or export again"
    )]
    Damaged {
        /// Where the damaged part begins.
        offset: u64,
        /// What was found.
        why: String,
    },
    /// A record that no engine takes.
    #[error("the record {key} has {bytes} bytes, which is more than an export takes")]
    TooLong {
        /// Its key, readable.
        key: String,
        /// Its length.
        bytes: usize,
    },
    /// The file cannot be read.
    #[error("the export cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The file cannot be written.
    #[error(
        "the export cannot be written: {0}; what was written so far can be continued with --resume"
    )]
    Write(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The records are of a newer format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The target holds data.
    #[error(
        "the store holds data already, and an import replaces nothing: \
         name an empty one, such as a new directory with nothing but keys.json in it"
    )]
    NotEmpty,
    /// `--resume` where there is nothing to resume.
    #[error(
        "the store holds data, but no import that was not finished; if one was resumed here, it is \
         done: start `upsell serve`"
    )]
    NothingBegun,
    /// An import was begun before.
    #[error("{UNFINISHED}")]
    Unfinished,
    /// `--resume` with another file.
    #[error(
        "this is not the export that the import was begun with; resume with that one, \
         or start over with an empty store"
    )]
    OtherExport,
    /// Two imports at the same time.
    #[error("another import writes to this store; wait for it to end")]
    Overtaken,
    /// There is another number of records in the store than in the export.
    #[error(
        "the export has {expected} records and the store {found}: somebody else writes to it; \
         stop that, and start over with an empty store"
    )]
    Miscounted {
        /// In the export.
        expected: u64,
        /// In the store.
        found: u64,
    },
}

/// Said wherever a store is opened that holds a part of an export only.
pub const UNFINISHED: &str = "an import into this store was not finished; run `upsell import --resume` with the \
     same file, or start over with an empty store";
