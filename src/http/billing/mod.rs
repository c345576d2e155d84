//! The billing dialect, `/api/advanced-automation/v1` (seed 002).
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

pub mod error;
mod routes;

pub use routes::resources;
