//! The partner plans dialect, `/v1/partners`.
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod convert;
pub mod error;
mod examples;
mod media;
mod plans;
mod wire;
mod xml;

use super::dialect::Dialect;
use super::endpoint::Group;

/// Every endpoint of the dialect.
pub(super) fn endpoints() -> Vec<Group> {
    let about = "What a partner sells and at which price, in JSON or XML by `Accept` and \
                 `Content-Type`. Prices keep all their digits.";
    vec![Group::new(Dialect::Partner, "Partner plans", about).with(plans::endpoints())]
}
