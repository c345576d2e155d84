//! The partner plans dialect, `/v1/partners` (seed 004).
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod convert;
pub mod error;
mod media;
pub(in crate::http) mod openapi;
mod plans;
mod routes;
mod wire;
mod xml;

pub use routes::resources;
