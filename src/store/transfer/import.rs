//! From a file into an empty store.
//!
//! One chunk is one change, and how far the import is stands in the same change: after a crash, the
//! chunks up to there are in the store, and nothing of any other. The note is made before the first
//! chunk and taken away after the end mark was seen, so a store with a part of an export always has it.

use std::io::Read;

use super::pages::Pages;
use super::read::{ExportReader, Place, Records};
use super::{Done, TransferError};
use crate::store::engine::{Changes, CommitError, Engine, Expect, Key, Revision};
use crate::store::format::check_number;
use crate::store::keys;
use crate::store::record::{ImportProgress, Stored as _};

/// Writes all records of the export into `engine`, which must be empty, or hold a part of this same
/// export where `resume` says to go on. `tell` learns now and then how far it is.
///
/// # Errors
/// The store holds something else, or failed; the export is cut or damaged. What was written stays,
/// with the note that it is not all.
pub async fn import<R: Read>(
    engine: &dyn Engine,
    export: &mut ExportReader<R>,
    resume: bool,
    tell: &mut dyn FnMut(Done),
) -> Result<Done, TransferError> {
    check_number(export.header().records_format)?;
    let mut note = begin(engine, export.place(), resume).await?;
    while let Some(records) = export.next_chunk()? {
        let place = export.place();
        if place.chunks <= note.progress.chunks {
            note.check(place)?;
        } else {
            note = note.add(engine, records, place).await?;
        }
        tell(place.done);
    }
    let done = export.place().done;
    if export.place().chunks < note.progress.chunks {
        return Err(TransferError::OtherExport);
    }
    count(engine, done.records).await?;
    note.remove(engine).await?;
    Ok(done)
}

/// The note of an import in its store.
struct Note {
    progress: ImportProgress,
    revision: Revision,
}

/// Makes the note, or finds the one of an import that was not finished.
async fn begin(engine: &dyn Engine, start: &Place, resume: bool) -> Result<Note, TransferError> {
    let note = match (find(engine).await?, resume) {
        (Some(_), false) => return Err(TransferError::Unfinished),
        (Some(note), true) => note,
        (None, _) => {
            // Not the note alone: an import that ended leaves none, and may be resumed by mistake.
            if !engine.scan(&Key(Vec::new()), None, 1).await?.is_empty() {
                return Err(match resume {
                    true => TransferError::NothingBegun,
                    false => TransferError::NotEmpty,
                });
            }
            let progress = ImportProgress {
                header: start.sum,
                chunks: 0,
                sum: start.sum,
            };
            let mut changes = Changes::new();
            changes.expect(keys::root(), Expect::Absent);
            write(engine, changes, progress, Expect::Absent).await?
        }
    };
    if note.progress.header != start.sum {
        return Err(TransferError::OtherExport);
    }
    Ok(note)
}

async fn find(engine: &dyn Engine) -> Result<Option<Note>, TransferError> {
    let Some(record) = engine.get(&keys::import_progress()).await? else {
        return Ok(None);
    };
    Ok(Some(Note {
        progress: ImportProgress::decode(&record.body)?,
        revision: record.revision,
    }))
}

/// Makes `changes` together with the note of `progress`.
async fn write(
    engine: &dyn Engine,
    mut changes: Changes,
    progress: ImportProgress,
    expect: Expect,
) -> Result<Note, TransferError> {
    let key = keys::import_progress();
    changes.expect(key.clone(), expect);
    changes.put(key, progress.encode());
    engine.commit(changes).await.map_err(lost)?;
    let note = find(engine).await?;
    // Only another import takes a note away, or writes another one.
    note.filter(|note| note.progress == progress)
        .ok_or(TransferError::Overtaken)
}

fn lost(error: CommitError) -> TransferError {
    match error {
        CommitError::Conflict(_) => TransferError::Overtaken,
        CommitError::Store(error) => TransferError::Store(error),
    }
}

impl Note {
    /// Checks that what is in the store already came from this export.
    fn check(&self, place: &Place) -> Result<(), TransferError> {
        if place.chunks == self.progress.chunks && place.sum != self.progress.sum {
            return Err(TransferError::OtherExport);
        }
        Ok(())
    }

    async fn add(
        self,
        engine: &dyn Engine,
        records: Records,
        place: &Place,
    ) -> Result<Self, TransferError> {
        let mut changes = Changes::new();
        for (key, body) in records {
            if keys::is_of_one_store(&key) {
                let why = "it holds a record that is never exported".to_owned();
                let offset = place.offset;
                return Err(TransferError::Damaged { offset, why });
            }
            changes.put(key, body);
        }
        let progress = ImportProgress {
            chunks: place.chunks,
            sum: place.sum,
            ..self.progress
        };
        write(engine, changes, progress, Expect::Revision(self.revision)).await
    }

    async fn remove(self, engine: &dyn Engine) -> Result<(), TransferError> {
        let key = keys::import_progress();
        let mut changes = Changes::new();
        changes.expect(key.clone(), Expect::Revision(self.revision));
        changes.delete(key);
        engine.commit(changes).await.map_err(lost)
    }
}

/// Checks that there are as many records in the store as there are to be.
async fn count(engine: &dyn Engine, expected: u64) -> Result<(), TransferError> {
    let mut pages = Pages::behind(engine, None);
    let mut found = 0;
    while let Some(page) = pages.next().await? {
        found += page.len() as u64;
    }
    match found == expected {
        true => Ok(()),
        false => Err(TransferError::Miscounted { expected, found }),
    }
}

/// Refuses a store that holds a part of an export only.
///
/// # Errors
/// [`TransferError::Unfinished`]; or the store is away.
pub async fn refuse_unfinished(engine: &dyn Engine) -> Result<(), TransferError> {
    match engine.get(&keys::import_progress()).await? {
        Some(_) => Err(TransferError::Unfinished),
        None => Ok(()),
    }
}
