//! The integration tests: one binary, one module per topic.

mod server_drain;
mod server_h2;
mod server_limits;
mod server_slow;
mod server_support;
mod server_vectors;
