//! A request and a response inside the service: whole, bounded, and free of I/O.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version};

use super::error::ApiError;
use super::router::Target;
use crate::domain::time::Timestamp;
use crate::usecases::access::Caller;

/// A response whose body is complete.
pub type Response = http::Response<Bytes>;

/// Everything of a request but its body; what `admit` decides on.
#[derive(Debug, Clone)]
pub struct Head {
    /// GET, HEAD, PUT, …
    pub method: Method,
    /// Path and query as sent.
    pub uri: Uri,
    /// HTTP/1.0, 1.1 or 2.
    pub version: Version,
    /// As sent, without connection-level framing.
    pub headers: HeaderMap,
    /// The address of the client: of the peer, or as a trusted proxy says.
    pub client_address: IpAddr,
    /// When the head had been read.
    pub received_at: Timestamp,
    /// Names this request in the log line and in `application/problem+json` answers.
    pub request_id: RequestId,
    /// Its endpoint, once that was looked up.
    pub target: Target,
}

/// 16 hexadecimal digits that identify a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The id with these bits.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "16 digits stand for 8 bytes, and a half byte is below 16"
    )]
    pub fn from_bits(bits: u64) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let bytes = bits.to_be_bytes();
        let digit = |at: usize| {
            let byte = bytes[at / 2];
            let half = if at.is_multiple_of(2) {
                byte >> 4
            } else {
                byte & 15
            };
            DIGITS[usize::from(half)]
        };
        Self(std::array::from_fn(digit))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An answer from the cache.
#[derive(Debug)]
pub struct CachedAnswer {
    /// The answer.
    pub response: Response,
    /// The pattern of its path, for the log.
    pub route: &'static str,
}

/// A complete request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Everything but the body.
    pub head: Arc<Head>,
    /// The body, within the limit that `admit` gave.
    pub body: Bytes,
    /// The caller that `admit` found.
    pub caller: Option<Caller>,
}

/// A request whose body may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// How many bytes it may have.
    pub body_limit: usize,
    /// Whose token it brought; `None` where none is needed.
    pub caller: Option<Caller>,
}

/// What the HTTP server serves. The server knows connections and framing; the service knows
/// routes, dialects and their error envelopes.
pub trait Service: Send + Sync + 'static {
    /// Answers a request without a body from the cache: no waiting, no I/O, some microseconds at most.
    /// Called first; on `None` the server goes on with [`Self::admit`].
    fn try_cached(&self, head: &Head) -> Option<CachedAnswer> {
        let _ = head;
        None
    }

    /// Decides by the head, the token in it included, whether the body is read.
    ///
    /// # Errors
    /// The answer for a request that is refused before its body is read.
    fn admit(&self, head: &Head) -> impl Future<Output = Result<Admitted, Box<Response>>> + Send;

    /// The answer to a request that the server cannot hand over: its head is too large, its body
    /// could not be read, or the service panicked over it. In the envelope of the route's dialect.
    fn refuse(&self, head: &Head, error: &ApiError) -> Response;

    /// The endpoint of a path. Called once, after [`Self::try_cached`].
    fn resolve(&self, path: &str) -> Target;

    /// Answers a complete request. HEAD bodies are cut by the server.
    fn call(&self, request: Request) -> impl Future<Output = Response> + Send;
}

#[cfg(test)]
impl Head {
    /// A request from this machine, as unit tests need one.
    pub(crate) fn of_test(method: Method, uri: &str, headers: HeaderMap) -> Self {
        Self {
            method,
            uri: uri.parse().unwrap(),
            version: Version::HTTP_11,
            headers,
            client_address: [127, 0, 0, 1].into(),
            received_at: Timestamp::default(),
            request_id: RequestId::from_bits(1),
            target: Target::default(),
        }
    }
}
