//! All routes of all dialects: each dialect's own page lists its own.

use super::router::Resource;

/// Every route of the public listener.
#[must_use]
pub fn all() -> Vec<Resource> {
    Vec::new()
}
