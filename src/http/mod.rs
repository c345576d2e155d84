//! The HTTP side of the service: server, router, and one module per dialect.
//!
//! `app` starts the server (`server`) with the service (`service`), which finds the endpoint
//! (`router`), authenticates the caller and runs the handler, as a rule on the workers. A dialect
//! declares its endpoints (`endpoint`), holds no rules, and never imports another dialect.

pub mod accept;
pub mod account;
pub mod auth;
pub mod billing;
mod body;
mod budget;
pub mod client_address;
mod connection;
pub mod cors;
mod cursor;
pub mod decimal;
pub mod dialect;
mod docs;
pub mod endpoint;
pub mod error;
mod exchange;
mod head;
mod idempotency;
pub mod input;
pub mod limits;
pub mod listener;
pub mod message;
pub mod native;
pub mod openapi;
mod outgoing;
pub mod output;
pub mod pages;
pub mod partner;
pub mod precondition;
pub mod rate_limits;
pub(crate) mod request_log;
pub mod reseller;
pub mod router;
pub mod server;
pub mod service;
mod socket;
pub mod stats;
pub mod tls;
mod watch;
mod wire;

use endpoint::Group;

/// Every endpoint of the public listener, in the order of the document.
#[must_use]
pub fn endpoints(options: pages::Options) -> Vec<Group> {
    let mut all = account::endpoints();
    all.extend(billing::endpoints());
    all.extend(reseller::endpoints());
    all.extend(partner::endpoints());
    all.extend(native::endpoints());
    all.extend(pages::endpoints(options));
    let document = docs::Document::default();
    all.extend(docs::endpoints(&document));
    document.describe(&all);
    all
}
