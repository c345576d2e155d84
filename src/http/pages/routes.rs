//! Every public route that is no API. All are open to everybody: the links prove themselves, and
//! pictures and style sheets stand in mails and pages that strangers' programs fetch.

use http::Method;

use super::{Options, assets, own, redirect, unsubscribe};
use crate::http::dialect::Dialect;
use crate::http::router::Resource;

/// The routes.
#[must_use]
pub fn resources(options: Options) -> Vec<Resource> {
    let at = |path| Resource::at(Dialect::Page, path);
    vec![
        at("/").public(Method::GET, own::start),
        at("/robots.txt").public(Method::GET, own::robots),
        at("/favicon.ico").public(Method::GET, own::icon),
        at(redirect::ROUTE).public(Method::GET, move |call| {
            redirect::follow(call, options.clone())
        }),
        at("/u/{token}")
            .public(Method::GET, unsubscribe::show)
            .public(Method::POST, unsubscribe::act),
        at("/assets/{*file}").public(Method::GET, assets::asset),
        at("/brand/{tenant_id}/logo").public(Method::GET, assets::logo),
        at("/widget.js").public(Method::GET, assets::widget),
    ]
}
