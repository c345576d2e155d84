//! The partner plans dialect, `/v1/partners`.
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod convert;
pub mod error;
mod examples;
mod handlers;
mod media;
mod wire;
mod xml;

pub(super) use self::handlers::endpoints;
