//! The integration tests: one binary, one module per topic.

mod server_limits;
mod server_support;
