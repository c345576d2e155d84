//! The account management dialect, `/api/2`.
//!
//! A handler takes what the wire has (`wire`), calls one use case, and converts its answer
//! (`convert`, where a request also applies itself to the value that it changes: it checks each
//! field and sets it). No other rule lives here.

mod brand;
mod clients;
mod convert;
pub mod error;
mod examples;
mod idp;
mod offerings;
mod policies;
mod request;
mod search;
mod tenants;
mod usages;
mod users;
mod wire;

use self::wire::brand::BrandRequest;
use super::dialect::Dialect;
use super::endpoint::Group;
use crate::domain::brand::Brand;
use crate::usecases::manage_brand::Rules;

/// Every endpoint of the dialect.
pub(super) fn endpoints() -> Vec<Group> {
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

/// Sets the branding options of a body of PUT `/tenants/{id}/brand`.
///
/// # Errors
/// What is wrong with it, for people.
pub fn set_brand_options(json: &[u8], brand: Brand, rules: &Rules<'_>) -> Result<Brand, String> {
    let options: BrandRequest = serde_json::from_slice(json).map_err(|why| why.to_string())?;
    options.apply(brand, rules).map_err(|why| why.to_string())
}
