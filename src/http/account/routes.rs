//! Every route of the account dialect, on one page.

use http::Method;

use super::{brand, clients, idp, offerings, policies, search, tenants, usages, users};
use crate::domain::client::ApiScope;
use crate::http::dialect::Dialect::{Account, Token};
use crate::http::router::{BodyLimit, Needs, Resource};

const READ: Needs = Needs::Scope(ApiScope::AccountRead);
const WRITE: Needs = Needs::Scope(ApiScope::AccountWrite);
const CLIENTS: Needs = Needs::Scope(ApiScope::Clients);
const REPORT: Needs = Needs::Scope(ApiScope::UsageWrite);

/// The routes under `/api/2`.
#[must_use]
pub fn resources() -> Vec<Resource> {
    let mut all = identity();
    all.extend(of_tenants());
    all.extend(of_users());
    all.extend(of_clients());
    all
}

/// Public: these take credentials of their own, or publish what verifies a token.
fn identity() -> Vec<Resource> {
    vec![
        Resource::at(Token, "/api/2/idp/token").public(Method::POST, idp::token),
        Resource::at(Token, "/api/2/idp/revoke_token").public(Method::POST, idp::revoke),
        Resource::at(Token, "/api/2/idp/introspect_token").public(Method::POST, idp::introspect),
        Resource::at(Token, "/api/2/idp/keys").public(Method::GET, idp::keys),
        Resource::at(Token, "/api/2/idp/.well-known/openid-configuration")
            .public(Method::GET, idp::configuration),
    ]
}

fn of_tenants() -> Vec<Resource> {
    vec![
        Resource::at(Account, "/api/2/tenants")
            .on(Method::GET, READ, tenants::list)
            .on(Method::POST, WRITE, tenants::create),
        Resource::at(Account, "/api/2/tenants/{id}")
            .on(Method::GET, READ, tenants::read)
            .on(Method::PUT, WRITE, tenants::update)
            .on(Method::DELETE, WRITE, tenants::delete),
        Resource::at(Account, "/api/2/tenants/{id}/children").on(
            Method::GET,
            READ,
            tenants::children,
        ),
        Resource::at(Account, "/api/2/tenants/{id}/users").on(
            Method::GET,
            READ,
            users::ids_of_tenant,
        ),
        Resource::at(Account, "/api/2/tenants/{id}/brand")
            .on(Method::GET, READ, brand::read)
            .on(Method::PUT, WRITE, brand::update)
            .on(Method::POST, WRITE, brand::enable)
            .on(Method::DELETE, WRITE, brand::disable),
        Resource::at(Account, "/api/2/tenants/{id}/brand/logo")
            .on(Method::GET, READ, brand::read_logo)
            .on(Method::POST, WRITE, brand::set_logo)
            .limit(BodyLimit::Logo),
        Resource::at(Account, "/api/2/tenants/{id}/offering_items")
            .on(Method::GET, READ, offerings::read_of_tenant)
            .on(Method::PUT, WRITE, offerings::update_of_tenant),
        Resource::at(
            Account,
            "/api/2/tenants/{id}/offering_items/available_for_child",
        )
        .on(Method::GET, READ, offerings::available_for_child),
        Resource::at(Account, "/api/2/tenants/{id}/usages").on(
            Method::GET,
            READ,
            usages::of_tenant,
        ),
        Resource::at(Account, "/api/2/tenants/usages")
            .on(Method::GET, READ, usages::of_tenants)
            .on(Method::PUT, REPORT, usages::report)
            .limit(BodyLimit::Bulk),
        Resource::at(Account, "/api/2/search").on(Method::GET, READ, search::search),
    ]
}

fn of_users() -> Vec<Resource> {
    vec![
        Resource::at(Account, "/api/2/users")
            .on(Method::GET, READ, users::list)
            .on(Method::POST, WRITE, users::create),
        Resource::at(Account, "/api/2/users/me").on(Method::GET, Needs::Token, users::me),
        // Logins are unique over the deployment, so this tells of tenants out of reach: as much as creating a
        // user does, and only to who may create one.
        Resource::at(Account, "/api/2/users/check_login").on(
            Method::GET,
            WRITE,
            users::check_login,
        ),
        Resource::at(Account, "/api/2/users/{id}")
            .on(Method::GET, READ, users::read)
            .on(Method::PUT, WRITE, users::update)
            .on(Method::DELETE, WRITE, users::delete),
        Resource::at(Account, "/api/2/users/{id}/access_policies")
            .on(Method::GET, READ, policies::read)
            .on(Method::PUT, WRITE, policies::replace),
        Resource::at(Account, "/api/2/users/{id}/send-activation-email").on(
            Method::POST,
            WRITE,
            users::send_activation,
        ),
        Resource::at(Account, "/api/2/users/{id}/offering_items")
            .on(Method::GET, READ, offerings::read_of_user)
            .on(Method::PUT, WRITE, offerings::update_of_user),
        Resource::at(Account, "/api/2/users/{id}/usages").on(Method::GET, READ, usages::of_user),
    ]
}

fn of_clients() -> Vec<Resource> {
    vec![
        Resource::at(Account, "/api/2/clients")
            .on(Method::GET, CLIENTS, clients::list)
            .on(Method::POST, CLIENTS, clients::create),
        // A client may read itself without the scope: so it learns its tenant_id.
        Resource::at(Account, "/api/2/clients/{id}")
            .on(Method::GET, Needs::Token, clients::read)
            .on(Method::PUT, CLIENTS, clients::update)
            .on(Method::DELETE, CLIENTS, clients::delete),
    ]
}
