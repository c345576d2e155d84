//! The tools of `benches/compare/run`: what makes the data, the load, and those peers that are a
//! page of Rust. Without a subcommand each is run once for a moment, so that none rots.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot be set up is to fail loudly; it prints its figures"
)]

mod alone;
mod args;
mod drive;
mod engines;
mod fleet;
mod latency;
mod mails;
mod raw;
mod rng;
mod seed;
mod selfcheck;
mod stats;
mod work;

use std::process::ExitCode;

use args::Args;

/// The allocator of the service, so that the tools do not slow down what they measure.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "subcommands: seed, load, reads, ingest, raw, fjall, fsync, store, lettre, \
    latency; each with --name value pairs, as benches/compare/run calls them";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let outcome = match words.next().as_deref() {
        Some(command) if !command.starts_with('-') => run(command, words.collect()),
        // `cargo bench` says `--bench`, `cargo test` nothing or the names of tests.
        _ => selfcheck::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("compare: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, words: Vec<String>) -> Result<(), String> {
    let mut args = Args::parse(words)?;
    match command {
        "seed" => seed::command(&mut args),
        "load" => work::redirects(&mut args),
        "reads" => work::reads(&mut args),
        "ingest" => work::ingest(&mut args),
        "raw" => raw::command(&mut args),
        "fjall" => engines::fjall_command(&mut args),
        "fsync" => engines::fsync_command(&mut args),
        "store" => alone::command(&mut args),
        "lettre" => mails::command(&mut args),
        "latency" => latency::command(&mut args),
        other => Err(format!("no subcommand {other}; {USAGE}")),
    }
}
