//! The account management dialect, `/api/2`.
//!
//! A handler (`handlers`) reads a request (`wire`), calls one use case, and converts its answer
//! (`convert`). It holds no rule of the product. A request checks its fields and sets them
//! (`apply` in `convert`).

mod convert;
pub mod error;
mod examples;
mod handlers;
mod wire;

pub(super) use self::handlers::endpoints;

use self::wire::brand::BrandRequest;
use crate::domain::brand::Brand;
use crate::usecases::manage_brand::Rules;

/// Sets the branding options of a body of PUT `/tenants/{id}/brand`.
///
/// # Errors
/// What is wrong with it, for people.
pub fn set_brand_options(json: &[u8], brand: Brand, rules: &Rules<'_>) -> Result<Brand, String> {
    let options: BrandRequest = serde_json::from_slice(json).map_err(|why| why.to_string())?;
    options.apply(brand, rules).map_err(|why| why.to_string())
}
