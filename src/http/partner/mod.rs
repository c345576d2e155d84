//! The partner plans dialect, `/v1/partners`.
//!
//! A handler (`handlers`) reads a request (`wire`), calls one use case, and converts its answer
//! (`convert`). It holds no rule of the product. `media` chooses between JSON and XML.

mod convert;
pub mod error;
mod examples;
mod handlers;
mod media;
mod wire;
mod xml;

pub(super) use self::handlers::endpoints;
