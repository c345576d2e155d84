//! A request and a response inside the service: whole, bounded, and free of I/O.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version};

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
    /// Where it goes, once that was looked up.
    pub target: Target,
}

/// 16 hexadecimal digits that name a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The name of this number.
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

/// An answer that needed no waiting.
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

/// Why the server could not hand over a request: its head is too large to be looked at, or its body
/// could not be read although `admit` had let it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The URL is longer than this many bytes: 414.
    UrlTooLong {
        /// The limit.
        limit: usize,
    },
    /// Too many headers, or too many bytes of them: 431. Only what the HTTP parser still takes comes
    /// here. Beyond that hyper answers by itself, without a body or a request id: it does so before
    /// there is a request, and has no hook for it.
    HeadersTooLarge,
    /// The body is longer than the limit (in bytes) for its route: 413.
    BodyTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body did not arrive within the body timeout: 408.
    BodyTimeout,
    /// Broken framing of the body, or the peer went away: 400.
    BodyBroken,
    /// The service panicked over this request, and has logged where: 500.
    Panicked,
}

/// What the HTTP server serves. The server knows connections and framing; the service knows
/// routes, dialects and their error envelopes.
pub trait Service: Send + Sync + 'static {
    /// Answers a request without a body whose answer is in memory already: no waiting, no I/O,
    /// some microseconds at most. Asked before everything else; `None` leaves it to the others.
    fn try_cached(&self, head: &Head) -> Option<CachedAnswer> {
        let _ = head;
        None
    }

    /// Looks at the head, the token in it included, and says whether the body is read; what it
    /// answers otherwise is the answer.
    ///
    /// # Errors
    /// The answer for a request that is refused before its body is read.
    fn admit(&self, head: &Head) -> impl Future<Output = Result<Admitted, Box<Response>>> + Send;

    /// The answer to a request that cannot be handed over, in the envelope of the route's dialect.
    fn refuse(&self, head: &Head, problem: Problem) -> Response;

    /// Where a path leads. Asked once, after [`Self::try_cached`].
    fn resolve(&self, path: &str) -> Target;

    /// Answers a complete request. HEAD bodies are cut by the server.
    fn call(&self, request: Request) -> impl Future<Output = Response> + Send;
}
