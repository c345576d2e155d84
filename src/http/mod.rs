//! The way in: HTTP server, router, and one module per dialect.

pub mod message;
