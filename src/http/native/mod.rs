//! The native dialect, `/api/upsell/v1` (wire contract §6). Errors are RFC 9457 problems.

mod examples;
mod handlers;
mod names;
mod records;
mod wire;

pub(super) use self::handlers::alerts::try_cached;
pub(super) use self::handlers::endpoints;

/// Where usage is reported.
pub(super) const USAGES: &str = "/api/upsell/v1/usages";
