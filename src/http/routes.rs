//! All routes of all dialects: each dialect's own page lists its own.

use super::router::{Resource, Route};
use super::{account, billing, docs, native, pages, partner, reseller};

/// Every route of the public listener.
#[must_use]
pub fn all(options: pages::Options) -> Vec<Resource> {
    let document = docs::Document::default();
    let mut all = account::resources();
    all.extend(billing::resources());
    all.extend(reseller::resources());
    all.extend(partner::resources());
    all.extend(native::routes::resources());
    all.extend(pages::routes::resources(options));
    all.extend(docs::resources(&document));
    let routes: Vec<Route> = all.iter().flat_map(Resource::routes).collect();
    document.describe(&routes);
    all
}
