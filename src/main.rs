//! The `upsell` binary: parse arguments, hand over.

use std::process::ExitCode;

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Not locked: a held lock would stop every other thread that logs.
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    upsell::cli::run(std::env::args_os(), &mut out, &mut err)
}
