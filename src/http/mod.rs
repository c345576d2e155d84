//! The way in: HTTP server, router, and one module per dialect.

mod connection;
mod exchange;
mod head;
pub mod limits;
pub mod listener;
pub mod message;
pub mod server;
mod socket;
pub mod stats;
pub mod tls;
mod watch;
