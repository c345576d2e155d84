//! The billing dialect, `/api/advanced-automation/v1`.
//!
//! A handler parses (`wire`), calls one use case, and converts its answer (`convert`). No rule
//! lives here.

mod configuration;
mod convert;
mod customers;
pub mod error;
mod examples;
mod request;
mod taxes;
mod wire;

use super::dialect::Dialect;
use super::endpoint::Group;

/// Every endpoint of the dialect.
pub(super) fn endpoints() -> Vec<Group> {
    let group = |name, about| Group::new(Dialect::Billing, name, about);
    vec![
        group("Customers", "The billing information of tenants.").with(customers::endpoints()),
        group("Taxes", "The sales taxes of partners. A tax is seen at and below its partner.")
            .with(taxes::endpoints()),
        group("Service desk", "What the ids of customers stand for: countries with their states (ISO 3166) and languages (ISO 639).")
            .with(configuration::endpoints()),
    ]
}
