//! Every route of the dialect, on one page.

use http::Method;

use super::{domains, plan_change, plans, roles};
use crate::domain::client::ApiScope;
use crate::http::dialect::Dialect::Reseller;
use crate::http::router::{Needs, Resource};

const PLANS: Needs = Needs::Scope(ApiScope::Plans);

/// The routes of the dialect.
#[must_use]
pub fn resources() -> Vec<Resource> {
    let mut all = of_plans();
    all.extend(of_domains());
    all
}

fn of_plans() -> Vec<Resource> {
    vec![
        Resource::at(Reseller, "/plan").on(Method::GET, PLANS, plans::list),
        Resource::at(Reseller, "/plan/{planName}")
            .on(Method::GET, PLANS, plans::read)
            .on(Method::PUT, PLANS, plans::put)
            .on(Method::DELETE, PLANS, plans::delete),
        Resource::at(Reseller, "/plan/{planName}/retention")
            .on(Method::GET, PLANS, plans::retention)
            .on(Method::PUT, PLANS, plans::set_retention),
        Resource::at(Reseller, "/plan/{planName}/roles")
            .on(Method::GET, PLANS, roles::list)
            .on(Method::POST, PLANS, roles::create),
        Resource::at(Reseller, "/plan/{planName}/roles/{roleName}")
            .on(Method::GET, PLANS, roles::read)
            .on(Method::PUT, PLANS, roles::update)
            .on(Method::DELETE, PLANS, roles::delete),
    ]
}

fn of_domains() -> Vec<Resource> {
    vec![
        Resource::at(Reseller, "/domain/{domain}")
            .on(Method::GET, PLANS, domains::read)
            .on(Method::PUT, PLANS, domains::put)
            .on(Method::DELETE, PLANS, domains::delete),
        // Also the seed's literal /domain/domain/plan.
        Resource::at(Reseller, "/domain/{domain}/plan").on(Method::PUT, PLANS, plan_change::change),
        Resource::at(Reseller, "/domain/{domain}/retention")
            .on(Method::GET, PLANS, domains::retention)
            .on(Method::PUT, PLANS, domains::set_retention)
            .on(Method::DELETE, PLANS, domains::clear_retention),
        Resource::at(Reseller, "/domain/{domain}/roles")
            .on(Method::GET, PLANS, roles::list)
            .on(Method::POST, PLANS, roles::create),
        Resource::at(Reseller, "/domain/{domain}/roles/{roleName}")
            .on(Method::GET, PLANS, roles::read)
            .on(Method::PUT, PLANS, roles::update)
            .on(Method::DELETE, PLANS, roles::delete),
        Resource::at(Reseller, "/domain/{domain}/users/{user}/role")
            .on(Method::GET, PLANS, domains::member)
            .on(Method::PUT, PLANS, domains::set_member)
            .on(Method::DELETE, PLANS, domains::take_out_member),
    ]
}
