//! Integration tests: one binary, because linking is what takes the time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in test functions, not in the helpers beside them"
)]

mod architecture;
mod cli;
