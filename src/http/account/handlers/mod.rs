//! Every endpoint of the account management dialect, declared beside the handler that answers it.

mod brand;
mod clients;
mod common;
mod idp;
mod offerings;
mod policies;
mod search;
mod tenants;
mod usages;
mod users;

use crate::http::dialect::Dialect;
use crate::http::endpoint::Group;

/// Every endpoint of the dialect.
pub(crate) fn endpoints() -> Vec<Group> {
    let group = |name, about| Group::new(Dialect::Account, name, about);
    vec![
        Group::new(Dialect::Token, "Identity", "OAuth 2 client credentials (RFC 6749 §4.4): an API client gets a token with its id and secret. The token reaches the client's tenant and all below it.")
            .with(idp::endpoints()),
        group("Tenants", "The tree of partners, folders, customers and units. A token reaches its client's tenant and all below it; nothing else exists for it. While a tenant is disabled, its clients and users, and those of all tenants below it, get no tokens, and tokens that they have are answered 401, reads included; clients of enabled tenants above go on reading and changing it.")
            .with(tenants::all())
            .with(tenants::one())
            .with(search::endpoints()),
        group("Brand", "How a tenant and all below it look, and the Buy URL. A tenant without a brand has that of the next tenant above which has one.")
            .with(brand::endpoints()),
        group("Offering items", "What is sold to tenants and users, how much of it, and how much they use.")
            .with(offerings::endpoints())
            .with(usages::endpoints()),
        group("Users", "User accounts, their roles, and who may buy.")
            .with(users::all())
            .with(users::one())
            .with(policies::endpoints()),
        group("Clients", "API clients: programs that call this service. Nobody creates, changes, disables or deletes a client that has more scopes than their own token.")
            .with(clients::endpoints()),
    ]
}
