//! What many requests of the dialect have: names in the path, a version to be expected, a form of
//! the answer.

use super::convert;
use crate::domain::reseller::name::Name;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Head;
use crate::http::router::Call;
use crate::usecases::error::{Error, What};

/// The part of a path that names something that exists; what can be no name names nothing.
pub(super) fn known(call: &Call, part: &str, what: What) -> Result<Name, ApiError> {
    call.path.id(part, Error::NotFound(what).into())
}

/// The part of a path that names something that may be created. The `name` of the body may repeat
/// it: callers send whole objects back.
pub(super) fn nameable(call: &Call, part: &str, body: Option<&str>) -> Result<Name, ApiError> {
    let name = convert::name(part, call.path.get(part))?;
    match body.map(|text| convert::name("name", text)).transpose()? {
        Some(other) if !other.is(&name) => Err(Error::Refused(
            "plans and domains are not renamed; leave name out, or repeat the one of the path"
                .to_owned(),
        )
        .into()),
        _ => Ok(name),
    }
}

/// The version that `If-Match` asks for, and what a stale one is answered with.
#[derive(Debug, Clone, Copy)]
pub(super) struct IfMatch(pub(super) Option<u64>);

impl IfMatch {
    pub(super) fn of(head: &Head) -> Result<Self, ApiError> {
        input::if_match(head).map(Self)
    }

    /// The dialect has versions in `If-Match` only, so a stale one is always 412.
    pub(super) fn checked<T>(self, done: Result<T, Error>) -> Result<T, ApiError> {
        fresh(done)
    }
}

/// The same for a write that may create.
pub(super) fn fresh<T>(done: Result<T, Error>) -> Result<T, ApiError> {
    match done {
        Err(Error::VersionMismatch { .. }) => Err(ApiError::PreconditionFailed),
        other => other.map_err(ApiError::from),
    }
}

/// `full=true` asks for roles with their policies and resources (seed 003).
pub(super) fn full(head: &Head) -> Result<bool, ApiError> {
    let params = Params::of_query(head)?;
    match params.get("full").map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ApiError::malformed("full", "must be true or false")),
    }
}
