//! The account dialect's error envelope and its codes.

use serde_json::json;

use crate::http::error::ApiError;
use crate::http::message::{Head, Response};
use crate::http::output;
use crate::usecases::error::{Error, What};

/// The dialect's own code where it has one, else the HTTP status.
fn code(error: &ApiError) -> u16 {
    match error {
        ApiError::UseCase(Error::VersionMismatch { .. } | Error::LostRace) => 1001,
        ApiError::UseCase(Error::Forbidden(_)) => 1002,
        ApiError::UseCase(Error::NameTaken(_)) => 1004,
        ApiError::UseCase(Error::NotFound(What::Tenant)) => 1005,
        ApiError::UseCase(Error::TenantEnabled) => 1006,
        _ => error.status().as_u16(),
    }
}

/// `{"error":{"code":…,"message":…,"details":{…},"context":{…},"domain":…}}`.
#[must_use]
pub fn envelope(error: &ApiError, head: &Head) -> Response {
    let addition = match error {
        ApiError::Malformed { field, .. } | ApiError::UseCase(Error::Invalid { field, .. }) => {
            vec![json!({ "field": field })]
        }
        _ => vec![],
    };
    let body = json!({ "error": {
        "code": code(error),
        "message": error.message(),
        "details": { "info": error.status().canonical_reason().unwrap_or("error"), "addition": addition },
        "context": { "id": head.request_id },
        "domain": "AccountServer",
    }});
    output::json(error.status(), &body)
}
