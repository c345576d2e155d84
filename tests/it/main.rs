//! Tests from outside, in one binary because linking is slow. One module per topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking; clippy only exempts functions marked as tests"
)]

mod render;
mod server_limits;
mod server_support;
mod store_contract;
mod store_crash;
mod store_embedded;
mod store_model;
