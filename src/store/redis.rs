//! The engine of many nodes: state in Redis (7 or later) or Valkey, on one server, one that Sentinels
//! watch, or a cluster.
//!
//! - **A change within a partition** is one script, which compares revisions, writes records and
//!   their index, and tells the other nodes. One server has one partition, so every change is this; a
//!   cluster has 256, by what the record belongs to.
//! - **A change that spans partitions** (`across`) is prepared in each of them, decided in one,
//!   and applied in all. Whoever meets a change that was cut short ends it.
//! - **What a caller may rely on**: an answer says that the servers have the change and, with
//!   `wait_replicas`, that so many replicas have it too. Nothing is sent twice that may have been
//!   carried out.
//! - **Other nodes** learn of a change by a message (`coherence`); where a message may have been missed,
//!   all caches are dropped.
//! - **Servers that lose the store** (`epoch`) are noticed, and nothing is read from or written to them.
//! - **Bounds**: each call has a deadline, and so many and no more are under way at once.

pub mod address;
mod coherence;
mod commit;
mod connect;
mod epoch;
mod health;
mod layout;
mod link;
mod open;
mod read;
mod scan;
mod scripts;
mod stats;
mod survey;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use prometheus::Histogram;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

pub use layout::Places;
pub use open::OpenError;
pub use stats::Stats;
pub use survey::survey;

use super::engine::{
    BoxFuture, Changes, CommitError, Engine, Key, Record, StoreError, Watcher, Watchers, only,
};
use address::Address;
use layout::Layout;
use link::Link;
use scripts::Scripts;

/// Bytes of calls under way are counted in units of this size, because a semaphore counts in 32 bits.
const UNIT_BYTES: usize = 1024;

/// Connections for writes where replicas are waited for: who waits holds up the connection.
const WAITING_CONNECTIONS: usize = 8;

/// Limits of a [`RedisEngine`], and what it promises.
#[derive(Debug, Clone)]
pub struct Options {
    /// What all names begin with, so that several deployments can share servers.
    pub prefix: String,
    /// A PEM file of certificate authorities to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// How long a server may take for an answer. A call takes twice this at most.
    pub command_timeout: Duration,
    /// How many replicas must have a change before it is acknowledged.
    pub wait_replicas: u32,
    /// How long they may take.
    pub wait_timeout: Duration,
    /// For how long a cache may hold what another node has changed, where its message is lost.
    pub cache_ttl: Duration,
    /// After this, a change that spans partitions and was not decided is taken back. Below the time
    /// that a call may take, so that who waits for the locks of a node that died gets through.
    pub undecided_ttl: Duration,
    /// Calls under way at once.
    pub max_calls: usize,
    /// Bytes of changes under way at once.
    pub max_bytes: usize,
    /// How long a call waits for others to end before it is refused.
    pub queue_wait: Duration,
    /// Which records are together in a cluster.
    pub places: Places,
    /// Where the time of each command is counted, in seconds.
    pub latency: Option<Histogram>,
}

impl Options {
    /// The defaults, for records that lie where `places` says.
    #[must_use]
    pub fn new(places: Places) -> Self {
        Self {
            prefix: "upsell".to_owned(),
            ca_file: None,
            command_timeout: Duration::from_secs(2),
            wait_replicas: 0,
            wait_timeout: Duration::from_secs(1),
            cache_ttl: Duration::from_secs(5),
            undecided_ttl: Duration::from_secs(2),
            max_calls: 4096,
            max_bytes: 128 * 1024 * 1024,
            queue_wait: Duration::from_secs(2),
            places,
            latency: None,
        }
    }
}

/// What calls and tasks share.
struct Inner {
    layout: Layout,
    options: Options,
    scripts: Scripts,
    reads: Link,
    writes: Vec<Link>,
    next_write: AtomicUsize,
    stats: Arc<Stats>,
    watchers: Watchers,
    /// Tells this node's own messages from those of others.
    sender: ArcSwap<[u8; 16]>,
    is_closed: AtomicBool,
    freshness: coherence::Freshness,
    epoch: epoch::Epoch,
    calls: Arc<Semaphore>,
    units: Arc<Semaphore>,
}

