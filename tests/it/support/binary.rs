//! Which program the tests run, and runs of it that end by themselves.

use std::ffi::OsString;
use std::process::Command;

/// The program under test: the one that was built with the tests, or another build of the same
/// source, such as the release (`UPSELL_TEST_BINARY`).
pub(crate) fn binary() -> OsString {
    std::env::var_os("UPSELL_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_upsell").into())
}

/// What one run gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs it with these settings in its environment, and no others.
pub(crate) fn upsell(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let output = Command::new(binary())
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
