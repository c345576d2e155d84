//! The reseller dialect, `/plan` and `/domain`.
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod convert;
mod domains;
pub mod error;
mod examples;
mod members;
mod names;
mod plan_change;
mod plans;
mod request;
mod roles;
mod wire;

use super::dialect::Dialect;
use super::endpoint::Group;

/// Every endpoint of the dialect.
pub(super) fn endpoints() -> Vec<Group> {
    let group = |name, about| Group::new(Dialect::Reseller, name, about);
    vec![
        group("Reseller plans", "The price plans of a reseller, with what their domains may ingest and how long it is kept.")
            .with(plans::endpoints()),
        group("Domains", "The domains of a reseller: each runs under a plan, and its users hold roles.")
            .with(domains::endpoints())
            .with(plan_change::endpoints())
            .with(members::endpoints()),
        group("Roles", "What users of a domain may do: roles of its plan, and roles of its own. Every plan has Admin and No Privileges.")
            .with(roles::of_plans())
            .with(roles::of_domains()),
    ]
}
