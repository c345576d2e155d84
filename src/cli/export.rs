//! `upsell export`: all data of a deployment in one file.

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use chrono::{SecondsFormat, Utc};

use super::args::{ExportArgs, is_standard};
use super::progress::Progress;
use super::{CliError, complain, runtime};
use crate::app::data::{self, Bare, DataError, Place};
use crate::app::system_clock;
use crate::config;
use crate::keyring::{KeyKind, Keyring};
use crate::store::embedded::OpenError;
use crate::store::format::RECORDS_FORMAT;
use crate::store::transfer::file::{ExportFile, Found};
use crate::store::transfer::format::KeyIds;
use crate::store::transfer::{self, Done, ExportWriter, Header};

pub(super) fn run(
    args: &ExportArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), CliError> {
    let loaded = config::from_process(args.config.config.clone(), args.config.flags())?;
    let place = Place::of(&loaded.config);
    check_standard(args)?;
    let done = runtime()?.block_on(async {
        let bare = data::open_source(&place, system_clock())
            .await
            .map_err(in_use)?;
        let done = match is_standard(&args.file) {
            true => to_stream(&bare, out, err).await,
            false => to_file(&bare, args, err).await,
        };
        data::close_engine(bare.engine.as_ref()).await?;
        done
    })?;
    conclude(args, &place, done, err);
    Ok(())
}

/// Standard output can be written once, and is not for people here.
fn check_standard(args: &ExportArgs) -> Result<(), CliError> {
    if !is_standard(&args.file) {
        return Ok(());
    }
    let why = if args.resume {
        "--resume goes on with a file, not with standard output; name the file"
    } else if std::io::stdout().is_terminal() {
        "an export is not for a terminal; name a file, or send standard output elsewhere"
    } else {
        return Ok(());
    };
    Err(CliError::Argument(why.to_owned()))
}

/// An export is a snapshot only while nobody writes to the store.
fn in_use(error: DataError) -> CliError {
    match error {
        DataError::Store(OpenError::Locked(dir)) => CliError::Argument(format!(
            "another upsell process uses {}; stop the service for the export, so that the records in it \
             are of one moment",
            dir.display()
        )),
        other => other.into(),
    }
}

async fn to_stream(
    bare: &Bare,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Done, CliError> {
    let writer = ExportWriter::begin(out, &header(bare))?;
    Ok(write(bare, writer, err).await?.1)
}

async fn to_file(bare: &Bare, args: &ExportArgs, err: &mut dyn Write) -> Result<Done, CliError> {
    let (file, found) = match args.resume {
        true => ExportFile::resume(&args.file, args.force)?,
        false => (ExportFile::create(&args.file, args.force)?, Found::Nothing),
    };
    let writer = match found {
        Found::Whole(done) => {
            file.keep()?;
            return Ok(done);
        }
        Found::Nothing => ExportWriter::begin(file.output(), &header(bare))?,
        Found::Part(begun, place) => {
            check_same(bare, &begun, &args.file)?;
            let (offset, records) = (place.offset, place.done.records);
            let message = format!("going on behind byte {offset}, after {records} records");
            complain(err, &message);
            ExportWriter::behind(file.output(), place)
        }
    };
    let (output, done) = write(bare, writer, err).await?;
    drop(output);
    file.keep()?;
    Ok(done)
}

async fn write<W: Write>(
    bare: &Bare,
    writer: ExportWriter<W>,
    err: &mut dyn Write,
) -> Result<(W, Done), CliError> {
    let mut progress = Progress::new(err, "exported");
    let mut tell = |done| progress.tell(done);
    let written = transfer::export(bare.engine.as_ref(), writer, &mut tell).await;
    progress.end();
    Ok(written?)
}

/// Refuses to resume an export of another deployment.
fn check_same(bare: &Bare, begun: &Header, file: &Path) -> Result<(), CliError> {
    let now = header(bare);
    let missing = begun.keys.missing_in(&now.keys);
    if missing.is_empty() && begun.records_format == now.records_format {
        return Ok(());
    }
    Err(CliError::Argument(format!(
        "{} was begun with another deployment, or with another upsell; start over with --force",
        file.display()
    )))
}

fn header(bare: &Bare) -> Header {
    Header {
        product: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        engine: bare.name.to_owned(),
        records_format: RECORDS_FORMAT,
        keys: key_ids(&bare.keyring),
    }
}

/// The ids of all keys.
pub(super) fn key_ids(keyring: &Keyring) -> KeyIds {
    KeyIds {
        link: keyring.key_ids(KeyKind::LinkSigning),
        seal: keyring.key_ids(KeyKind::Sealing),
        token: keyring.key_ids(KeyKind::TokenSigning),
    }
}

/// Says what is done and what is left to do; on standard error, since the export may be on standard
/// output.
fn conclude(args: &ExportArgs, place: &Place, done: Done, err: &mut dyn Write) {
    let target = match is_standard(&args.file) {
        true => "standard output".to_owned(),
        false => args.file.display().to_string(),
    };
    let keys = place.keys_path();
    complain(
        err,
        &format!(
            "{} records are in {target}; the keys are not: copy {} yourself to the data directory of the \
             new deployment, before the import, and as private as it is",
            done.records,
            keys.display()
        ),
    );
}
