//! `upsell check-config`: every setting with its value and source, or what is wrong.

use std::io::Write;

use super::args::CheckConfigArgs;
use super::{CliError, complain};
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
    config::check_files(&config)?;
    Ok(())
}
