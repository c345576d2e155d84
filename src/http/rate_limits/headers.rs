//! The headers that tell a caller of limits: `RateLimit`, `RateLimit-Policy` and `Retry-After`
//! (draft-ietf-httpapi-ratelimit-headers).

use std::fmt::Write as _;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Level;
use super::bucket::{Decision, Rate};
use crate::telemetry::metrics::{Label as _, RateLimit};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Bytes that most headers have: all three limits fit in.
const ROOM: usize = 96;

/// What `RateLimit-Policy` says of a limit.
pub(super) fn policy(label: RateLimit, rate: Rate) -> String {
    let (name, burst, window_s) = (label.text(), rate.burst(), rate.window_s());
    format!("\"{name}\";q={burst};w={window_s}")
}

/// A request beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// Which limit.
    pub limit: RateLimit,
    /// When the next request may be served, in seconds.
    pub retry_after_s: u64,
    pub(super) rate: Rate,
}

impl RateLimited {
    /// What the caller is told.
    #[must_use]
    pub fn message(&self) -> String {
        let whose = match self.limit {
            RateLimit::Address | RateLimit::Redirect => "from this address",
            RateLimit::Client => "of this client",
            RateLimit::Tenant => "of the clients of this tenant",
        };
        format!(
            "too many requests {whose}; try again in {} s",
            self.retry_after_s
        )
    }

    /// `Retry-After`, `RateLimit` and `RateLimit-Policy`.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut standing = Standing::default();
        let policy = policy(self.limit, self.rate);
        standing.add_numbers(self.limit, &policy, (0, self.retry_after_s));
        let mut headers = HeaderMap::new();
        standing.show(&mut headers);
        headers.insert(RETRY_AFTER, self.retry_after_s.into());
        headers
    }
}

/// How a caller stands with the limits that apply to a request, as its answer says it.
#[derive(Debug, Default)]
pub struct Standing {
    limit: String,
    policy: String,
}

impl Standing {
    pub(super) fn add(&mut self, level: &Level, decision: Decision) {
        let numbers = (decision.remaining, decision.in_s);
        self.add_numbers(level.label, &level.policy, numbers);
    }

    fn add_numbers(&mut self, label: RateLimit, policy: &str, (remaining, in_s): (u64, u64)) {
        for text in [&mut self.limit, &mut self.policy] {
            if text.capacity() == 0 {
                text.reserve(ROOM);
            }
            text.push_str(if text.is_empty() { "" } else { ", " });
        }
        // Writing to a string cannot fail.
        let _ = write!(self.limit, "\"{}\";r={remaining};t={in_s}", label.text());
        self.policy.push_str(policy);
    }

    /// Adds `RateLimit` and `RateLimit-Policy`, where a limit applies.
    pub fn show(&self, headers: &mut HeaderMap) {
        for (name, text) in [(LIMIT, &self.limit), (POLICY, &self.policy)] {
            if let Some(value) = HeaderValue::from_str(text).ok().filter(|v| !v.is_empty()) {
                headers.insert(name, value);
            }
        }
    }
}
