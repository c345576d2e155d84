//! Every route of the dialect, on one page.

use http::Method;

use super::{configuration, customers, taxes};
use crate::domain::client::ApiScope;
use crate::http::dialect::Dialect::Billing;
use crate::http::router::{Needs, Resource};

const READ: Needs = Needs::Scope(ApiScope::BillingRead);
const WRITE: Needs = Needs::Scope(ApiScope::BillingWrite);

/// The routes under `/api/advanced-automation/v1`.
#[must_use]
pub fn resources() -> Vec<Resource> {
    vec![
        Resource::at(Billing, "/api/advanced-automation/v1/Customers")
            .on(Method::GET, READ, customers::list)
            .on(Method::PUT, WRITE, customers::put),
        Resource::at(Billing, "/api/advanced-automation/v1/Customers/{Id}").on(
            Method::GET,
            READ,
            customers::read,
        ),
        Resource::at(Billing, "/api/advanced-automation/v1/Taxes")
            .on(Method::GET, READ, taxes::read)
            .on(Method::POST, WRITE, taxes::create)
            .on(Method::PUT, WRITE, taxes::put),
        Resource::at(
            Billing,
            "/api/advanced-automation/v1/ServiceDesk/Configuration",
        )
        .on(Method::GET, READ, configuration::read),
        // What the vendor's own pages call the same thing.
        Resource::at(Billing, "/api/advanced-automation/v1/StaticFormData").on(
            Method::GET,
            READ,
            configuration::read,
        ),
    ]
}
