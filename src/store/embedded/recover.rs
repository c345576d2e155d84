//! Going on after a full disk, without a restart.
//!
//! After a failed fsync a file may read back as written although the disk does not have it. So
//! the journals are not trusted as they are: what they say is copied into new files, which are
//! synced and take their place, before the database is opened again. A change that was not
//! acknowledged may surface by this; that is allowed, and happens after a crash as well.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::read::{io_kind, words};
use super::shared::Shared;
use super::{MEMTABLE_BYTES, Options, layout};

const PROBE_FILE: &str = "space.probe";
const JOURNAL_EXTENSION: &str = "jnl";
const COPY_EXTENSION: &str = "copy";
const CHUNK_BYTES: usize = 256 * 1024;

/// Why writes are impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// There is no room for more, which can pass.
    NoRoom(String),
    /// Anything else: the state of the disk is unknown.
    Unknown(String),
}

impl Cause {
    /// Whether the engine may go on by itself.
    pub(super) fn can_pass(&self) -> bool {
        matches!(self, Self::NoRoom(_))
    }

    /// What callers and operators are told.
    pub(super) fn words(&self) -> String {
        match self {
            Self::NoRoom(why) => {
                format!(
                    "the disk is full ({why}); free some space, writes go on by themselves then"
                )
            }
            Self::Unknown(why) => format!(
                "writing to disk failed ({why}); check the disk, then restart: until then \
                 nothing is written"
            ),
        }
    }
}

/// Sorts a failure of a write. If it was one of fjall's own threads, fjall does not tell which
/// error it had, so a write of our own shows whether there is room.
pub(super) fn cause_of(error: &fjall::Error, store: &Path) -> Cause {
    match io_kind(error) {
        Some(kind) if is_no_room(kind) => Cause::NoRoom(words(error)),
        None if matches!(error, fjall::Error::Poisoned) => match probe(store) {
            Err(error) if is_no_room(error.kind()) => Cause::NoRoom(error.to_string()),
            Err(error) => Cause::Unknown(error.to_string()),
            Ok(()) => Cause::Unknown("a background write failed earlier".to_owned()),
        },
        _ => Cause::Unknown(words(error)),
    }
}

fn is_no_room(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// Opens the store again if there is room. Returns the stored revision mark, or why not.
/// Reads go on until there is room, and pause while the database opens.
pub(super) fn reopen(shared: &Shared, dir: &Path, options: &Options) -> Result<u64, String> {
    let store = layout::store_path(dir);
    probe(&store).map_err(|error| error.to_string())?;
    drop(shared.take_tables());
    rewrite_journals(&store).map_err(|error| error.to_string())?;
    let tables = layout::open(dir, options).map_err(|error| error.to_string())?;
    let stored_mark = tables.next_revision().map_err(|error| error.to_string())?;
    shared.put_tables(tables);
    Ok(stored_mark)
}

/// Writes as much as the recovery will need, and removes it.
fn probe(store: &Path) -> io::Result<()> {
    let mut wanted_bytes = MEMTABLE_BYTES;
    for journal in journals(store)? {
        wanted_bytes = wanted_bytes.saturating_add(content_bytes(&mut File::open(journal)?)?);
    }
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

/// Replaces every journal by a synced copy.
fn rewrite_journals(store: &Path) -> io::Result<()> {
    for journal in journals(store)? {
        let copy = journal.with_extension(COPY_EXTENSION);
        if let Err(error) = copy_synced(&journal, &copy) {
            // The copy is in nobody's way; the error that matters is the first.
            let _ = fs::remove_file(&copy);
            return Err(error);
        }
        fs::rename(&copy, &journal)?;
    }
    layout::sync_dir(store)
}

fn journals(store: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(store)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == JOURNAL_EXTENSION)
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn copy_synced(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let content = content_bytes(&mut source)?;
    source.seek(SeekFrom::Start(0))?;
    let mut target = File::create(to)?;
    io::copy(&mut source.take(content), &mut target)?;
    target.sync_all()
}

/// Length of the file without the zeros at its end, which fjall sets aside for later writes.
/// An entry of a journal ends with another byte, so none is cut.
fn content_bytes(file: &mut File) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut read_bytes, mut content) = (0_u64, 0_u64);
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            return Ok(content);
        }
        let last = chunk.iter().take(length).rposition(|byte| *byte != 0);
        if let Some(last) = last {
            content = read_bytes + last as u64 + 1;
        }
        read_bytes += length as u64;
    }
}
