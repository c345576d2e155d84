//! Every route of the dialect, on one page.

use http::Method;

use super::plans;
use crate::domain::client::ApiScope;
use crate::http::dialect::Dialect::Partner;
use crate::http::router::{BodyLimit, Needs, Resource};

const READ: Needs = Needs::Scope(ApiScope::PartnersRead);
const WRITE: Needs = Needs::Scope(ApiScope::PartnersWrite);

/// The routes of the dialect.
#[must_use]
pub fn resources() -> Vec<Resource> {
    vec![
        Resource::at(Partner, "/v1/partners/{username}/plans")
            .on(Method::GET, READ, plans::list)
            .on(Method::POST, WRITE, plans::create)
            .limit(BodyLimit::PartnerPlan),
        Resource::at(Partner, "/v1/partners/{username}/plans/{plan_id}")
            .on(Method::GET, READ, plans::read)
            .on(Method::PUT, WRITE, plans::replace)
            .limit(BodyLimit::PartnerPlan)
            .on(Method::DELETE, WRITE, plans::delete)
            .limit(BodyLimit::PartnerPlan),
    ]
}
