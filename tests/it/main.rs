//! Tests from outside, in one binary because linking is slow. One module per topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking; clippy only exempts functions marked as tests"
//! The integration tests: one binary, one module per topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step fails the test; clippy exempts test functions but not their helpers"
)]

mod render;
mod server_drain;
mod server_h2;
mod server_limits;
mod server_slow;
mod server_support;
mod store_contract;
mod store_crash;
mod store_embedded;
mod store_model;
//! The integration tests, one module per topic, in one binary (linking is slow).

mod render;
mod server_vectors;
)]

mod smtp_cancel;
mod smtp_delivery;
mod smtp_faults;
mod smtp_policy;
mod smtp_sink;
mod support;
//! Integration tests: one binary, because linking is what takes the time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows them in test functions, not in the helpers beside them"
)]

mod architecture;
mod cli;
