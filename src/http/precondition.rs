//! Preconditions of all dialects (RFC 9110 §13): `If-Match` and `version` for writes,
//! `If-None-Match` for reads.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::endpoint::{Operation, PublicCall, Take};
use super::error::ApiError;
use super::input;
use super::message::{Head, Response};
use super::output;
use crate::store::record::first_64_bits;
use crate::usecases::error::Error;
use crate::usecases::precondition::Expected;

/// The version that a caller expects: the vendor's `version`, or `If-Match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precondition {
    /// `None`: none in particular.
    pub version: Option<u64>,
    from_header: bool,
}

impl Precondition {
    /// For a write that needs a version.
    ///
    /// # Errors
    /// 400 where there is none, or `version` and `If-Match` differ.
    pub fn required(head: &Head, version: Option<u64>) -> Result<Self, ApiError> {
        let found = Self::optional(head, version)?;
        if found.version.is_none() && !found.from_header {
            return Err(ApiError::malformed(
                "version",
                "give the current version (or If-Match); read the object to learn it",
            ));
        }
        Ok(found)
    }

    /// For a write that needs none.
    ///
    /// # Errors
    /// 400 where `version` and `If-Match` differ; 412 where the tag can be no version.
    pub fn optional(head: &Head, version: Option<u64>) -> Result<Self, ApiError> {
        let from_header = head.headers.contains_key(IF_MATCH);
        let tag = input::if_match(head)?;
        if let (Some(tag), Some(version)) = (tag, version)
            && tag != version
        {
            return Err(ApiError::malformed("version", "differs from If-Match"));
        }
        Ok(Self {
            version: version.or(tag),
            from_header,
        })
    }

    /// A stale version is 409, a stale `If-Match` 412.
    ///
    /// # Errors
    /// As the use case says.
    pub fn checked<T>(self, done: Result<T, Error>) -> Result<T, ApiError> {
        match done {
            done if self.from_header => by_header(done),
            done => done.map_err(ApiError::from),
        }
    }
}

/// The version of `If-Match`, where nothing else can name one.
impl Take for Precondition {
    fn describe(operation: &mut Operation) {
        operation.is_conditional = true;
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        Self::optional(call.head(), None)
    }
}

/// The precondition of a write that may create. Its version can only come from `If-Match`, so a stale
/// one is answered 412: see [`by_header`].
impl Take for Expected {
    fn describe(operation: &mut Operation) {
        operation.is_conditional = true;
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        expected(call.head())
    }
}

/// A stale version that can only have come with `If-Match` is 412.
///
/// # Errors
/// As the use case says.
pub fn by_header<T>(done: Result<T, Error>) -> Result<T, ApiError> {
    match done {
        Err(Error::VersionMismatch { .. }) => Err(ApiError::PreconditionFailed),
        other => other.map_err(ApiError::from),
    }
}

/// What a write that may create expects: the version of `If-Match`; with `*` there, that it exists;
/// with `*` in `If-None-Match`, that it does not (RFC 9110 §13.1).
///
/// # Errors
/// 412 where the tag can be no version; 400 where `If-Match` stands twice.
fn expected(head: &Head) -> Result<Expected, ApiError> {
    if let Some(version) = input::if_match(head)? {
        return Ok(Expected::Version(version));
    }
    let is_any = |value: &HeaderValue| value.as_bytes().trim_ascii() == b"*";
    let mut none_match = head.headers.get_all(IF_NONE_MATCH).iter();
    Ok(match head.headers.contains_key(IF_MATCH) {
        true => Expected::Something,
        false if none_match.any(is_any) => Expected::Nothing,
        false => Expected::Anything,
    })
}

/// A file with its tag, or 304 if the reader has it already.
#[must_use]
pub fn file(head: &Head, media_type: &'static str, body: impl Into<Bytes>, tag: &str) -> Response {
    let mut response = output::with_body(StatusCode::OK, media_type, body);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    unless_known(head, response)
}

/// The tag of a file: a hash of its content.
#[must_use]
pub fn content_tag(content: &[u8]) -> String {
    format!("\"{:016x}\"", first_64_bits(Sha256::digest(content).into()))
}

