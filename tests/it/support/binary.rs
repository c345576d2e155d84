//! Which program the tests run.

use std::ffi::OsString;

/// The program under test: the one that was built with the tests, or another build of the same
/// source, such as the release (`UPSELL_TEST_BINARY`).
pub(crate) fn binary() -> OsString {
    std::env::var_os("UPSELL_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_upsell").into())
}
