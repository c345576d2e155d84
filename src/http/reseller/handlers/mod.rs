//! Every endpoint of the reseller dialect, declared beside the handler that answers it.

mod common;
mod domains;
mod members;
mod plan_change;
mod plans;
mod roles;

use crate::http::dialect::Dialect;
use crate::http::endpoint::Group;

/// Every endpoint of the dialect.
pub(crate) fn endpoints() -> Vec<Group> {
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
