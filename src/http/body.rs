//! Reads the body of a request within the limits of its size, its time and its holder's share.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;

use super::budget::{Busy, Grant};
use super::error::ApiError;
use super::limits::Limits;
use super::stats::Cause;

/// Why a request was not handed over.
pub(super) enum Unread {
    Refused(Cause, ApiError),
    Busy(Busy),
}

impl From<Busy> for Unread {
    fn from(busy: Busy) -> Self {
        Self::Busy(busy)
    }
}

/// Reads a body of at most `limit` bytes. What it announces is reserved in the holder's share
/// before any of it is read; what has arrived counts in the whole.
pub(super) async fn read(
    limits: &Limits,
    mut body: Incoming,
    limit: usize,
    mut grant: Grant,
) -> Result<Bytes, Unread> {
    let too_large = || Unread::Refused(Cause::BodyTooLarge, ApiError::TooLarge(limit));
    let share = limits.share(limits.body_memory_bytes, grant.holder());
    // One body always fits.
    let share = share.max(limit);
    let announced = match body.size_hint().exact().map(usize::try_from) {
        None => None,
        Some(Ok(length)) if length <= limit => Some(length),
        Some(_) => return Err(too_large()),
    };
    grant.reserve(announced.unwrap_or_default(), share)?;
    let mut pace = Pace::begin(limits);
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut received = 0_usize;
    loop {
        let frame = match tokio::time::timeout_at(pace.deadline, body.frame()).await {
            Err(_) if pace.is_kept() => continue,
            Err(_) => return Err(Unread::Refused(Cause::BodyTimeout, ApiError::Timeout)),
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                let error = ApiError::malformed("body", "broke off");
                return Err(Unread::Refused(Cause::BodyBroken, error));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers carry nothing this service reads.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received = received.saturating_add(data.len());
        pace.moved = pace.moved.saturating_add(data.len());
        if received > limit {
            return Err(too_large());
        }
        if announced.is_none() {
            grant.reserve(data.len(), share)?;
        }
        grant.take(data.len(), limits.body_memory_bytes)?;
        // Most bodies arrive in one piece and need not be copied.
        if received == data.len() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
    }
    let data = if whole.is_empty() {
        first
    } else {
        whole.freeze()
    };
    Ok(grant.attach(data))
}

/// Until when the next bytes must come. A body that keeps the least rate gets more time.
struct Pace<'a> {
    limits: &'a Limits,
    deadline: Instant,
    moved: usize,
}

impl<'a> Pace<'a> {
    fn begin(limits: &'a Limits) -> Self {
        Self {
            limits,
            deadline: Instant::now() + limits.body_timeout,
            moved: 0,
        }
    }

    /// Whether enough arrived by the deadline; then there is a new one.
    fn is_kept(&mut self) -> bool {
        let limits = self.limits;
        if self.moved < limits.progress_bytes(limits.body_timeout) {
            return false;
        }
        *self = Self::begin(limits);
        true
    }
}
