//! The reseller dialect, `/plan` and `/domain`.
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod convert;
pub mod error;
mod examples;
mod handlers;
mod names;
mod request;
mod wire;

pub(super) use self::handlers::endpoints;
