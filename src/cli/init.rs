//! `upsell init`: a new store, its keys and the first client.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::Serialize;

use super::args::{InitArgs, OutputFormat};
use super::{CliError, runtime};
use crate::app::{data, system_clock};
use crate::config;
use crate::usecases::initialize::FirstClient;

pub(super) fn run(args: &InitArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = config::from_process(args.config.config.clone(), args.config.flags())?;
    let place = data::Place::of(&loaded.config);
    let first = runtime()?.block_on(data::init(&place, system_clock()))?;
    write(&first, args.format, out)
}

/// Where the first client is kept when nobody is there to read it.
const FIRST_CLIENT_FILE: &str = "first-client.json";

/// Writes the first client into a file of the data directory that only its owner can read, and says
/// where it is.
pub(super) fn keep(first: &FirstClient, data: &Path, out: &mut dyn Write) -> Result<(), CliError> {
    let path = data.join(FIRST_CLIENT_FILE);
    write_private(&path, first).map_err(|source| CliError::FirstClient {
        path: path.clone(),
        source,
    })?;
    writeln!(out, "root tenant    {}", first.tenant_id)?;
    writeln!(out, "client id      {}", first.client_id)?;
    writeln!(
        out,
        "client secret  in {}; store it elsewhere, then delete this file",
        path.display()
    )?;
    Ok(())
}

fn write_private(path: &Path, first: &FirstClient) -> io::Result<()> {
    // One that is there is of an earlier deployment, and may be open to others.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", line(first)?)?;
    file.sync_all()
}

fn line(first: &FirstClient) -> io::Result<String> {
    let line = Line {
        tenant_id: first.tenant_id.to_string(),
        client_id: first.client_id.to_string(),
        client_secret: &first.client_secret,
    };
    Ok(serde_json::to_string(&line)?)
}

#[derive(Serialize)]
struct Line<'a> {
    tenant_id: String,
    client_id: String,
    client_secret: &'a str,
}

/// Shows the first client, secret and all: the only time it is shown.
pub(super) fn write(
    first: &FirstClient,
    format: OutputFormat,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let FirstClient {
        tenant_id,
        client_id,
        client_secret,
    } = first;
    match format {
        OutputFormat::Json => writeln!(out, "{}", line(first)?)?,
        OutputFormat::Text => {
            writeln!(out, "root tenant    {tenant_id}")?;
            writeln!(out, "client id      {client_id}")?;
            writeln!(
                out,
                "client secret  {client_secret}   (shown only this once)"
            )?;
        }
    }
    Ok(())
}
