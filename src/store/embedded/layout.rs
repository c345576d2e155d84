//! The files of a store: `DIR/store/`, a fjall database with a `FORMAT` file beside its own files.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use fjall::{CompressionType, Database, KeyspaceCreateOptions};
use thiserror::Error;

use super::checkpoint::Found;
use super::load::load;
use super::read::{Tables, words};
use super::{MEMTABLE_BYTES, Options};
use crate::threads;

/// The layout that this program reads and writes. Raise it when an older program could no longer
/// read what is stored.
const FORMAT_VERSION: u32 = 2;

const FORMAT_FILE: &str = "FORMAT";
const FORMAT_WORD: &str = "upsell-embedded";
const STORE_DIR: &str = "store";
const RECORDS: &str = "records";
const JOURNAL: &str = "journal";
const PAGES: &str = "pages";

/// What is stored names people: nobody but the owner may look.
const OWNER_ONLY: u32 = 0o700;

/// fjall refuses less.
const MIN_JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
/// fjall refuses less.
const MIN_OPEN_FILES: usize = 10;
/// Most entries are deleted before they are moved from memory to a table.
const JOURNAL_MEMTABLE_BYTES: u64 = 64 * 1024 * 1024;
/// With two, fjall keeps one free for moving writes to disk, which spins while the other one merges
/// tables: 12 % of a core under clicks. Moving waits for merging with one.
const BACKGROUND_THREADS: usize = 1;

/// Why a store could not be opened or made.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is no store yet.
    #[error("{} holds no store; make one with `upsell init`", .0.display())]
    NotInitialised(PathBuf),
    /// There is a store already.
    #[error("{} already holds a store; nothing was changed", .0.display())]
    AlreadyExists(PathBuf),
    /// Another process has it open.
    #[error("another upsell process uses {}; stop it, or use the API instead", .0.display())]
    Locked(PathBuf),
    /// A newer program wrote it.
    #[error(
        "{} was written in format {found}, this program knows formats up to {supported}; \
         use the newer program",
        dir.display()
    )]
    NewerFormat {
        /// The data directory.
        dir: PathBuf,
        /// The format of the store.
        found: u32,
        /// The newest format that this program reads.
        supported: u32,
    },
    /// The files contradict themselves.
    #[error("the store in {} is damaged ({why}); restore it from a backup", dir.display())]
    Damaged {
        /// The data directory.
        dir: PathBuf,
        /// What was found.
        why: String,
    },
    /// The operating system refused.
    #[error("the store in {} cannot be opened: {source}", dir.display())]
    Io {
        /// The data directory.
        dir: PathBuf,
        /// Its reason.
        source: io::Error,
    },
}

/// Makes a store under another name and renames it, so that it appears whole. A crash may leave
/// `DIR/store.unfinished-<process>` behind, which can be removed.
pub(super) fn create(dir: &Path, options: &Options) -> Result<(), OpenError> {
    let at = |source| OpenError::Io {
        dir: dir.to_owned(),
        source,
    };
    let target = dir.join(STORE_DIR);
    if target.try_exists().map_err(at)? {
        return Err(OpenError::AlreadyExists(dir.to_owned()));
    }
    fs::create_dir_all(dir).map_err(at)?;
    let unfinished = dir.join(format!("{STORE_DIR}.unfinished-{}", std::process::id()));
    let made = DirBuilder::new()
        .mode(OWNER_ONLY)
        .create(&unfinished)
        .map_err(at)
        .and_then(|()| fill(&unfinished, options))
        .and_then(|()| fs::rename(&unfinished, &target).map_err(at))
        .and_then(|()| sync_dir(dir).map_err(at));
    if made.is_err() {
        // What remains is named unfinished and is in nobody's way.
        let _ = fs::remove_dir_all(&unfinished);
    }
    match made {
        Err(OpenError::Io { source, .. })
            if matches!(
                source.kind(),
                ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists
            ) =>
        {
            Err(OpenError::AlreadyExists(dir.to_owned()))
        }
        other => other,
    }
}

fn fill(path: &Path, options: &Options) -> Result<(), OpenError> {
    drop(open_database(path, path, options)?);
    write_format(path).map_err(|source| OpenError::Io {
        dir: path.to_owned(),
        source,
    })
}

