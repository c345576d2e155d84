//! The reseller dialect, `/plan` and `/domain` (seed 003).
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

pub mod error;
mod routes;

pub use routes::resources;
