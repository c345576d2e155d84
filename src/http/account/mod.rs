//! The account management dialect, `/api/2` (seeds 000 and 001).
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod brand;
mod clients;
mod convert;
pub mod error;
mod idp;
mod offerings;
pub(in crate::http) mod openapi;
mod policies;
mod request;
mod routes;
mod search;
mod tenants;
mod usages;
mod users;
mod wire;

pub use routes::resources;
