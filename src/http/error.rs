//! Why a request fails: status, message and headers. A dialect adds its own envelope.

use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::rate_limits::RateLimited;
use crate::store::engine::StoreError;
use crate::usecases::error::Error;

/// Why a request is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The use case failed.
    UseCase(Error),
    /// The request cannot be read: which part, and why. 400.
    Malformed {
        /// A field, a parameter, a header, or `body`.
        field: String,
        /// What is wrong and what to write instead.
        why: String,
    },
    /// No credentials. 401.
    Unauthorized(&'static str),
    /// A token that does not hold. 401.
    InvalidToken,
    /// Nothing has this path. 404.
    NoRoute,
    /// The path exists, but not for this method. 405.
    Method {
        /// The methods that it has, comma-separated.
        allow: String,
    },
    /// The body did not arrive in time. 408.
    Timeout,
    /// The URL is longer than this many bytes. 414.
    UrlTooLong(usize),
    /// There are too many headers, or too many bytes of them. 431. Far beyond the limit hyper answers
    /// by itself, without a body or a request id: it does so before there is a request.
    HeadersTooLarge,
    /// The body is longer than this many bytes. 413.
    TooLarge(usize),
    /// The body has another media type than this route takes. 415.
    MediaType(&'static str),
    /// The answer exists in no media type that the caller accepts. 406.
    NotAcceptable(&'static str),
    /// `Content-Encoding` is not supported on requests. 415.
    ContentEncoding,
    /// `If-Match` names another version than the current one. 412.
    PreconditionFailed,
    /// The `Idempotency-Key` was used before.
    Repeated(Repeated),
    /// More requests than a limit allows. 429.
    RateLimited(RateLimited),
    /// Too many failed log-ins. 429.
    TooManyFailures {
        /// When the next one is looked at, in seconds.
        retry_after_s: u64,
    },
}

/// Why a request with an `Idempotency-Key` that was used before gets no replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The first request is still being carried out. 409.
    InFlight,
    /// The first request was carried out, but its answer is not there any more. 409.
    AnswerLost,
    /// The first request was another one. 422.
    OtherRequest,
}

impl Repeated {
    const fn message(self) -> &'static str {
        match self {
            Self::InFlight => {
                "a request with this Idempotency-Key is being carried out; try again in a second"
            }
            Self::AnswerLost => {
                "the first request with this Idempotency-Key was carried out, but its answer was \
                 lost; read the object to see how it stands, and take a new key for what is next"
            }
            Self::OtherRequest => {
                "this Idempotency-Key was used for another request; take a new key for each \
                 request, and send a repeated one unchanged"
            }
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::UseCase(error)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::UseCase(Error::Store(error))
    }
}

impl ApiError {
    /// A part of the request that cannot be read.
    pub fn malformed(field: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Malformed {
            field: field.into(),
            why: why.to_string(),
        }
    }

    /// The service panicked over the request; the log says where.
    #[must_use]
    pub fn panicked() -> Self {
        let why = "a request ended in a panic, which is logged before this";
        Self::UseCase(Error::Internal(why.to_owned()))
    }

    /// The status, the same in every dialect.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::UrlTooLong(_) => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) | Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::Repeated(Repeated::OtherRequest) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Repeated(Repeated::InFlight | Repeated::AnswerLost) => StatusCode::CONFLICT,
            Self::RateLimited(_) | Self::TooManyFailures { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::UseCase(error) => match error {
                Error::NotFound(_) => StatusCode::NOT_FOUND,
                Error::Invalid { .. } | Error::InvalidFields(_) | Error::TenantEnabled => {
                    StatusCode::BAD_REQUEST
                }
                Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
                Error::MissingScope(_) | Error::Forbidden(_) => StatusCode::FORBIDDEN,
                Error::VersionMismatch { .. }
                | Error::NameTaken(_)
                | Error::Conflict(_)
                | Error::LostRace => StatusCode::CONFLICT,
                Error::LimitReached { .. } => StatusCode::TOO_MANY_REQUESTS,
                Error::Store(StoreError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
                Error::Store(StoreError::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
                Error::Store(StoreError::Corrupt(_)) | Error::Internal(_) => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            },
        }
    }

    /// The message for the caller: what is wrong and what to do. Says nothing of the inside.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Malformed { field, why } => format!("{field}: {why}"),
            Self::Unauthorized(why) => (*why).to_owned(),
            Self::InvalidToken => "the access token is invalid or expired; get a new one from \
                                   POST /api/2/idp/token"
                .to_owned(),
            Self::NoRoute => "no such endpoint; see the documentation".to_owned(),
            Self::Method { allow } => format!("this path takes {allow}"),
            Self::Timeout => "the request body did not arrive in time; send it again".to_owned(),
            Self::UrlTooLong(limit) => {
                format!("the URL is longer than {limit} bytes; send long data in the body")
            }
            Self::HeadersTooLarge => "the headers are too many or too long; send fewer".to_owned(),
            Self::TooLarge(limit) => format!("the body is longer than {limit} bytes"),
            Self::MediaType(expected) => format!("send the body as {expected}"),
            Self::NotAcceptable(offered) => format!("the answer can be had as {offered}"),
            Self::ContentEncoding => "send the body without Content-Encoding".to_owned(),
            Self::PreconditionFailed => {
                "If-Match names another version than the current one; read it again".to_owned()
            }
            Self::Repeated(repeated) => repeated.message().to_owned(),
            Self::RateLimited(limited) => limited.message(),
            Self::TooManyFailures { retry_after_s } => {
                format!("too many failed log-ins; try again in {retry_after_s} s")
            }
            Self::UseCase(Error::Store(StoreError::Unavailable(_))) => {
                "the store is not available at the moment; try again shortly".to_owned()
            }
            Self::UseCase(Error::Store(StoreError::Corrupt(_)) | Error::Internal(_)) => {
                "internal error; the operator finds the cause in the log by the request id"
                    .to_owned()
            }
            Self::UseCase(error) => error.to_string(),
        }
    }

    /// What the operator should know beyond the message, if anything.
    #[must_use]
    pub fn internal(&self) -> Option<String> {
        match self {
            Self::UseCase(Error::Store(error)) => Some(error.to_string()),
            Self::UseCase(Error::Internal(why)) => Some(why.clone()),
            _ => None,
        }
    }

    /// Headers that belong to the status: `Allow`, `WWW-Authenticate`, `Retry-After`, `RateLimit`.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        match self {
            Self::Method { allow } => {
                if let Ok(value) = HeaderValue::from_str(allow) {
                    headers.insert(ALLOW, value);
                }
            }
            Self::RateLimited(limited) => headers.extend(limited.headers()),
            Self::TooManyFailures { retry_after_s } => {
                headers.insert(RETRY_AFTER, (*retry_after_s).into());
            }
            Self::Repeated(Repeated::InFlight) => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::UseCase(Error::LimitReached { retry_after, .. }) => {
                // Rounded up: who comes when told is let in.
                let seconds = retry_after.as_secs().saturating_add(1);
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
            }
            _ => {}
        }
        headers
    }

    /// RFC 6750 §3: what the token lacks. No error is named to who sent none (§3.1).
    fn challenge(&self) -> Option<HeaderValue> {
        const REALM: &str = "Bearer realm=\"upsell\"";
        let text = match self {
            Self::Unauthorized(_) => REALM.to_owned(),
            Self::InvalidToken => format!("{REALM}, error=\"invalid_token\""),
            Self::UseCase(Error::MissingScope(scope)) => {
                let scope = scope.name();
                format!("{REALM}, error=\"insufficient_scope\", scope=\"{scope}\"")
            }
            Self::UseCase(Error::Forbidden(_)) => {
                format!("{REALM}, error=\"insufficient_scope\"")
            }
            _ => return None,
        };
        HeaderValue::try_from(text).ok()
    }
}
