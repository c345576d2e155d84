//! The dialects: which paths belong to each, and its envelope for errors.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{ApiError, Repeated};
use super::message::{Head, Response};
use super::output;
use crate::render::Renderer;
use crate::telemetry::metrics::HttpDialect;
use crate::usecases::error::Error;

/// A vendor's API, or our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/api/2` (rules `user-object` and `brand-options`).
    Account,
    /// `/api/2/idp`: OAuth 2, whose errors have a shape of their own (RFC 6749 §5.2).
    Token,
    /// `/api/advanced-automation/v1`: rule `billing-information`.
    Billing,
    /// `/plan` and `/domain`: rule `reseller-plans`.
    Reseller,
    /// `/v1/partners`: rule `partner-plans`.
    Partner,
    /// `/api/upsell/v1`.
    Native,
    /// What people open in a browser.
    Page,
}

impl Dialect {
    /// The label in metrics.
    #[must_use]
    pub const fn label(self) -> HttpDialect {
        match self {
            Self::Account | Self::Token => HttpDialect::Account,
            Self::Billing => HttpDialect::Billing,
            Self::Reseller => HttpDialect::Reseller,
            Self::Partner => HttpDialect::Partner,
            Self::Native => HttpDialect::Native,
            Self::Page => HttpDialect::Page,
        }
    }

    /// The scheme of its `Authorization` header.
    #[must_use]
    pub const fn auth_scheme(self) -> &'static str {
        match self {
            Self::Partner => "OAuth",
            _ => "Bearer",
        }
    }

    /// Who answers for a path that no route has: the first of these that it is under.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        const PREFIXES: [(&str, Dialect); 7] = [
            ("/api/2/idp", Dialect::Token),
            ("/api/2", Dialect::Account),
            ("/api/advanced-automation", Dialect::Billing),
            ("/plan", Dialect::Reseller),
            ("/domain", Dialect::Reseller),
            ("/v1/partners", Dialect::Partner),
            ("/api", Dialect::Native),
        ];
        let is_under = |(prefix, _): &&(&str, Self)| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let found = PREFIXES.iter().find(is_under);
        found.map_or(Self::Page, |(_, dialect)| *dialect)
    }

    /// Dresses an error.
    #[must_use]
    pub fn error(self, renderer: &Renderer, error: &ApiError, head: &Head) -> Response {
        let response = match self {
            Self::Account => super::account::error::envelope(error, head),
            Self::Token => oauth_error(error),
            Self::Billing => super::billing::error::envelope(error),
            Self::Reseller => super::reseller::error::envelope(error),
            Self::Partner => super::partner::error::envelope(error, head),
            Self::Native => problem(error, head),
            Self::Page => super::pages::error_page(renderer, error, head),
        };
        let mut headers = error.headers();
        self.respell_challenge(&mut headers);
        output::with_headers(response, headers)
    }

    /// Errors challenge for `Bearer`; a dialect with another scheme says its own.
    fn respell_challenge(self, headers: &mut HeaderMap) {
        let bearer = headers.get(WWW_AUTHENTICATE).and_then(|value| {
            let challenge = value.to_str().ok()?.strip_prefix("Bearer ")?;
            HeaderValue::try_from(format!("{} {challenge}", self.auth_scheme())).ok()
        });
        if let Some(challenge) = bearer {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
    }
}

/// An error of the token endpoints (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OAuthError {
    /// `invalid_request`, `invalid_client`, `invalid_scope`, `unsupported_grant_type`,
    /// `slow_down`, `temporarily_unavailable` or `server_error`.
    pub(in crate::http) error: &'static str,
    /// For people: what is wrong and what to do.
    pub(in crate::http) error_description: String,
}

fn oauth_error(error: &ApiError) -> Response {
    let code = match error.status() {
        StatusCode::UNAUTHORIZED => "invalid_client",
        StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        // RFC 8628 §3.5 has the one word for it.
        StatusCode::TOO_MANY_REQUESTS => "slow_down",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    };
    let body = OAuthError {
        error: code,
        error_description: error.message(),
    };
    output::json(error.status(), &body)
}

/// An error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    /// Stable: what kind of error it is.
    #[serde(rename = "type")]
    pub(in crate::http) kind: &'static str,
    /// The same in words.
    pub(in crate::http) title: &'static str,
    /// The HTTP status.
    pub(in crate::http) status: u16,
    /// What is wrong here and what to do.
    pub(in crate::http) detail: String,
    /// Which field or parameter is meant, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in crate::http) field: Option<String>,
    /// Stands in the log line too.
    pub(in crate::http) request_id: String,
}

fn problem(error: &ApiError, head: &Head) -> Response {
    let (kind, title) = problem_type(error);
    let field = match error {
        ApiError::Malformed { field, .. } | ApiError::UseCase(Error::Invalid { field, .. }) => {
            Some(field.clone())
        }
        _ => None,
    };
    let body = Problem {
        kind,
        title,
        status: error.status().as_u16(),
        detail: error.message(),
        field,
        request_id: head.request_id.as_str().to_owned(),
    };
    output::json_as(error.status(), "application/problem+json", &body)
}

/// The stable `type` of a problem, and its title. Both follow from the status, but for what callers
/// tell apart within one.
#[must_use]
pub fn problem_type(error: &ApiError) -> (&'static str, &'static str) {
    match error {
        ApiError::TooManyFailures { .. } => (
            "urn:upsell:problem:too-many-failures",
            "Too many failed log-ins",
        ),
        ApiError::Repeated(repeated) => match repeated {
            Repeated::InFlight => ("urn:upsell:problem:in-flight", "Request in flight"),
            Repeated::AnswerLost => ("urn:upsell:problem:answer-lost", "Answer lost"),
            Repeated::OtherRequest => ("urn:upsell:problem:key-reused", "Key used before"),
        },
        ApiError::UseCase(Error::LimitReached { .. }) => {
            ("urn:upsell:problem:limit-reached", "Limit reached")
        }
        ApiError::UseCase(Error::TenantEnabled) => type_of(StatusCode::CONFLICT),
        _ => type_of(error.status()),
    }
}

fn type_of(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        400 => ("urn:upsell:problem:malformed", "Malformed request"),
        401 => ("urn:upsell:problem:unauthorized", "Not authenticated"),
        403 => ("urn:upsell:problem:forbidden", "Not allowed"),
        404 => ("urn:upsell:problem:not-found", "Not found"),
        405 => ("urn:upsell:problem:method", "Method not allowed"),
        406 => ("urn:upsell:problem:not-acceptable", "Not acceptable"),
        408 => ("urn:upsell:problem:timeout", "Request timeout"),
        409 => ("urn:upsell:problem:conflict", "Conflict"),
        412 => ("urn:upsell:problem:precondition", "Precondition failed"),
        413 => ("urn:upsell:problem:too-large", "Body too large"),
        414 => ("urn:upsell:problem:url-too-long", "URL too long"),
        415 => ("urn:upsell:problem:media-type", "Unsupported media type"),
        422 => ("urn:upsell:problem:refused", "Refused by a rule"),
        429 => ("urn:upsell:problem:rate-limited", "Too many requests"),
        431 => ("urn:upsell:problem:headers-too-large", "Headers too large"),
        503 => ("urn:upsell:problem:unavailable", "Temporarily unavailable"),
        _ => ("urn:upsell:problem:internal", "Internal error"),
    }
}