/// A store in Redis. See the module for its promises.
pub struct RedisEngine {
    inner: Arc<Inner>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Room for a call, given back at its end.
struct Room {
    stats: Arc<Stats>,
    _call: OwnedSemaphorePermit,
    _units: OwnedSemaphorePermit,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.stats.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RedisEngine {
    /// Connects, and checks that the store is one this program knows; an empty one is made.
    ///
    /// # Errors
    /// See [`OpenError`]: each case says what to do next.
    pub async fn open(address: Address, options: Options) -> Result<Self, OpenError> {
        let inner = Arc::new(open::open(address, options).await?);
        let listening = tokio::spawn(coherence::listen(Arc::clone(&inner)));
        let watching = tokio::spawn(epoch::watch(Arc::clone(&inner)));
        let mut tasks = vec![listening, watching];
        if inner.layout.is_divided() {
            tasks.push(tokio::spawn(commit::sweep(Arc::clone(&inner))));
        }
        Ok(Self {
            inner,
            tasks: Mutex::new(tasks),
        })
    }

    /// What the engine has done since it was opened. For metrics.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.inner.stats
    }

    async fn close_gracefully(&self) -> Result<(), StoreError> {
        self.inner.is_closed.store(true, Ordering::Release);
        // What is under way ends first: all room is back then.
        let all = u32::try_from(self.inner.options.max_calls).unwrap_or(u32::MAX);
        let wait = self.inner.options.command_timeout * 2;
        let _ended = timeout(wait, self.inner.calls.acquire_many(all)).await;
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            task.abort();
            let _aborted = task.await;
        }
        Ok(())
    }
}

impl Drop for RedisEngine {
    fn drop(&mut self) {
        self.inner.is_closed.store(true, Ordering::Release);
        for task in &*self.tasks.lock().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

impl Inner {
    fn is_open(&self) -> Result<(), StoreError> {
        self.is_not_closed()?;
        self.epoch.is_there()
    }

    fn is_not_closed(&self) -> Result<(), StoreError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable("it is closed".to_owned()));
        }
        Ok(())
    }

    /// Waits for room, first come first served.
    async fn room_for(&self, bytes: usize) -> Result<Room, StoreError> {
        self.is_open()?;
        let most = self.options.max_bytes.div_ceil(UNIT_BYTES).max(1);
        let units = bytes.div_ceil(UNIT_BYTES).clamp(1, most);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let wait = async {
            let call = Arc::clone(&self.calls).acquire_owned().await?;
            let units = Arc::clone(&self.units).acquire_many_owned(units).await?;
            Ok::<_, tokio::sync::AcquireError>((call, units))
        };
        match timeout(self.options.queue_wait, wait).await {
            Ok(Ok((call, units))) => {
                self.stats.in_flight.fetch_add(1, Ordering::Relaxed);
                Ok(Room {
                    stats: Arc::clone(&self.stats),
                    _call: call,
                    _units: units,
                })
            }
            Ok(Err(_)) => Err(StoreError::Unavailable("it is closed".to_owned())),
            Err(_) => {
                self.stats.overloads.fetch_add(1, Ordering::Relaxed);
                Err(StoreError::Unavailable(
                    "overloaded: too many calls wait for Redis; try again later".to_owned(),
                ))
            }
        }
    }

    /// When a call that begins now must have ended.
    fn deadline(&self) -> Instant {
        Instant::now() + self.options.command_timeout * 2
    }

    fn tell(&self, keys: &[&Key]) {
        self.watchers.for_each(|watcher| watcher.changed(keys));
    }

    /// Drops all caches: changes may have been missed.
    fn forget_all(&self) {
        self.stats.forgot_all.fetch_add(1, Ordering::Relaxed);
        self.watchers.for_each(|watcher| watcher.lost());
    }
}

impl Engine for RedisEngine {
    fn is_shared(&self) -> bool {
        true
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(self.inner.get(key))
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Result<Vec<Option<Record>>, StoreError>> {
        Box::pin(self.inner.get_many(keys))
    }

    fn get_each<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Vec<Result<Option<Record>, StoreError>>> {
        Box::pin(self.inner.get_each(keys))
    }

    fn scan<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Record)>, StoreError>> {
        Box::pin(self.inner.scan(prefix, after, limit))
    }

    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move { only(commit::run(&self.inner, vec![changes]).await) })
    }

    fn commit_each(&self, changes: Vec<Changes>) -> BoxFuture<'_, Vec<Result<(), CommitError>>> {
        Box::pin(commit::run(&self.inner, changes))
    }

    fn watch(&self, watcher: Arc<dyn Watcher>) {
        self.inner.watchers.add(watcher);
    }

    fn is_current(&self) -> bool {
        self.inner.freshness.is_current()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.inner.health())
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.close_gracefully())
    }
}
