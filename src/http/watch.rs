//! The state of a connection that its watchdog checks: what it is doing, and until when it may.
//!
//! hyper's own header timer costs 3 % of the redirect path (a timer set for each request), counts
//! idle keep-alive time as header time, and does not see slow readers. Here reads and writes only
//! note when a phase began; one timer for each connection checks that now and then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use super::limits::Limits;
use super::stats::Cause;

/// What the watchdog must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing is overdue; look again at this moment at the latest.
    Wait(Instant),
    /// Idle for long enough: close between two requests.
    CloseIdle,
    /// Overdue: cut the connection.
    Cut(Option<Cause>),
}

/// Nothing of a (next) request has been read.
const IDLE: u8 = 0;
/// Some of a head has been read.
const HEAD: u8 = 1;
/// The request is with the service.
const EXCHANGE: u8 = 2;
/// The response is on its way.
const WRITING: u8 = 3;
/// Everything was sent, the write side is closed, and the peer is given time to read it.
const LINGERING: u8 = 4;

/// The state of an HTTP/1 connection.
///
/// Atomics only so that the connection's task may move between threads; nothing else looks at
/// them, so no ordering between them is needed, and each costs as little as a plain field.
#[derive(Debug)]
pub(super) struct H1Watch {
    accepted: Instant,
    phase: AtomicU8,
    /// When the phase (or its last extension) began, in microseconds after `accepted`.
    since_us: AtomicU64,
    /// Bytes of the response taken since then.
    taken: AtomicUsize,
    /// A request has been read: the connection is past its first head.
    served: AtomicBool,
    linger: AtomicBool,
    closing: AtomicBool,
    draining: AtomicBool,
    drain_from_us: AtomicU64,
    /// Pieces of the response are still to be handed to hyper.
    unsent: AtomicBool,
    /// Everything handed to hyper has left.
    flushed: AtomicBool,
    /// Wakes the body when that happens.
    room: AtomicWaker,
}

impl H1Watch {
    pub(super) fn new(accepted: Instant) -> Self {
        Self {
            accepted,
            phase: AtomicU8::new(IDLE),
            since_us: AtomicU64::new(0),
            taken: AtomicUsize::new(0),
            served: AtomicBool::new(false),
            linger: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            drain_from_us: AtomicU64::new(0),
            unsent: AtomicBool::new(false),
            flushed: AtomicBool::new(false),
            room: AtomicWaker::new(),
        }
    }

    fn begin(&self, phase: u8) {
        self.phase.store(phase, Relaxed);
        self.since_us.store(self.us(Instant::now()), Relaxed);
    }

    fn us(&self, at: Instant) -> u64 {
        let passed = at.saturating_duration_since(self.accepted);
        u64::try_from(passed.as_micros()).unwrap_or(u64::MAX)
    }

    fn at(&self, us: &AtomicU64) -> Instant {
        self.accepted + Duration::from_micros(us.load(Relaxed))
    }

    /// Bytes arrived.
    pub(super) fn on_read(&self) {
        if self.phase.load(Relaxed) != IDLE {
            return;
        }
        // On a new connection the time runs from the accept: connecting and then sending nothing
        // is as slow as sending slowly.
        if self.served.load(Relaxed) {
            self.begin(HEAD);
        } else {
            self.phase.store(HEAD, Relaxed);
        }
    }

    /// A head was complete; the request goes to the service.
    pub(super) fn on_request(&self) {
        self.phase.store(EXCHANGE, Relaxed);
        self.served.store(true, Relaxed);
    }

    /// The service answered. With `linger` some of the request was left unread.
    pub(super) fn on_response(&self, linger: bool) {
        self.begin(WRITING);
        self.taken.store(0, Relaxed);
        if linger {
            self.linger.store(true, Relaxed);
        }
    }

    /// The peer (or the kernel for it) took some of the response.
    pub(super) fn on_write(&self, bytes: usize) {
        self.taken.fetch_add(bytes, Relaxed);
    }

    /// Everything written so far has left.
    pub(super) fn on_flushed(&self) {
        if self.phase.load(Relaxed) != WRITING {
            return;
        }
        if self.unsent.load(Relaxed) {
            self.flushed.store(true, Relaxed);
            self.room.wake();
        } else {
            self.begin(IDLE);
        }
    }

    /// The response goes in pieces.
    pub(super) fn begin_pieces(&self) {
        self.unsent.store(true, Relaxed);
        self.flushed.store(true, Relaxed);
    }

    /// Ready when hyper may have the next piece: the one before has left.
    pub(super) fn poll_piece(&self, cx: &mut Context<'_>, is_last: bool) -> Poll<()> {
        if !self.flushed.swap(false, Relaxed) {
            self.room.register(cx.waker());
            return Poll::Pending;
        }
        self.unsent.store(!is_last, Relaxed);
        Poll::Ready(())
    }

    /// The write side is closed. Says whether to wait for the peer to close as well.
    pub(super) fn on_shutdown(&self) -> bool {
        // A head that never reached the service was answered by the parser (400, 431), and more
        // of it may be on its way.
        let linger = self.linger.load(Relaxed) || self.phase.load(Relaxed) == HEAD;
        self.begin(LINGERING);
        linger
    }

    /// Whether the write side is closed.
    pub(super) fn is_shut(&self) -> bool {
        self.phase.load(Relaxed) == LINGERING
    }

