//! The embedded engine: state in a directory of this machine, on the log-structured store `fjall`.
//!
//! - **Writes** go to one thread (`writer`), which takes all the changes that wait, checks their
//!   expectations one after the other, and makes them durable with one fsync (group commit). A
//!   change is acknowledged only after that fsync, and readers see it only after that fsync:
//!   fjall applies a batch to its index after its own journal is synced.
//!   A commit whose caller goes away is made all the same. Its futures need a tokio runtime with
//!   time, for the deadlines of [`Options`].
//! - **Reads** run on the caller's thread, over a snapshot, so a change is seen whole or not at
//!   all. They are not moved to a blocking pool: a read costs some microseconds from memory, and
//!   the hop would cost more than the rare block that comes from the disk.
//! - **After a failed write or fsync** nothing is acknowledged any more ([`Engine::health`] says
//!   why); reads go on. If the cause was a full disk, a limit on the size of files or a read-only
//!   file system, the engine recovers by itself once it can write again (`recover`); after anything
//!   else the process has to be restarted, since the state of the disk is unknown.

mod checkpoint;
mod commit;
mod group;
mod journal;
mod layout;
mod load;
mod read;
mod recover;
mod shared;
mod slot;
mod stats;
mod table;
mod writer;

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

pub use layout::OpenError;
pub use slot::SLOT_FAMILIES;
pub use stats::Stats;

use super::engine::{
    BoxFuture, Changes, CommitError, Engine, Key, Record, StoreError, Update, Watcher, only,
};
use super::limits::MAX_CHANGE_BYTES;
use crate::threads;
use shared::Shared;
use writer::{Job, Message, Outcomes, Work};

/// Size at which recent writes are moved from memory to a table. Up to four such buffers are in
/// memory while the disk cannot follow. fjall stores it with the tables when a store is made.
const MEMTABLE_BYTES: u64 = 16 * 1024 * 1024;

/// The wait for a change that is half visible.
const HALF_VISIBLE_POLL: Duration = Duration::from_millis(1);

/// The queue's room is counted in units of this size, because a semaphore counts in 32 bits.
const QUEUE_UNIT_BYTES: usize = 1024;

/// Limits of an [`EmbeddedEngine`]. The defaults suit a machine with 512 MiB or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Memory for blocks read from disk.
    pub cache_bytes: u64,
    /// Disk space of fjall's journals, at least 64 MiB. Bounds the work at start.
    pub max_journal_bytes: u64,
    /// Files kept open for reading.
    pub max_open_files: usize,
    /// Jobs (changes handed over together) that wait for the writer or are being written.
    pub max_queued_changes: usize,
    /// Bytes of those jobs; an update counts an estimate. A single change needs up to
    /// [`MAX_CHANGE_BYTES`].
    pub max_queued_bytes: usize,
    /// How long a change waits for room in a full queue before it is refused as overloaded.
    pub queue_wait: Duration,
    /// How long a queued change may take. After this the caller is told that the store hangs,
    /// without knowing whether the change will be made.
    pub commit_timeout: Duration,
    /// A group of this many bytes takes in no further job. Updates count an estimate, and the last
    /// job may be large, so an fsync may make more durable.
    pub max_group_bytes: usize,
    /// Length of the engine's own journal (not fjall's) at which its changes begin to be stored in
    /// pages.
    pub checkpoint_start_bytes: u64,
    /// The greatest length of that journal; changes of records with a slot are refused as overloaded
    /// then. Bounds the work at start.
    pub max_checkpoint_bytes: u64,
}

impl Options {
    const fn checkpoint_bytes(&self) -> (u64, u64) {
        (self.checkpoint_start_bytes, self.max_checkpoint_bytes)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 32 * 1024 * 1024,
            max_journal_bytes: 256 * 1024 * 1024,
            max_open_files: 256,
            max_queued_changes: 4096,
            max_queued_bytes: 128 * 1024 * 1024,
            queue_wait: Duration::from_secs(2),
            commit_timeout: Duration::from_secs(30),
            max_group_bytes: 16 * 1024 * 1024,
            checkpoint_start_bytes: 128 * 1024 * 1024,
            max_checkpoint_bytes: 512 * 1024 * 1024,
        }
    }
}

/// A store in a directory. See the module for its promises.
///
/// Dropping it stops the writer, after the changes that already wait are made.
#[derive(Debug)]
pub struct EmbeddedEngine {
    shared: Arc<Shared>,
    to_writer: mpsc::Sender<Message>,
    writer: Mutex<Option<JoinHandle<()>>>,
    change_slots: Arc<Semaphore>,
    byte_units: Arc<Semaphore>,
    max_byte_units: u32,
    queue_wait: Duration,
    commit_timeout: Duration,
}

impl EmbeddedEngine {
    /// Makes an empty store in `dir`, which is created if it is missing, and closes it again.
    /// A store in the making is not visible: after a crash there is either a whole one or none.
    ///
    /// # Errors
    ///
    /// [`OpenError::AlreadyExists`] if `dir` holds a store, which is left as it is;
    /// [`OpenError::Io`] if files cannot be written.
    pub fn create(dir: &Path) -> Result<(), OpenError> {
        layout::create(dir, &Options::default())
    }

