//! The billing dialect, `/api/advanced-automation/v1` (seed 002).
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod configuration;
mod convert;
mod customers;
pub mod error;
pub(in crate::http) mod openapi;
mod request;
mod routes;
mod taxes;
mod wire;

pub use routes::resources;
