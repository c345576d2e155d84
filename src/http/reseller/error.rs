//! The reseller dialect's error envelope: an integer code and a message, as the vendor's public
//! pages show it. The codes there are the HTTP status but for a few of the vendor's own, whose
//! list is not public; here it is always the status.

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
