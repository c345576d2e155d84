//! `upsell init`: a new store, its keys and the first client.

use std::io::Write;

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
        OutputFormat::Json => {
            let line = Line {
                tenant_id: tenant_id.to_string(),
                client_id: client_id.to_string(),
                client_secret,
            };
            let line = serde_json::to_string(&line).map_err(std::io::Error::from)?;
            writeln!(out, "{line}")?;
        }
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
