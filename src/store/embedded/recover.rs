//! Going on after a full or read-only disk, without a restart.
//!
//! After a failed fsync a file may read back as written although the disk does not have it. So
//! before the database is opened again, the journals are written once more, in place and with
//! what they read back as, and synced: what is then read from them is on the disk. This takes no
//! room, and a crash in between does no harm, since the bytes are the same. A change that was not
//! acknowledged may surface by this; that is allowed, and happens after a crash as well.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::checkpoint::Found;
use super::read::{io_error, words};
use super::shared::Shared;
use super::{MEMTABLE_BYTES, Options, layout};

const PROBE_FILE: &str = "space.probe";
const JOURNAL_EXTENSION: &str = "jnl";
const CHUNK_BYTES: usize = 256 * 1024;

/// Room that has to be there before writes go on: enough for some groups.
const ROOM_FOR_JOURNAL_BYTES: u64 = 4 * 1024 * 1024;
/// The same after a background thread failed: it moves a whole memtable into a table.
const ROOM_FOR_TABLES_BYTES: u64 = MEMTABLE_BYTES + ROOM_FOR_JOURNAL_BYTES;

/// Why writes are impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// There is no room for more, a limit on the size of files is reached, or the file system is
    /// read-only: all of it can pass.
    Passing {
        /// What it is, and what to do, in one sentence.
        why: String,
        /// What must be writable before writes go on.
        wanted_bytes: u64,
    },
    /// Anything else: the state of the disk is unknown.
    Unknown(String),
}

impl Cause {
    /// What callers and operators are told.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Passing { why, .. } => format!("{why}; writes go on by themselves then"),
            Self::Unknown(why) => format!(
                "writing to disk failed ({why}); check the disk, then restart: until then \
                 nothing is written"
            ),
        }
    }
}

/// Sorts a failed write by what can pass. If it was one of fjall's own threads, fjall does not tell which
/// error it had, so a write of our own shows whether there is room.
pub(super) fn cause_of(error: &fjall::Error, store: &Path) -> Cause {
    let passing = |kind, why: String, wanted_bytes| match advice(kind) {
        Some(advice) => Cause::Passing {
            why: format!("{} ({why}); {}", advice.0, advice.1),
            wanted_bytes,
        },
        None => Cause::Unknown(why),
    };
    match io_error(error) {
        Some(source) => passing(source.kind(), source.to_string(), ROOM_FOR_JOURNAL_BYTES),
        None if matches!(error, fjall::Error::Poisoned) => {
            match probe(store, ROOM_FOR_TABLES_BYTES) {
                Err(error) => passing(error.kind(), error.to_string(), ROOM_FOR_TABLES_BYTES),
                Ok(()) => Cause::Unknown("a background write failed earlier".to_owned()),
            }
        }
        None => Cause::Unknown(words(error)),
    }
}

/// What is wrong and what to do, for errors that leave the disk as it was and can pass.
fn advice(kind: ErrorKind) -> Option<(&'static str, &'static str)> {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some(("the disk is full", "free some space"))
        }
        ErrorKind::FileTooLarge => Some((
            "a limit on the size of files is reached",
            "raise it (LimitFSIZE, ulimit -f)",
        )),
        ErrorKind::ReadOnlyFilesystem => Some((
            "the file system of the store is read-only",
            "make it writable",
        )),
        _ => None,
    }
}

/// Opens the store again if it can be written to. Returns the stored revision mark and where the
/// journal ends, or why not.
/// Reads go on until it can be written to, and pause while the database opens.
pub(super) fn reopen(
    shared: &Shared,
    dir: &Path,
    options: &Options,
    wanted_bytes: u64,
) -> Result<(u64, Found), String> {
    let store = layout::store_path(dir);
    probe(&store, wanted_bytes).map_err(|error| error.to_string())?;
    drop(shared.take_tables());
    rewrite_journals(&store).map_err(|error| error.to_string())?;
    let (tables, found) = layout::open(dir, options).map_err(|error| error.to_string())?;
    let stored_mark = tables.next_revision().map_err(|error| error.to_string())?;
    shared.put_tables(tables);
    Ok((stored_mark, found))
}

/// Writes so many bytes to the disk and removes them.
fn probe(store: &Path, wanted_bytes: u64) -> io::Result<()> {
    let path = store.join(PROBE_FILE);
    let written = fill(&path, wanted_bytes);
    let removed = fs::remove_file(&path);
    written.and(removed)
}

fn fill(path: &Path, wanted_bytes: u64) -> io::Result<()> {
    let chunk = vec![0x55; CHUNK_BYTES];
    let mut file = File::create(path)?;
    let mut left_bytes = wanted_bytes;
    while left_bytes > 0 {
        file.write_all(&chunk)?;
        left_bytes = left_bytes.saturating_sub(chunk.len() as u64);
    }
    file.sync_all()
}

fn rewrite_journals(store: &Path) -> io::Result<()> {
    for entry in fs::read_dir(store)? {
        let path: PathBuf = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == JOURNAL_EXTENSION)
        {
            rewrite(&path)?;
        }
    }
    layout::sync_dir(store)
}

/// Writes a file over itself.
fn rewrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    loop {
        let length = file.read(&mut chunk)?;
        let Some(content) = chunk.get(..length).filter(|content| !content.is_empty()) else {
            return file.sync_all();
        };
        // fjall sets zeros aside for later writes: they need no place on the disk yet.
        if content.iter().any(|byte| *byte != 0) {
            file.write_all_at(content, offset)?;
        }
        offset += length as u64;
    }
}