/// 304 if the reader has this version already. Only for answers whose tag changes with everything in
/// them: those of tenants and users do not (`has_children`, `personal_tenant_id`).
#[must_use]
pub fn unless_known(head: &Head, mut response: Response) -> Response {
    let is_read = [Method::GET, Method::HEAD].contains(&head.method);
    if !is_read || response.status() != StatusCode::OK {
        return response;
    }
    let Some(tag) = response.headers().get(ETAG) else {
        return response;
    };
    // Compared weakly, as the standard has it for reads (§13.1.2).
    let bare = |entry: &str| entry.trim().trim_start_matches("W/").to_owned();
    let tag = bare(tag.to_str().unwrap_or_default());
    let mut known = head.headers.get_all(IF_NONE_MATCH).iter();
    let is_known = known.any(|value| {
        let mut entries = value.to_str().unwrap_or_default().split(',').map(bare);
        entries.any(|entry| entry == "*" || entry == tag)
    });
    if !is_known {
        return response;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Bytes::new();
    response.headers_mut().remove(CONTENT_TYPE);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName};

    fn with(method: Method, headers: &[(HeaderName, &'static str)]) -> Head {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        Head::of_test(method, "/", map)
    }

    fn head(if_match: Option<&'static str>) -> Head {
        let headers: Vec<_> = if_match.into_iter().map(|tag| (IF_MATCH, tag)).collect();
        with(Method::PUT, &headers)
    }

    #[test]
    fn a_version_comes_from_the_body_or_the_header() {
        let expected =
            |tag, version| Precondition::required(&head(tag), version).map(|found| found.version);
        assert_eq!(expected(None, Some(3)), Ok(Some(3)));
        assert_eq!(expected(Some("\"3\""), None), Ok(Some(3)));
        assert_eq!(expected(Some("\"3\""), Some(3)), Ok(Some(3)));
        assert_eq!(expected(Some("*"), None), Ok(None));
        assert!(
            matches!(expected(None, None), Err(ApiError::Malformed { field, .. }) if field == "version")
        );
        assert!(expected(Some("\"3\""), Some(4)).is_err());
        assert_eq!(expected(Some("3"), None), Err(ApiError::PreconditionFailed));
    }

    #[test]
    fn stale_is_409_by_version_and_412_by_header() {
        let stale: Result<(), Error> = Err(Error::VersionMismatch {
            given: 1,
            current: 2,
        });
        let by_version = Precondition::required(&head(None), Some(1)).unwrap();
        assert_eq!(by_version.checked(stale.clone()).unwrap_err().status(), 409);
        let by_header = Precondition::required(&head(Some("\"1\"")), None).unwrap();
        assert_eq!(by_header.checked(stale).unwrap_err().status(), 412);
    }

    #[test]
    fn if_match_stands_once() {
        let twice = with(Method::PUT, &[(IF_MATCH, "\"1\""), (IF_MATCH, "\"2\"")]);
        let refused = Precondition::optional(&twice, None).unwrap_err();
        assert_eq!(refused.status(), 400);
    }

    #[test]
    fn a_reader_who_has_it_gets_304() {
        let answer = |method, tags: &[&'static str]| {
            let headers: Vec<_> = tags.iter().map(|tag| (IF_NONE_MATCH, *tag)).collect();
            let response = output::versioned(output::ok(&[1]), 3);
            unless_known(&with(method, &headers), response)
        };
        for known in [
            &["\"3\""][..],
            &["W/\"3\""],
            &["*"],
            &["\"1\", \"3\""],
            &["\"1\"", "\"3\""],
        ] {
            let response = answer(Method::GET, known);
            assert_eq!(
                (response.status().as_u16(), response.body().len()),
                (304, 0),
                "{known:?}"
            );
            assert_eq!(response.headers()[ETAG], "\"3\"");
            assert!(!response.headers().contains_key(CONTENT_TYPE));
        }
        for other in [&[][..], &["\"4\""], &["3"], &["\"33\""]] {
            assert_eq!(answer(Method::GET, other).status(), 200, "{other:?}");
        }
        assert_eq!(answer(Method::PUT, &["\"3\""]).status(), 200);
    }
}
