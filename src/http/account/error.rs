//! The error envelope of the account management dialect, and its codes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::message::{Head, Response};
use crate::http::output;
use crate::usecases::error::{Error, What};

/// The dialect's own code where it has one, else the HTTP status.
fn code(error: &ApiError) -> u16 {
    match error {
        ApiError::PreconditionFailed
        | ApiError::UseCase(Error::VersionMismatch { .. } | Error::LostRace) => 1001,
        ApiError::UseCase(Error::MissingScope(_) | Error::Forbidden(_)) => 1002,
        ApiError::UseCase(Error::NameTaken(_)) => 1004,
        ApiError::UseCase(Error::NotFound(What::Tenant)) => 1005,
        ApiError::UseCase(Error::TenantEnabled) => 1006,
        _ => error.status().as_u16(),
    }
}

/// What is wrong with a field.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Addition {
    /// The field or parameter.
    field: String,
}

/// More about an error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountErrorDetails)]
pub(super) struct Details {
    /// What the status means.
    info: &'static str,
    /// Which fields are meant.
    addition: Vec<Addition>,
}

/// What an error belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountErrorContext)]
pub(super) struct Context {
    /// The request id, which stands in the log too.
    id: String,
}

/// An error of the account dialect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountErrorDetail)]
pub(crate) struct DetailResponse {
    /// 1001 a stale version, 1002 not allowed, 1004 a name that is taken, 1005 an unknown tenant, 1006
    /// a tenant that is not disabled; else the HTTP status.
    code: u16,
    /// For people: what is wrong and what to do.
    message: String,
    /// More about it.
    details: Details,
    /// What it belongs to.
    context: Context,
    /// Always `AccountServer`.
    domain: &'static str,
}

/// The envelope of errors.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountError)]
pub(crate) struct ErrorResponse {
    /// The error.
    error: DetailResponse,
}

/// What stands under `error`.
#[must_use]
pub(super) fn detail(error: &ApiError, request_id: &str) -> DetailResponse {
    let addition = match error {
        ApiError::Malformed { field, .. } | ApiError::UseCase(Error::Invalid { field, .. }) => {
            vec![Addition {
                field: field.clone(),
            }]
        }
        _ => vec![],
    };
    DetailResponse {
        code: code(error),
        message: error.message(),
        details: Details {
            info: error.status().canonical_reason().unwrap_or("error"),
            addition,
        },
        context: Context {
            id: request_id.to_owned(),
        },
        domain: "AccountServer",
    }
}

/// `{"error":{"code":…,"message":…,"details":{…},"context":{…},"domain":…}}`.
#[must_use]
pub fn envelope(error: &ApiError, head: &Head) -> Response {
    let body = ErrorResponse {
        error: detail(error, head.request_id.as_str()),
    };
    output::json(error.status(), &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::ApiScope;

    #[test]
    fn codes_are_the_vendors() {
        let stale = Error::VersionMismatch {
            given: 1,
            current: 2,
        };
        for (error, status, expected) in [
            (ApiError::from(stale), 409, 1001),
            (ApiError::from(Error::LostRace), 409, 1001),
            (ApiError::PreconditionFailed, 412, 1001),
            (Error::Forbidden("no".into()).into(), 403, 1002),
            (Error::NameTaken("taken").into(), 409, 1004),
            (Error::NotFound(What::Tenant).into(), 404, 1005),
            (Error::NotFound(What::User).into(), 404, 404),
            (Error::TenantEnabled.into(), 400, 1006),
            (ApiError::malformed("version", "missing"), 400, 400),
            (ApiError::Unauthorized("who?"), 401, 401),
            (ApiError::InvalidToken, 401, 401),
            (Error::MissingScope(ApiScope::AccountRead).into(), 403, 1002),
        ] {
            let body = serde_json::to_value(detail(&error, "7")).unwrap();
            assert_eq!(error.status().as_u16(), status, "{error:?}");
            assert_eq!(body["code"], expected, "{error:?}");
            assert_eq!(body["context"]["id"], "7");
        }
        let named = detail(&ApiError::malformed("version", "missing"), "7");
        assert_eq!(named.details.addition[0].field, "version");
    }
}
