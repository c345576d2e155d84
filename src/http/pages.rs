//! What people open in a browser.

use super::error::ApiError;
use super::message::{Head, Response};
use super::output;

/// An error as a page.
#[must_use]
pub fn error_page(error: &ApiError, _head: &Head) -> Response {
    output::with_body(error.status(), "text/plain; charset=utf-8", error.message())
}
