//! The operations of the account dialect, described.

mod brand;
mod clients;
mod examples;
mod identity;
mod lists;
mod meters;
mod tenants;
mod users;

use serde_json::Value;

use crate::http::openapi::{Group, Operation, schema};
use crate::usecases::page::MAX_PAGE;

/// What the dialect answers to.
pub(in crate::http) fn groups() -> Vec<Group> {
    vec![
        identity::group(),
        tenants::group(),
        brand::group(),
        meters::group(),
        users::group(),
        clients::group(),
    ]
}

/// A list in pages: `limit` and `after`.
fn paged(operation: Operation) -> Operation {
    operation
        .query(
            "limit",
            schema::integer(1, MAX_PAGE as u64),
            "How many at most.",
        )
        .query(
            "after",
            schema::any_text(),
            "`paging.cursors.after` of the page before.",
        )
}

/// A part of the path: one kind of id.
fn id(about: &'static str) -> Vec<(&'static str, Value, &'static str)> {
    vec![("id", schema::id(), about)]
}
