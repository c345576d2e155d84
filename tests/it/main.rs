//! Tests from outside, in one binary because linking is slow. One module per topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking; clippy only exempts functions marked as tests"
)]

mod account_access;
mod account_api;
mod account_quota;
mod account_tenants;
mod account_users;
mod account_walk;
mod architecture;
mod cli;
mod render;
mod server_drain;
mod server_h2;
mod server_limits;
mod server_slow;
mod server_support;
mod server_vectors;
mod smtp_cancel;
mod smtp_delivery;
mod smtp_faults;
mod smtp_policy;
mod smtp_sink;
mod store_contract;
mod store_crash;
mod store_embedded;
mod store_model;
mod support;
