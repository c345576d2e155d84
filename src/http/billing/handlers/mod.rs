//! Every endpoint of the billing dialect, declared beside the handler that answers it.

mod common;
mod configuration;
mod customers;
mod taxes;

use crate::http::dialect::Dialect;
use crate::http::endpoint::Group;

/// Every endpoint of the dialect.
pub(crate) fn endpoints() -> Vec<Group> {
    let group = |name, about| Group::new(Dialect::Billing, name, about);
    vec![
        group("Customers", "The billing information of tenants.").with(customers::endpoints()),
        group("Taxes", "The sales taxes of partners. A tax is seen at and below its partner.")
            .with(taxes::endpoints()),
        group("Service desk", "What the ids of customers stand for: countries with their states (ISO 3166) and languages (ISO 639).")
            .with(configuration::endpoints()),
    ]
}
