//! The error envelope of the reseller dialect: a code and a message. The code is always the HTTP
//! status: the vendor has a few codes of its own, but does not publish them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;

/// An error of the reseller dialect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResellerErrorDetail)]
struct Detail {
    /// The HTTP status.
    code: u16,
    /// For people: what is wrong and what to do.
    message: String,
}

/// The envelope of errors.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResellerError)]
pub(crate) struct ErrorResponse {
    /// The error.
    error: Detail,
}

/// `{"error":{"code":…,"message":…}}`.
#[must_use]
pub fn envelope(error: &ApiError) -> Response {
    let body = ErrorResponse {
        error: Detail {
            code: error.status().as_u16(),
            message: error.message(),
        },
    };
    output::json(error.status(), &body)
}
