//! The integration tests: one binary, one module per topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step fails the test; clippy exempts test functions but not their helpers"
)]

mod server_drain;
mod server_h2;
mod server_limits;
mod server_slow;
mod server_support;
mod server_vectors;