fn write_format(path: &Path) -> io::Result<()> {
    let mut file = File::create_new(path.join(FORMAT_FILE))?;
    writeln!(file, "{FORMAT_WORD} {FORMAT_VERSION}")?;
    file.sync_all()?;
    sync_dir(path)
}

/// Opens the store that is in `dir`.
pub(super) fn open(dir: &Path, options: &Options) -> Result<(Tables, Found), OpenError> {
    let path = store_path(dir);
    check_format(dir, &path)?;
    open_database(&path, dir, options)
}

/// Where the database of `dir` is.
pub(super) fn store_path(dir: &Path) -> PathBuf {
    dir.join(STORE_DIR)
}

fn check_format(dir: &Path, path: &Path) -> Result<(), OpenError> {
    let damaged = |why: String| OpenError::Damaged {
        dir: dir.to_owned(),
        why,
    };
    if !path.try_exists().map_err(|source| OpenError::Io {
        dir: dir.to_owned(),
        source,
    })? {
        return Err(OpenError::NotInitialised(dir.to_owned()));
    }
    let text = match fs::read_to_string(path.join(FORMAT_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(damaged(format!("the file {FORMAT_FILE} is missing")));
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(damaged(format!("the file {FORMAT_FILE} is not text")));
        }
        Err(source) => {
            return Err(OpenError::Io {
                dir: dir.to_owned(),
                source,
            });
        }
    };
    let version = text
        .strip_prefix(FORMAT_WORD)
        .map(str::trim)
        .and_then(|v| v.parse().ok());
    match version {
        Some(FORMAT_VERSION) => Ok(()),
        Some(found) if found > FORMAT_VERSION => Err(OpenError::NewerFormat {
            dir: dir.to_owned(),
            found,
            supported: FORMAT_VERSION,
        }),
        _ => Err(damaged(format!(
            "the file {FORMAT_FILE} has unknown content"
        ))),
    }
}

/// Opens the database at `path`; errors name `dir`, which the operator knows.
fn open_database(path: &Path, dir: &Path, options: &Options) -> Result<(Tables, Found), OpenError> {
    let failed = |error| from_fjall(dir, error);
    let builder = Database::builder(path)
        .cache_size(options.cache_bytes)
        .max_journaling_size(options.max_journal_bytes.max(MIN_JOURNAL_BYTES))
        .max_cached_files(Some(options.max_open_files.max(MIN_OPEN_FILES)))
        // The one writer would compress, which takes longer than the disk takes for the bytes.
        .journal_compression(CompressionType::None)
        .worker_threads(BACKGROUND_THREADS);
    let database = at_lower_priority(|| builder.open())
        .map_err(|source| OpenError::Io {
            dir: dir.to_owned(),
            source,
        })?
        .map_err(failed)?;
    let keyspace = |name, memtable_bytes| {
        let options = || KeyspaceCreateOptions::default().max_memtable_size(memtable_bytes);
        database.keyspace(name, options).map_err(failed)
    };
    let records = keyspace(RECORDS, MEMTABLE_BYTES)?;
    let journal = keyspace(JOURNAL, JOURNAL_MEMTABLE_BYTES)?;
    let pages = keyspace(PAGES, MEMTABLE_BYTES)?;
    let damaged = |why| OpenError::Damaged {
        dir: dir.to_owned(),
        why,
    };
    let (table, found) = load(&journal, &pages).map_err(damaged)?;
    let tables = Tables {
        database,
        records,
        journal,
        pages,
        table,
    };
    Ok((tables, found))
}

/// Runs `open` on a thread of lower priority, which the threads that it starts inherit: they merge
/// tables for seconds on end.
fn at_lower_priority<T: Send>(open: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let opening = thread::Builder::new().spawn_scoped(scope, || {
            threads::lower_priority();
            open()
        })?;
        let opened = opening.join();
        opened.map_err(|_| io::Error::other("the thread that opened it panicked"))
    })
}

fn from_fjall(dir: &Path, error: fjall::Error) -> OpenError {
    let dir = dir.to_owned();
    match error {
        fjall::Error::Locked => OpenError::Locked(dir),
        // A file that the manifest names but that is gone is damage, not a wrong directory.
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source))
            if !matches!(
                source.kind(),
                ErrorKind::NotFound | ErrorKind::UnexpectedEof
            ) =>
        {
            OpenError::Io { dir, source }
        }
        other => OpenError::Damaged {
            dir,
            why: words(&other),
        },
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
