//! The reseller dialect, `/plan` and `/domain` (seed 003).
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod convert;
mod domains;
pub mod error;
mod names;
pub(in crate::http) mod openapi;
mod plan_change;
mod plans;
mod request;
mod roles;
mod routes;
mod wire;

pub use routes::resources;
