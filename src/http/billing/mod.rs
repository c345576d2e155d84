//! The billing dialect, `/api/advanced-automation/v1`.
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
