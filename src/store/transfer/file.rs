//! Where an export is written: `FILE.part` until it is whole, then `FILE`. Nobody but the owner may
//! read it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::read::{ExportReader, Place};
use super::{Done, Header, TransferError};

const OWNER_ONLY: u32 = 0o600;

/// Why there can be no file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is a file.
    #[error("{} exists; it was not changed: name another file, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// There is a part of an export.
    #[error(
        "{} is an export that was not finished; go on with --resume, or start over with --force",
        .0.display()
    )]
    Unfinished(PathBuf),
    /// Another process writes it.
    #[error("another process writes {}; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// The part of an export cannot be continued.
    #[error("{} cannot be continued: {why}", .path.display())]
    Part {
        /// The file.
        path: PathBuf,
        /// Why.
        why: TransferError,
    },
    /// The operating system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
}

/// The file of an export in the making.
pub struct ExportFile {
    file: File,
    /// Where it is now.
    path: PathBuf,
    /// What it will be called.
    target: PathBuf,
    replaces: bool,
}

/// How far the file is.
pub enum Found {
    /// Nothing of it can be kept: it is empty now.
    Nothing,
    /// Whole up to this place, where it ends now.
    Part(Box<Header>, Place),
    /// Nothing is missing.
    Whole(Done),
}

impl ExportFile {
    /// A new file for what will be `target`.
    ///
    /// # Errors
    /// There is one already, and it is not to be replaced; or it cannot be made.
    pub fn create(target: &Path, replaces: bool) -> Result<Self, FileError> {
        let part = part_of(target);
        if !replaces {
            refuse_existing(target)?;
            if part.exists() {
                return Err(FileError::Unfinished(part));
            }
        }
        let created = Self::open(part, target, replaces)?;
        created.truncate(0)?;
        Ok(created)
    }

    /// The unfinished file for `target`, or `target` itself where that was cut, or else a new one.
    ///
    /// # Errors
    /// It is no export, or of a newer format; `target` is there as well and not to be replaced; or
    /// the file cannot be used.
    pub fn resume(target: &Path, replaces: bool) -> Result<(Self, Found), FileError> {
        let part = part_of(target);
        let path = match part.exists() || !target.exists() {
            true => part,
            false => target.to_owned(),
        };
        if path != target && !replaces {
            refuse_existing(target)?;
        }
        let mut opened = Self::open(path, target, replaces)?;
        let found = opened.look()?;
        match &found {
            Found::Nothing => opened.truncate(0)?,
            Found::Part(_, place) => opened.truncate(place.offset)?,
            Found::Whole(_) => {}
        }
        let end = opened.file.seek(SeekFrom::End(0));
        end.map_err(|source| opened.io(source))?;
        Ok((opened, found))
    }

    fn open(path: PathBuf, target: &Path, replaces: bool) -> Result<Self, FileError> {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(&path)
            .and_then(|file| {
                // One that was there may have been copied by somebody less careful.
                file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
                Ok(file)
            });
        let file = match opened {
            Ok(file) => file,
            Err(source) => return Err(FileError::Io { path, source }),
        };
        match file.try_lock() {
            Ok(()) => Ok(Self {
                file,
                path,
                target: target.to_owned(),
                replaces,
            }),
            Err(TryLockError::WouldBlock) => Err(FileError::Busy(path)),
            Err(TryLockError::Error(source)) => Err(FileError::Io { path, source }),
        }
    }

    /// What of the file is whole.
    fn look(&self) -> Result<Found, FileError> {
        let unusable = |why| FileError::Part {
            path: self.path.clone(),
            why,
        };
        let reader = match ExportReader::open(BufReader::new(&self.file)) {
            Ok(reader) => reader,
            Err(TransferError::Cut { .. } | TransferError::Damaged { .. }) => {
                return Ok(Found::Nothing);
            }
            Err(why) => return Err(unusable(why)),
        };
        let header = reader.header().clone();
        let (place, is_whole) = reader.to_last_whole().map_err(unusable)?;
        Ok(match is_whole {
            true => Found::Whole(place.done),
            false => Found::Part(Box::new(header), place),
        })
    }

    fn truncate(&self, length: u64) -> Result<(), FileError> {
        self.file.set_len(length).map_err(|source| self.io(source))
    }

    /// Where to write.
    #[must_use]
    pub fn output(&self) -> BufWriter<&File> {
        BufWriter::new(&self.file)
    }

    /// The file is whole: makes it durable, and gives it its name.
    ///
    /// # Errors
    /// It cannot be; or a file of that name came up meanwhile.
    pub fn keep(self) -> Result<(), FileError> {
        self.file.sync_all().map_err(|source| self.io(source))?;
        if self.path == self.target {
            return Ok(());
        }
        if !self.replaces {
            refuse_existing(&self.target)?;
        }
        let directory = match self.target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::rename(&self.path, &self.target)
            .and_then(|()| File::open(directory)?.sync_all())
            .map_err(|source| self.io(source))
    }

    fn io(&self, source: io::Error) -> FileError {
        FileError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

fn refuse_existing(target: &Path) -> Result<(), FileError> {
    match target.exists() {
        true => Err(FileError::Exists(target.to_owned())),
        false => Ok(()),
    }
}

/// The name of what will be `target`, while it is not whole.
fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
