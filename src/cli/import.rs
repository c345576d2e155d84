//! `upsell import`: all data of a deployment from one file.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use super::args::{ImportArgs, is_standard};
use super::export::key_ids;
use super::progress::Progress;
use super::{CliError, complain, runtime};
use crate::app::data::{self, Place};
use crate::config;
use crate::store::transfer::{self, Done, ExportReader};

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

pub(super) fn run(args: &ImportArgs, err: &mut dyn Write) -> Result<(), CliError> {
    let loaded = config::from_process(args.config.config.clone(), args.config.flags())?;
    let place = Place::of(&loaded.config);
    let input: Box<dyn Read> = match is_standard(&args.file) {
        true => Box::new(io::stdin()),
        false => Box::new(
            File::open(&args.file)
                .map_err(|error| CliError::Argument(format!("{}: {error}", args.file.display())))?,
        ),
    };
    // Before the store is created: a file that is no export creates none.
    let export = ExportReader::open(BufReader::with_capacity(READ_BYTES, input))?;
    let done = runtime()?.block_on(into_store(&place, export, args.resume, err))?;
    complain(
        err,
        &format!(
            "{} records are in the store, with {}; `upsell serve` goes on with them",
            done.records,
            place.keys_path().display()
        ),
    );
    Ok(())
}

async fn into_store(
    place: &Place,
    mut export: ExportReader<impl Read>,
    resume: bool,
    err: &mut dyn Write,
) -> Result<Done, CliError> {
    let target = data::open_target(place).await?;
    let missing = export.header().keys.missing_in(&key_ids(&target.keyring));
    if !missing.is_empty() {
        let message = format!(
            "warning: {} lacks keys that the export was made with ({}): what they signed or sealed is worth \
             nothing until they are there",
            place.keys_path().display(),
            missing.join(", ")
        );
        complain(err, &message);
    }
    let mut progress = Progress::new(err, "imported");
    let mut tell = |done| progress.tell(done);
    let engine = target.engine.as_ref();
    let done = transfer::import(engine, &mut export, resume, &mut tell).await;
    progress.end();
    data::close_engine(engine).await?;
    Ok(done?)
}
