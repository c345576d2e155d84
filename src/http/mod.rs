//! The way in: HTTP server, router, and one module per dialect.

pub mod account;
pub mod auth;
pub mod billing;
mod connection;
pub mod cors;
pub mod decimal;
pub mod dialect;
pub mod error;
mod exchange;
mod head;
pub mod input;
pub mod limits;
pub mod listener;
pub mod message;
pub mod native;
pub mod output;
pub mod pages;
pub mod partner;
pub mod reseller;
pub mod router;
pub mod routes;
pub mod server;
pub mod service;
mod socket;
pub mod stats;
pub mod tls;
mod watch;
