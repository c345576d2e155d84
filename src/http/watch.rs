//! What a connection is doing, and until when it may: the state its watchdog looks at.
//!
//! hyper's own header timer costs 3 % of the redirect path (a timer set for each request), counts
//! idle keep-alive time as header time, and knows nothing of slow readers. Here reads and writes
//! only note when a phase began; one timer for each connection looks at that now and then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::limits::Limits;
use super::stats::Cause;

/// What the watchdog is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing is overdue; look again at this moment at the latest.
    Wait(Instant),
    /// Idle for long enough: close between two requests.
    CloseIdle,
    /// Overdue: cut the connection.
    Cut(Option<Cause>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of a (next) request has been read.
    Idle,
    /// Some of a head has been read.
    Head,
    /// The request is with the service.
    Exchange,
    /// The response is on its way; so many bytes of it were taken since the phase
    /// (or its last extension) began.
    Writing(usize),
    /// Everything was sent, the write side is closed, and the peer is given time to read it.
    Lingering,
}

/// The state of an HTTP/1 connection.
#[derive(Debug)]
pub(super) struct H1Watch {
    inner: Mutex<H1Inner>,
    draining: AtomicBool,
}

#[derive(Debug)]
struct H1Inner {
    phase: Phase,
    since: Instant,
    served: bool,
    linger: bool,
    closing: bool,
    drain_from: Option<Instant>,
}

impl H1Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            inner: Mutex::new(H1Inner {
                phase: Phase::Idle,
                since: now,
                served: false,
                linger: false,
                closing: false,
                drain_from: None,
            }),
            draining: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, H1Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes arrived.
    pub(super) fn on_read(&self) {
        let mut inner = self.lock();
        if inner.phase == Phase::Idle {
            let served = inner.served;
            inner.phase = Phase::Head;
            // On a new connection the time runs from the accept: connecting and then sending
            // nothing is as slow as sending slowly.
            if served {
                inner.since = Instant::now();
            }
        }
    }

    /// A head was complete; the request goes to the service.
    pub(super) fn on_request(&self) {
        let mut inner = self.lock();
        inner.phase = Phase::Exchange;
        inner.served = true;
    }

    /// The service answered. With `linger` some of the request was left unread.
    pub(super) fn on_response(&self, linger: bool) {
        let mut inner = self.lock();
        inner.phase = Phase::Writing(0);
        inner.since = Instant::now();
        inner.linger |= linger;
    }

    /// The peer (or the kernel for it) took some of the response.
    pub(super) fn on_write(&self, bytes: usize) {
        if let Phase::Writing(taken) = &mut self.lock().phase {
            *taken = taken.saturating_add(bytes);
        }
    }

    /// Everything written so far has left.
    pub(super) fn on_flushed(&self) {
        let mut inner = self.lock();
        if matches!(inner.phase, Phase::Writing(_)) {
            inner.phase = Phase::Idle;
            inner.since = Instant::now();
        }
    }

    /// The write side is closed. Says whether to wait for the peer to close as well.
    pub(super) fn on_shutdown(&self) -> bool {
        let mut inner = self.lock();
        // A head that never reached the service was answered by the parser (400, 431), and more
        // of it may be on its way.
        let linger = inner.linger || inner.phase == Phase::Head;
        inner.phase = Phase::Lingering;
        inner.since = Instant::now();
        linger
    }

    /// Whether the write side is closed.
    pub(super) fn is_shut(&self) -> bool {
        self.lock().phase == Phase::Lingering
    }

    /// Whether a read that would have to wait is the end of the connection: it was told to close
    /// when idle, and it is idle.
    pub(super) fn ends_when_idle(&self) -> bool {
        let inner = self.lock();
        inner.closing && inner.phase == Phase::Idle
    }

    pub(super) fn close_when_idle(&self) {
        self.lock().closing = true;
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    pub(super) fn drain(&self, now: Instant) {
        self.draining.store(true, Relaxed);
        self.lock().drain_from.get_or_insert(now);
    }

    pub(super) fn look(&self, now: Instant, limits: &Limits) -> Action {
        let mut inner = self.lock();
        let (allowed, overdue) = match inner.phase {
            Phase::Idle if inner.served => (limits.keep_alive_idle, Action::CloseIdle),
            Phase::Idle | Phase::Head => (
                limits.header_timeout,
                Action::Cut(Some(Cause::HeaderTimeout)),
            ),
            Phase::Exchange => return wait(now, limits, None),
            Phase::Writing(taken) => {
                let due = inner.since + limits.write_timeout;
                if now >= due && taken >= limits.progress_bytes(limits.write_timeout) {
                    inner.phase = Phase::Writing(0);
                    inner.since = now;
                }
                (limits.write_timeout, Action::Cut(Some(Cause::WriteTimeout)))
            }
            Phase::Lingering => (limits.linger, Action::Cut(None)),
        };
        let due = inner.since + allowed;
        if let (Phase::Idle, Some(from)) = (inner.phase, inner.drain_from) {
            let drained = from + limits.drain_idle;
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

/// The state of an HTTP/2 connection. hyper and its pings see to peers that are gone; this sees to
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
