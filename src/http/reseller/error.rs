//! The reseller dialect's error envelope: an integer code and a message, as the vendor's public
//! pages show it. The codes there are the HTTP status but for a few of the vendor's own, whose
//! list is not public; here it is always the status.

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
pub(crate) struct ErrorOut {
    /// The error.
    error: Detail,
}

/// `{"error":{"code":…,"message":…}}`.
#[must_use]
pub fn envelope(error: &ApiError) -> Response {
    let body = ErrorOut {
        error: Detail {
            code: error.status().as_u16(),
            message: error.message(),
        },
    };
    output::json(error.status(), &body)
}
