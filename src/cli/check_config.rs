//! `upsell check-config`: every setting with its value and source, or what is wrong; and what is wrong
//! with the servers of a shared store.

use std::io::Write;

use super::args::CheckConfigArgs;
use super::{CliError, complain, runtime};
use crate::app::data::Place;
use crate::config::{self, Loaded};

pub(super) fn run(
    args: &CheckConfigArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), CliError> {
    if args.list {
        for setting in config::settings() {
            writeln!(out, "{:<42} {}", setting.path, setting.expects)?;
        }
        return Ok(());
    }
    let loaded = config::from_process(args.config.config.clone(), args.config.flags())?;
    let Loaded { config, warnings } = loaded;
    for warning in warnings {
        complain(err, &format!("warning: {warning}"));
    }
    for setting in config.describe() {
        let (path, value, origin) = (setting.path, setting.value, setting.origin);
        writeln!(out, "{path:<42} {value:<24} {origin}")?;
    }
    config::check_for_serve(&config)?;
    for warning in runtime()?.block_on(Place::of(&config).warnings())? {
        complain(err, &format!("warning: {warning}"));
    }
    Ok(())
}
