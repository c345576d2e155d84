//! Tests from outside, in one binary because linking is slow. One module per topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking; clippy only exempts functions marked as tests"
)]

mod smtp_cancel;
mod smtp_delivery;
mod smtp_faults;
mod smtp_policy;
mod smtp_sink;
mod support;
