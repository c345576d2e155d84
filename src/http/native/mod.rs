//! The native dialect, `/api/upsell/v1`. Errors are RFC 9457 problems.
//!
//! A handler (`handlers`) reads a request (`wire`), calls one use case, and converts its answer
//! (`convert`). It holds no rule of the product. `records` reads bulk usage.

mod convert;
mod examples;
mod handlers;
mod records;
mod wire;

pub(super) use self::handlers::alerts::try_cached;
pub(super) use self::handlers::endpoints;

/// Where usage is reported.
pub(super) const USAGES: &str = "/api/upsell/v1/usages";
