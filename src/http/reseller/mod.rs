//! The reseller dialect, `/plan` and `/domain`.
//!
//! A handler (`handlers`) reads a request (`wire`), calls one use case, and converts its answer
//! (`convert`). It holds no rule of the product.

mod convert;
pub mod error;
mod examples;
mod handlers;
mod wire;

pub(super) use self::handlers::endpoints;
