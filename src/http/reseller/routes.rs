//! Every route of the dialect, on one page.

use crate::http::router::Resource;

/// The routes of the dialect.
#[must_use]
pub fn resources() -> Vec<Resource> {
    Vec::new()
}
