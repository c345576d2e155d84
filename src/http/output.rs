//! Builds responses.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::message::Response;
use crate::domain::time::Timestamp;

/// A response with a body of this media type.
#[must_use]
pub fn with_body(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(HeaderName::from_static("x-content-type-options"), NOSNIFF);
    response
}

/// The value of `X-Content-Type-Options`.
pub(super) const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// A compact JSON response; what an API answers is for its caller alone, so it is not stored.
#[must_use]
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    json_as(status, "application/json", value)
}

/// The compact JSON of a wire form.
#[must_use]
pub fn json_bytes<T: Serialize>(value: &T) -> Bytes {
    // Wire forms are plain structs, whose serialization cannot fail.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// As [`json`], with another media type.
#[must_use]
pub fn json_as<T: Serialize>(status: StatusCode, media_type: &'static str, value: &T) -> Response {
    kept(with_body(status, media_type, json_bytes(value)), "no-store")
}

/// Says with `Cache-Control` who may keep a response, and for how long.
#[must_use]
pub fn kept(mut response: Response, how: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(how));
    response
}

/// 200 with JSON.
#[must_use]
pub fn ok<T: Serialize>(value: &T) -> Response {
    json(StatusCode::OK, value)
}

/// 204.
#[must_use]
pub fn no_content() -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Adds `ETag: "version"`.
#[must_use]
pub fn versioned(mut response: Response, version: u64) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// Adds headers; those that the response has already are replaced.
#[must_use]
pub fn with_headers(mut response: Response, headers: HeaderMap) -> Response {
    response.headers_mut().extend(headers);
    response
}

/// RFC 3339 in UTC with `+00:00`, as rule `user-object` has it: `2019-07-25T07:11:02.807354+00:00`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    DateTime::from_timestamp_micros(at.micros())
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// Reads RFC 3339 in any offset.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(Timestamp::from_micros(time.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_look_as_in_the_seed() {
        let text = "2019-07-25T07:11:02.807354+00:00";
        assert_eq!(time(parse_time(text).unwrap()), text);
        let offset = parse_time("2019-07-25T09:11:02.807354+02:00").unwrap();
        assert_eq!(time(offset), text);
        assert_eq!(parse_time("2019-07-25"), None);
    }
}
