//! The commands of the binary. Exit codes: 0 done, 1 failed, 2 the command line was wrong.
//! Errors are lines on standard error that begin with `upsell: ` and say what to do next.

pub mod args;
mod check_config;
mod client;
mod demo;
mod export;
mod import;
mod init;
mod keys;
mod link;
mod preview;
mod progress;
mod sample;
mod serve;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::AppError;
use crate::app::data::DataError;
use crate::config::Problems;
use crate::domain::link::BuyUrlError;
use crate::keyring::KeyringError;
use crate::outbox::message::MessageError;
use crate::render::RenderError;
use crate::store::transfer::TransferError;
use crate::store::transfer::file::FileError;
use crate::threads;
use crate::usecases::error::Error;
use args::{Cli, Command};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The Buy URL is none.
    #[error("--buy-url {0}")]
    BuyUrl(#[from] BuyUrlError),
    /// The service cannot start, or not stop cleanly.
    #[error(transparent)]
    App(#[from] AppError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The first client's secret would be lost.
    #[error(
        "{}: {source}; the first client's secret could not be kept: make another client with `upsell \
         client create`",
        .path.display()
    )]
    FirstClient {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The keyring cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// Logs cannot be written.
    #[error("logging: {0}")]
    Logs(#[from] tracing_subscriber::util::TryInitError),
    /// The use case refused.
    #[error(transparent)]
    UseCase(#[from] Error),
    /// Records cannot be moved.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// There can be no file of an export.
    #[error(transparent)]
    File(#[from] FileError),
    /// The demo cannot run.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// A message cannot be rendered: a defect of this program.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A mail cannot be built: a defect of this program.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A value on the command line is wrong.
    #[error("{0}")]
    Argument(String),
    /// The result cannot be written.
    #[error("cannot write the result: {0}; check where standard output goes")]
    Output(#[from] io::Error),
}

/// Runs the command line `arguments` (the program's name first), with results to `out` and
/// errors to `err`.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return explain(&error, &arguments, out, err),
    };
    let result = match cli.command {
        Command::Link(args) => link::run(&args, out),
        Command::Init(args) => init::run(&args, out),
        Command::Demo(args) => demo::run(&args, out, err),
        Command::Serve(args) => serve::run(&args, out, err),
        Command::Client(args) => client::run(&args, out),
        Command::Keys(args) => keys::run(&args, out),
        Command::Export(args) => export::run(&args, out, err),
        Command::Import(args) => import::run(&args, err),
        Command::Preview(args) => preview::run(&args, out),
        Command::CheckConfig(args) => check_config::run(&args, out, err),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of a pipe has seen enough: `upsell check-config | head -1`.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(err, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Writes each line of `message` as one of ours. Where standard error is closed, the exit code
/// alone has to tell.
fn complain(err: &mut dyn Write, message: &str) {
    for line in message.lines() {
        let _ = writeln!(err, "upsell: {line}");
    }
}

/// Help and version as asked for; everything else clap has to say, on one line.
fn explain(
    error: &clap::Error,
    arguments: &[OsString],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return match out.write_all(text.as_bytes()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = err.write_all(text.as_bytes());
        }
        _ => {
            let parts: Vec<_> = text
                .lines()
                .map(str::trim)
                .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
                .filter(|line| !line.is_empty())
                .collect();
            let message = parts.join(" ");
            let message = message.strip_prefix("error: ").unwrap_or(&message);
            let command = command_named(arguments);
            complain(err, &format!("{message}; see `{command} --help`"));
        }
    }
    ExitCode::from(2)
}

/// The command that `arguments` begin with, as far as there is one: its help is the one to read.
fn command_named(arguments: &[OsString]) -> String {
    let root = Cli::command();
    let (mut command, mut name) = (&root, root.get_name().to_owned());
    for argument in arguments.iter().skip(1) {
        let Some(found) = command.find_subcommand(argument) else {
            break;
        };
        command = found;
        name = format!("{name} {}", found.get_name());
    }
    name
}

/// A runtime for a command that needs one. What runs on the calling thread, and the threads it
/// starts, keep the priority of the process.
///
/// A write beyond a limit on the size of files fails from now on, as one to a full disk does, instead of
/// ending the process: SIGXFSZ has a handler, which stays for good.
fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("worker")
        .on_thread_start(threads::lower_priority)
        .build()?;
    let inside = runtime.enter();
    let file_too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    drop(signal(file_too_large)?);
    drop(inside);
    Ok(runtime)
}
