//! Pool of idle connections, and the limits on open ones.
//!
//! Safe against dropped futures by construction: the future that uses a connection owns it; the
//! pool holds only connections that are between two mails.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::remembered::Remembered;
use super::session::Session;
use super::target::Target;

/// An open connection and since when it waits.
struct Idle {
    session: Session,
    since: Instant,
}

/// One target. Present only while somebody uses it or a connection waits, so that the memory
/// follows the work and not the number of targets ever seen.
struct Host {
    slots: Arc<Semaphore>,
    /// Oldest first; the youngest is taken first, so that the others can grow old and be closed.
    idle: Vec<Idle>,
    users: usize,
}

/// How long a server that offers PIPELINING and cannot do it is spared it.
const PLAIN_FOR: Duration = Duration::from_secs(3600);

/// How long a server that nobody has tried since is remembered as one that stalls.
const STALLING_FOR: Duration = Duration::from_secs(2 * 3600);

/// All targets in use.
pub(super) struct Pool {
    hosts: Mutex<HashMap<Target, Host>>,
    /// Servers that offer PIPELINING and cannot do it: they get one command at a time.
    pub(super) plain: Remembered,
    /// Servers that came to no answer in time. Each has one connection until it takes a mail, so
    /// that it holds up one and no ten; then all at once again.
    pub(super) stalling: Remembered,
    connections: Arc<Semaphore>,
    slots_per_host: usize,
    idle_time: Duration,
}

impl Pool {
    pub(super) fn new(slots_per_host: usize, total: usize, idle_time: Duration) -> Self {
        Self {
            hosts: Mutex::default(),
            plain: Remembered::new(PLAIN_FOR),
            stalling: Remembered::new(STALLING_FOR),
            connections: Arc::new(Semaphore::new(total.min(Semaphore::MAX_PERMITS))),
            slots_per_host: slots_per_host.min(Semaphore::MAX_PERMITS),
            idle_time,
        }
    }

    /// How many more connections the server may have than it has; below 0: it has too many.
    pub(super) fn room(&self, visit: &Visit) -> isize {
        let usual = self.slots_per_host;
        let stalls = self.stalling.has(&visit.target);
        let allowed = if stalls { 1 } else { usual };
        let used = usual.saturating_sub(visit.slots.available_permits());
        allowed.cast_signed() - used.cast_signed()
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<Target, Host>> {
        // Nothing panics while the lock is held; if it did, the map would still be whole.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a user of `target`, who may then ask for a slot.
    pub(super) fn enter(self: &Arc<Self>, target: &Target) -> Visit {
        let mut hosts = self.hosts();
        let host = hosts.entry(target.clone()).or_insert_with(|| Host {
            slots: Arc::new(Semaphore::new(self.slots_per_host)),
            idle: Vec::new(),
            users: 0,
        });
        host.users += 1;
        let slots = Arc::clone(&host.slots);
        drop(hosts);
        Visit {
            pool: Arc::clone(self),
            target: target.clone(),
            slots,
        }
    }

    /// The right to open one more connection, by closing the longest idle one if need be.
    pub(super) fn permit(&self) -> Option<OwnedSemaphorePermit> {
        let take = || Arc::clone(&self.connections).try_acquire_owned().ok();
        if let Some(permit) = take() {
            return Some(permit);
        }
        drop(self.take_oldest()?);
        take()
    }

    fn take_oldest(&self) -> Option<Session> {
        let mut hosts = self.hosts();
        let oldest = hosts
            .iter()
            .filter_map(|(target, host)| Some((host.idle.first()?.since, target)))
            .min_by_key(|(since, _)| *since)
            .map(|(_, target)| target.clone())?;
        let host = hosts.get_mut(&oldest)?;
        let idle = host.idle.remove(0);
        forget_if_unused(&mut hosts, &oldest);
        Some(idle.session)
    }

    /// Removes the connections that have waited long enough, or all.
    pub(super) fn take_idle(&self, all: bool) -> Vec<Session> {
        let now = Instant::now();
        let mut taken = Vec::new();
        self.hosts().retain(|_, host| {
            let fresh = |idle: &Idle| !all && now - idle.since < self.idle_time;
            let (kept, old) = host.idle.drain(..).partition(fresh);
            host.idle = kept;
            taken.extend(old.into_iter().map(|idle: Idle| idle.session));
            host.users > 0 || !host.idle.is_empty()
        });
        taken
    }

    /// Connections that wait, over all targets.
    pub(super) fn idle_count(&self) -> usize {
        self.hosts().values().map(|host| host.idle.len()).sum()
    }

    /// Targets that are remembered.
    pub(super) fn host_count(&self) -> usize {
        self.hosts().len()
    }
}

fn forget_if_unused(hosts: &mut HashMap<Target, Host>, target: &Target) {
    let is_unused = |host: &Host| host.users == 0 && host.idle.is_empty();
    if hosts.get(target).is_some_and(is_unused) {
        hosts.remove(target);
    }
}

/// A user of one target, from waiting for a slot to the end of the mail.
pub(super) struct Visit {
    pool: Arc<Pool>,
    pub(super) target: Target,
    /// One for each connection.
    pub(super) slots: Arc<Semaphore>,
}

impl Visit {
    /// The youngest connection that waits and is still good.
    pub(super) fn take(&self) -> Option<Session> {
        loop {
            let mut hosts = self.pool.hosts();
            let mut idle = hosts.get_mut(&self.target)?.idle.pop()?;
            drop(hosts);
            if idle.since.elapsed() < self.pool.idle_time && idle.session.wire.is_quiet() {
                return Some(idle.session);
            }
        }
    }

    /// Keeps a connection, which is between two mails, for the next one.
    pub(super) fn put(&self, session: Session) {
        let idle = Idle {
            session,
            since: Instant::now(),
        };
        if let Some(host) = self.pool.hosts().get_mut(&self.target) {
            host.idle.push(idle);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut hosts = self.pool.hosts();
        if let Some(host) = hosts.get_mut(&self.target) {
            host.users = host.users.saturating_sub(1);
        }
        forget_if_unused(&mut hosts, &self.target);
    }
}
