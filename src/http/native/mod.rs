//! The native dialect, `/api/upsell/v1` (wire contract §6). Errors are RFC 9457 problems.

pub(super) mod alerts;
mod audit;
mod clicks;
mod emails;
mod explain;
mod names;
pub(in crate::http) mod openapi;
mod plans;
mod preview;
mod quotas;
mod records;
pub mod routes;
mod usages;
mod wire;

/// Where usage is reported.
pub(super) const USAGES: &str = "/api/upsell/v1/usages";
