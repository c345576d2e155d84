//! CORS: which web origins may call the native API from a browser (Fetch standard). Each is listed
//! by name: no wildcard, and no cookies, since the bearer token authenticates a caller.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderValue, Method};

use super::message::{Head, Response};
use super::output;

/// The paths that the widget calls; browsers may call no others.
const FOR_BROWSERS: &str = "/api/upsell/v1/users/";

/// The origins that may.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    origins: Arc<[String]>,
}

impl Cors {
    /// These origins: scheme, host and port, as browsers send them.
    #[must_use]
    pub fn new(origins: Vec<String>) -> Self {
        Self {
            origins: origins.into(),
        }
    }

    fn allowed<'h>(&self, head: &'h Head) -> Option<&'h HeaderValue> {
        if !head.uri.path().starts_with(FOR_BROWSERS) {
            return None;
        }
        let origin = head.headers.get(ORIGIN)?;
        let is_listed = self.origins.iter().any(|known| origin == known.as_str());
        is_listed.then_some(origin)
    }

    /// The answer to a preflight from a listed origin.
    #[must_use]
    pub fn preflight(&self, head: &Head) -> Option<Response> {
        let asks = head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if head.method != Method::OPTIONS || !asks {
            return None;
        }
        self.allowed(head)?;
        let mut response = output::no_content();
        let headers = response.headers_mut();
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
            (
                ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, idempotency-key, if-match",
            ),
            (ACCESS_CONTROL_MAX_AGE, "7200"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Some(self.dress(head, response))
    }

    /// Lets a listed origin read `response`, even an error.
    #[must_use]
    pub fn dress(&self, head: &Head, mut response: Response) -> Response {
        if !head.uri.path().starts_with(FOR_BROWSERS) {
            return response;
        }
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.allowed(head) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let exposed = "etag, idempotency-replayed, ratelimit, ratelimit-policy, retry-after";
            let exposed = HeaderValue::from_static(exposed);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        response
    }
}
