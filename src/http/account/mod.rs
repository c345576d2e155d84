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

use crate::usecases::brand_patch::BrandPatch;

/// Branding options as the body of PUT `/tenants/{id}/brand` has them.
///
/// # Errors
/// It is no JSON, or an option is of another type.
pub fn brand_options(json: &[u8]) -> Result<BrandPatch, serde_json::Error> {
    serde_json::from_slice(json).map(convert::brand::brand_patch)
}