    /// Opens the store in `dir` and starts its writer.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]: each case says what to do next.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let (tables, found) = layout::open(dir, &options)?;
        let next_revision = tables.next_revision()?;
        let shared = Arc::new(Shared::new(tables));
        let max_byte_units = byte_units(options.max_queued_bytes.max(MAX_CHANGE_BYTES));
        let change_slots = Arc::new(Semaphore::new(options.max_queued_changes.max(1)));
        let byte_units = Arc::new(Semaphore::new(max_byte_units as usize));
        let (queue_wait, commit_timeout) = (options.queue_wait, options.commit_timeout);
        let (to_writer, from_callers) = mpsc::channel();
        let writer = writer::Writer::new(Arc::clone(&shared), dir, options, (next_revision, found));
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                threads::lower_priority();
                writer.run(&from_callers);
            })
            .map_err(|source| OpenError::Io {
                dir: dir.to_owned(),
                source,
            })?;
        Ok(Self {
            shared,
            to_writer,
            writer: Mutex::new(Some(thread)),
            change_slots,
            byte_units,
            max_byte_units,
            queue_wait,
            commit_timeout,
        })
    }

    /// What the engine has done since it was opened. For metrics.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    async fn commit_queued(&self, work: Work, change_bytes: usize) -> Result<Outcomes, StoreError> {
        self.shared.writable()?;
        let room = self.room_for(change_bytes).await?;
        let (answer, answered) = oneshot::channel();
        let job = Job {
            work,
            change_bytes,
            answer,
            _room: room,
        };
        if self.to_writer.send(Message::Commit(job)).is_err() {
            return Err(StoreError::Unavailable("it is closed".to_owned()));
        }
        match timeout(self.commit_timeout, answered).await {
            Ok(Ok(outcomes)) => Ok(outcomes),
            // The writer let go of it: at the end, or in a panic.
            Ok(Err(_)) => Err(StoreError::Unavailable(
                "it stopped; the change may have been made".to_owned(),
            )),
            Err(_) => Err(StoreError::Unavailable(format!(
                "the disk did not answer within {} s; the change may still be made",
                self.commit_timeout.as_secs()
            ))),
        }
    }

    /// Waits for room in the queue, first come first served.
    async fn room_for(&self, change_bytes: usize) -> Result<Room, StoreError> {
        let units = byte_units(change_bytes).min(self.max_byte_units);
        let wait = async {
            let slot = Arc::clone(&self.change_slots).acquire_owned().await?;
            let bytes = Arc::clone(&self.byte_units)
                .acquire_many_owned(units)
                .await?;
            Ok::<_, tokio::sync::AcquireError>(Room {
                _slot: slot,
                _bytes: bytes,
            })
        };
        match timeout(self.queue_wait, wait).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err(StoreError::Unavailable("it is closed".to_owned())),
            Err(_) => {
                self.shared.stats.overloads.fetch_add(1, Relaxed);
                Err(StoreError::Unavailable(
                    "overloaded: too many changes wait for the disk; try again later".to_owned(),
                ))
            }
        }
    }

    /// Records of one moment. A change that is half visible is waited for, which takes an fsync.
    async fn get_together(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        loop {
            if let Some(found) = self.shared.read(|tables| tables.get_many(keys))? {
                return Ok(found);
            }
            // Nobody ends it after a failure; what a restart would find is not known then.
            self.shared.writable()?;
            sleep(HALF_VISIBLE_POLL).await;
        }
    }

    /// Asks the writer to stop. Returns its thread and what ends when it has stopped, unless it was
    /// asked before.
    fn stop(&self) -> Option<(JoinHandle<()>, oneshot::Receiver<()>)> {
        self.change_slots.close();
        self.byte_units.close();
        let thread = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let (stopped, wait) = oneshot::channel();
        // An error means that the writer is gone already, which is what is wanted.
        let _ = self.to_writer.send(Message::Close(stopped));
        Some((thread, wait))
    }

    async fn close_gracefully(&self) -> Result<(), StoreError> {
        let Some((thread, wait)) = self.stop() else {
            return Ok(());
        };
        // The sender is dropped at the end of the writer's run, so the join does not block.
        let _ = wait.await;
        if thread.join().is_err() {
            return Err(StoreError::Unavailable(
                "the writer thread panicked".to_owned(),
            ));
        }
        self.shared.closing_error()
    }
}

impl Drop for EmbeddedEngine {
    fn drop(&mut self) {
        if let Some((thread, _)) = self.stop() {
            // A panic of the writer has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Room in the queue, given back when the change is answered.
#[derive(Debug)]
struct Room {
    _slot: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

fn byte_units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(QUEUE_UNIT_BYTES))
        .unwrap_or(u32::MAX)
        .max(1)
}

impl Engine for EmbeddedEngine {
    /// The directory is locked.
    fn is_shared(&self) -> bool {
        false
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { self.shared.read(|tables| tables.get(key)) })
    }

    fn get_cached(&self, key: &Key, look: &mut dyn FnMut(Option<&[u8]>)) {
        self.shared.get_cached(key, look);
    }

    fn get_each<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Vec<Result<Option<Record>, StoreError>>> {
        Box::pin(async move { self.shared.get_each(keys) })
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Result<Vec<Option<Record>>, StoreError>> {
        Box::pin(self.get_together(keys))
    }

    fn scan<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Record)>, StoreError>> {
        Box::pin(async move { self.shared.read(|tables| tables.scan(prefix, after, limit)) })
    }

    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move { only(self.commit_many(vec![changes]).await) })
    }

    fn commit_each(&self, changes: Vec<Changes>) -> BoxFuture<'_, Vec<Result<(), CommitError>>> {
        Box::pin(self.commit_many(changes))
    }

    fn update(&self, update: Arc<dyn Update>) -> BoxFuture<'_, Option<Outcomes>> {
        Box::pin(async move { Some(self.update_queued(update).await) })
    }

    fn watch(&self, watcher: Arc<dyn Watcher>) {
        self.shared.watchers.add(watcher);
    }

    fn health(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.shared.writable() })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.close_gracefully())
    }
}

#[cfg(test)]
mod tests;
