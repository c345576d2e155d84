//! The counters of an HTTP server, as plain atomics that telemetry reads.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::budget::Budget;

/// Why the server itself, and not the service behind it, refused or cut something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server had its most connections, or the peer its share.
    ConnectionLimit,
    /// TLS handshake failed or took too long.
    Handshake,
    /// A request head did not arrive in time.
    HeaderTimeout,
    /// A peer did not take its response in time.
    WriteTimeout,
    /// 414.
    UrlTooLong,
    /// 431.
    HeadersTooLarge,
    /// 400: framing, Host, request target.
    BadRequest,
    /// 417: an `Expect` other than `100-continue`.
    Expectation,
    /// 501: CONNECT.
    Connect,
    /// 413.
    BodyTooLarge,
    /// 408.
    BodyTimeout,
    /// 400: the body broke off or was framed wrongly.
    BodyBroken,
    /// 503: too many requests, or bytes of bodies or answers, at one time.
    Overloaded,
    /// 503: one address or one client had its share of them. The last one: [`Stats`] counts up to it.
    Share,
}

/// The counters that every request writes to, one set for each listener, so that two cores do not
/// contend for the same cache line.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) requests: AtomicU64,
    pub(super) next_id: AtomicU64,
    /// Requests that wait for their answer.
    pub(super) unanswered: AtomicUsize,
}

/// The counters of one server. All but the two gauges only ever grow.
#[derive(Debug, Default)]
pub struct Stats {
    pub(super) connections: Arc<Budget>,
    lanes: Mutex<Vec<Arc<Lane>>>,
    pub(super) requests: Arc<Budget>,
    pub(super) bodies: Arc<Budget>,
    pub(super) answers: Arc<Budget>,
    refused: [AtomicU64; Cause::Share as usize + 1],
}

impl Stats {
    /// Connections open now.
    #[must_use]
    pub fn connections_open(&self) -> usize {
        self.connections.used()
    }

    /// Requests whose head was read since the start.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.iter().map(|lane| lane.requests.load(Relaxed)).sum()
    }

    /// The counters of one more listener.
    pub(super) fn lane(&self, first_id: u64) -> Arc<Lane> {
        let lane = Arc::new(Lane {
            requests: AtomicU64::new(0),
            next_id: AtomicU64::new(first_id),
            unanswered: AtomicUsize::new(0),
        });
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.push(Arc::clone(&lane));
        lane
    }

    /// Requests being answered now.
    #[must_use]
    pub fn requests_in_flight(&self) -> usize {
        self.requests.used()
    }

    /// Bytes of request bodies held now.
    #[must_use]
    pub fn body_bytes(&self) -> usize {
        self.bodies.used()
    }

    /// Bytes of answers that wait for their peers now; those that nobody else holds.
    #[must_use]
    pub fn answer_bytes(&self) -> usize {
        self.answers.used()
    }

    /// How often something was refused or cut for `cause`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "one counter for each cause")]
    pub fn refused(&self, cause: Cause) -> u64 {
        self.refused[cause as usize].load(Relaxed)
    }

    #[expect(clippy::indexing_slicing, reason = "one counter for each cause")]
    pub(super) fn count(&self, cause: impl Into<Option<Cause>>) {
        if let Some(cause) = cause.into() {
            self.refused[cause as usize].fetch_add(1, Relaxed);
        }
    }
}
