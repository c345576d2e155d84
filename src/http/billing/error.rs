//! The error envelope of the billing dialect, and its codes.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::usecases::error::Error;

/// The dialect's own code.
fn code(error: &ApiError) -> &'static str {
    match error {
        ApiError::Malformed { .. } => "malformed",
        ApiError::UseCase(Error::VersionMismatch { .. }) => "version_mismatch",
        ApiError::UseCase(Error::Refused(_)) => "refused",
        _ => match error.status() {
            StatusCode::BAD_REQUEST => "validation_failed",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::NOT_ACCEPTABLE => "not_acceptable",
            StatusCode::REQUEST_TIMEOUT => "timeout",
            StatusCode::CONFLICT => "conflict",
            StatusCode::PRECONDITION_FAILED => "precondition_failed",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
            StatusCode::UNPROCESSABLE_ENTITY => "refused",
            StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            _ => "internal",
        },
    }
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BillingFault)]
struct Fault {
    /// The field or parameter.
    field: String,
    /// What is wrong with it.
    issue: String,
}

/// An error of the billing dialect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BillingErrorDetail)]
struct Detail {
    /// `malformed`, `validation_failed`, `not_found`, `version_mismatch`, …
    code: &'static str,
    /// For people: what is wrong and what to do.
    message: String,
    /// Every field that is wrong.
    details: Vec<Fault>,
}

/// The envelope of errors.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BillingError)]
pub(crate) struct ErrorResponse {
    /// The error.
    error: Detail,
}

/// Every field that is wrong, and what is wrong with it.
fn details(error: &ApiError) -> Vec<Fault> {
    let one = |field: &str, issue: &str| Fault {
        field: field.to_owned(),
        issue: issue.to_owned(),
    };
    match error {
        ApiError::Malformed { field, why } | ApiError::UseCase(Error::Invalid { field, why }) => {
            vec![one(field, why)]
        }
        ApiError::UseCase(Error::InvalidFields(problems)) => problems
            .iter()
            .map(|problem| one(problem.field, &problem.issue))
            .collect(),
        _ => vec![],
    }
}

/// `{"error":{"code":…,"message":…,"details":[{"field":…,"issue":…}]}}`.
#[must_use]
pub fn envelope(error: &ApiError) -> Response {
    let body = ErrorResponse {
        error: Detail {
            code: code(error),
            message: error.message(),
            details: details(error),
        },
    };
    output::json(error.status(), &body)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::usecases::error::{FieldProblem, What};

    #[test]
    fn all_that_is_wrong_is_told() {
        let problem = |field, issue: &str| FieldProblem {
            field,
            issue: issue.to_owned(),
        };
        let error = Error::InvalidFields(vec![problem("Tax", "missing"), problem("City", "long")]);
        let response = envelope(&error.into());
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let expected = json!({ "error": {
            "code": "validation_failed",
            "message": "Tax: missing; City: long",
            "details": [{"field": "Tax", "issue": "missing"}, {"field": "City", "issue": "long"}],
        }});
        assert_eq!(body, expected);
    }

    #[test]
    fn codes_follow_the_kind_of_error() {
        for (error, expected) in [
            (ApiError::malformed("body", "broken"), "malformed"),
            (Error::NotFound(What::Customer).into(), "not_found"),
            (ApiError::PreconditionFailed, "precondition_failed"),
            (ApiError::Unauthorized("who?"), "unauthorized"),
            (Error::Refused("no".into()).into(), "refused"),
            (Error::LostRace.into(), "conflict"),
            (Error::Internal("secret".into()).into(), "internal"),
        ] {
            assert_eq!(code(&error), expected, "{error:?}");
        }
    }
}