    /// Whether a read that would have to wait is the end of the connection: it was told to close
    /// when idle, and it is idle.
    pub(super) fn ends_when_idle(&self) -> bool {
        self.closing.load(Relaxed) && self.phase.load(Relaxed) == IDLE
    }

    pub(super) fn close_when_idle(&self) {
        self.closing.store(true, Relaxed);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    pub(super) fn drain(&self, now: Instant) {
        if !self.draining.swap(true, Relaxed) {
            self.drain_from_us.store(self.us(now), Relaxed);
        }
    }

    pub(super) fn look(&self, now: Instant, limits: &Limits) -> Action {
        let phase = self.phase.load(Relaxed);
        let mut since = self.at(&self.since_us);
        let (allowed, overdue) = match phase {
            IDLE if self.served.load(Relaxed) => (limits.keep_alive_idle, Action::CloseIdle),
            IDLE | HEAD => (
                limits.header_timeout,
                Action::Cut(Some(Cause::HeaderTimeout)),
            ),
            WRITING => {
                let due = since + limits.write_timeout;
                let need = limits.progress_bytes(limits.write_timeout);
                if now >= due && self.taken.load(Relaxed) >= need {
                    self.taken.store(0, Relaxed);
                    self.since_us.store(self.us(now), Relaxed);
                    since = now;
                }
                (limits.write_timeout, Action::Cut(Some(Cause::WriteTimeout)))
            }
            LINGERING => (limits.linger, Action::Cut(None)),
            _ => return wait(now, limits, None),
        };
        let due = since + allowed;
        if phase == IDLE && self.is_draining() {
            let drained = self.at(&self.drain_from_us) + limits.drain_idle;
            if now >= drained {
                return Action::CloseIdle;
            }
            return wait(now, limits, Some(due.min(drained)));
        }
        if now >= due {
            return overdue;
        }
        wait(now, limits, Some(due))
    }
}

fn wait(now: Instant, limits: &Limits, due: Option<Instant>) -> Action {
    let period = now + limits.watch_period();
    Action::Wait(due.map_or(period, |due| due.min(period)))
}

/// The state of an HTTP/2 connection. hyper and its pings detect peers that are gone; this detects
/// those that are there and do nothing.
#[derive(Debug)]
pub(super) struct H2Watch {
    inner: Mutex<H2Inner>,
}

#[derive(Debug)]
struct H2Inner {
    /// Streams with the service or with a response not yet taken.
    streams: usize,
    idle_since: Instant,
    served: bool,
    leaving: Option<Instant>,
    next_body: u64,
    /// Response bodies handed to hyper: since when, and how many bytes were taken.
    bodies: BTreeMap<u64, (Instant, usize)>,
}

impl H2Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            inner: Mutex::new(H2Inner {
                streams: 0,
                idle_since: now,
                served: false,
                leaving: None,
                next_body: 0,
                bodies: BTreeMap::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, H2Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open_stream(&self) {
        let mut inner = self.lock();
        inner.streams = inner.streams.saturating_add(1);
        inner.served = true;
    }

    pub(super) fn close_stream(&self) {
        let mut inner = self.lock();
        inner.streams = inner.streams.saturating_sub(1);
        if inner.streams == 0 {
            inner.idle_since = Instant::now();
        }
    }

    /// A response body is waiting to be taken; answers its number.
    pub(super) fn open_body(&self) -> u64 {
        let mut inner = self.lock();
        let number = inner.next_body;
        inner.next_body = number.wrapping_add(1);
        inner.bodies.insert(number, (Instant::now(), 0));
        number
    }

    /// The peer has room for `bytes` more of that body.
    pub(super) fn on_write(&self, number: u64, bytes: usize) {
        if let Some((_, taken)) = self.lock().bodies.get_mut(&number) {
            *taken = taken.saturating_add(bytes);
        }
    }

    pub(super) fn close_body(&self, number: u64) {
        self.lock().bodies.remove(&number);
    }

    /// GOAWAY was sent: no further streams come, and an idle peer has `linger` to close.
    pub(super) fn leave(&self, now: Instant) {
        self.lock().leaving.get_or_insert(now);
    }

    pub(super) fn look(&self, now: Instant, limits: &Limits) -> Action {
        let mut inner = self.lock();
        let need = limits.progress_bytes(limits.write_timeout);
        let mut first_due = None;
        for (since, taken) in inner.bodies.values_mut() {
            if now >= *since + limits.write_timeout {
                if *taken < need {
                    return Action::Cut(Some(Cause::WriteTimeout));
                }
                (*since, *taken) = (now, 0);
            }
            let due = *since + limits.write_timeout;
            first_due = Some(first_due.map_or(due, |first: Instant| first.min(due)));
        }
        if first_due.is_some() {
            return wait(now, limits, first_due);
        }
        if inner.streams > 0 {
            return wait(now, limits, None);
        }
        if let Some(left) = inner.leaving {
            let due = left.max(inner.idle_since) + limits.linger;
            if now >= due {
                return Action::Cut(None);
            }
            return wait(now, limits, Some(due));
        }
        let (allowed, overdue) = if inner.served {
            (limits.keep_alive_idle, Action::CloseIdle)
        } else {
            (
                limits.header_timeout,
                Action::Cut(Some(Cause::HeaderTimeout)),
            )
        };
        let due = inner.idle_since + allowed;
        if now >= due {
            return overdue;
        }
        wait(now, limits, Some(due))
    }
}

#[cfg(test)]
mod tests;
