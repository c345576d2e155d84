//! The billing dialect's error envelope.

use serde_json::json;

use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;

/// `{"error":{"code":…,"message":…}}`.
#[must_use]
pub fn envelope(error: &ApiError) -> Response {
    let body = json!({ "error": { "code": error.status().as_u16(), "message": error.message() } });
    output::json(error.status(), &body)
}
