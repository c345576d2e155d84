//! The one thread that writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use fjall::{AbstractTree as _, Keyspace, OwnedWriteBatch, PersistMode};
use tokio::sync::oneshot;

use super::checkpoint::{Checkpoints, Found};
use super::group::{Group, Written};
use super::read::Tables;
use super::recover::{self, Cause};
use super::shared::Shared;
use super::slot::Slot;
use super::{Options, Room, layout};
use crate::panics::caught;
use crate::store::engine::{Changes, CommitError, Revision, StoreError, Update, Write};

/// Revisions are set aside in blocks, so that only one commit in a block stores how far they go.
/// A restart skips the rest of a block: with 2⁶⁴ revisions that is no loss.
const REVISION_BLOCK: u64 = 1 << 20;

/// Jobs that share an fsync at most: bounds the time to the first answer.
const MAX_GROUP_JOBS: usize = 4096;

/// How often an idle or failed writer looks after itself.
const TEND_INTERVAL: Duration = Duration::from_secs(1);

/// Beyond these fjall itself waits inside a commit, and would wait for ever if its own threads
/// had failed meanwhile (its limits are 4 and 30). So the writer waits before, with open eyes.
const MAX_SEALED_MEMTABLES: usize = 3;
const MAX_LEVEL_0_RUNS: usize = 28;
const ROOM_POLL: Duration = Duration::from_millis(2);

pub(super) enum Message {
    Commit(Job),
    /// Stop; the sender is dropped when all is closed.
    Close(oneshot::Sender<()>),
}

/// What became of each change of a job.
pub(super) type Outcomes = Vec<Result<(), CommitError>>;

/// What a job asks for, each part of it to be made on its own.
pub(super) enum Work {
    Changes(Vec<Changes>),
    Update(Arc<dyn Update>),
}

impl Work {
    fn len(&self) -> usize {
        match self {
            Self::Changes(changes) => changes.len(),
            Self::Update(update) => update.keys().len(),
        }
    }
}

/// Work that waits for its fsync.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) change_bytes: usize,
    pub(super) answer: oneshot::Sender<Outcomes>,
    pub(super) _room: Room,
}

/// Changes without their content: what remains is to answer.
struct Taken {
    /// An `Ok` holds if the group is written.
    outcomes: Outcomes,
    answer: oneshot::Sender<Outcomes>,
    _room: Room,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    dir: PathBuf,
    options: Options,
    /// Never given out before.
    next_revision: u64,
    /// Revisions below this are set aside on disk.
    revision_mark: u64,
    checkpoints: Checkpoints,
    /// Set while writes are impossible.
    failure: Option<Cause>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        dir: &Path,
        options: Options,
        (next_revision, found): (u64, Found),
    ) -> Self {
        let dir = dir.to_owned();
        let checkpoints = Checkpoints::new(found, options.checkpoint_bytes());
        let revision_mark = next_revision;
        Self {
            shared,
            dir,
            options,
            next_revision,
            revision_mark,
            checkpoints,
            failure: None,
        }
    }

    /// Serves until it is told to close.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        let closed = loop {
            match inbox.recv_timeout(TEND_INTERVAL) {
                Ok(Message::Commit(first)) => {
                    let (jobs, close) = self.gather(first, inbox);
                    self.contained(|writer| writer.serve(jobs));
                    if close.is_some() {
                        break close;
                    }
                }
                Ok(Message::Close(stopped)) => break Some(stopped),
                Err(RecvTimeoutError::Timeout) => self.contained(Self::tend),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        self.shared.close();
        drop(self.shared.take_tables());
        drop(closed);
    }

    /// After a panic nobody knows what is on the disk and what in memory: nothing is written any more, caches are
    /// forgotten, and whoever waits for an answer is told.
    fn contained(&mut self, work: impl FnOnce(&mut Self)) {
        if caught(|| work(self)).is_ok() {
            return;
        }
        let why = "its writer panicked, the log says where; restart: until then nothing is written";
        self.shared.fail(why.to_owned());
        self.failure = Some(Cause::Unknown(why.to_owned()));
        // It may be a watcher that broke.
        let _panicked = caught(|| self.shared.watchers.for_each(|watcher| watcher.lost()));
    }

    /// All jobs that wait, within bounds, and the order to close if it was among them.
    fn gather(
        &self,
        first: Job,
        inbox: &Receiver<Message>,
    ) -> (Vec<Job>, Option<oneshot::Sender<()>>) {
        let mut group_bytes = first.change_bytes;
        let mut jobs = vec![first];
        while jobs.len() < MAX_GROUP_JOBS && group_bytes < self.options.max_group_bytes {
            match inbox.try_recv() {
                Ok(Message::Commit(job)) => {
                    group_bytes = group_bytes.saturating_add(job.change_bytes);
                    jobs.push(job);
                }
                Ok(Message::Close(stopped)) => return (jobs, Some(stopped)),
                Err(_) => break,
            }
        }
        (jobs, None)
    }

    /// Makes the changes of one group durable, then answers all.
    fn serve(&mut self, jobs: Vec<Job>) {
        if let Err(error) = self.shared.writable() {
            for job in jobs {
                let outcomes = vec![Err(error.clone().into()); job.work.len()];
                let _ = job.answer.send(outcomes);
            }
            return;
        }
        let shared = Arc::clone(&self.shared);
        let tables = shared.tables();
        let Some(tables) = tables.as_ref() else {
            return;
        };
        let mut group = Group::new(tables);
        let taken = jobs.into_iter().map(|job| self.take(&mut group, job));
        let taken: Vec<Taken> = taken.collect();
        let written = if group.is_empty() {
            Ok(())
        } else {
            let written = self.write(tables, &group);
            if let Ok(written) = &written {
                group.publish(&mut self.checkpoints, written);
            }
            // After a failed fsync too: what readers see then is not known.
            group.tell(&shared.watchers);
            written.map(drop)
        };
        let written = written.map_err(|error| self.fail(&error));
        self.answer(taken, written);
    }

    fn take(&mut self, group: &mut Group<'_>, job: Job) -> Taken {
        let room = self.checkpoints.check_room();
        let outcomes: Outcomes = match job.work {
            Work::Changes(changes) => changes
                .into_iter()
                .map(|changes| {
                    if has_slot(&changes) {
                        room.clone()?;
                    }
                    group.take(changes, self.next())
                })
                .collect(),
            Work::Update(update) => (0..update.keys().len())
                .map(|n| {
                    room.clone()?;
                    group.update(&*update, n, self.next())
                })
                .collect(),
        };
        Taken {
            outcomes,
            answer: job.answer,
            _room: job._room,
        }
    }

    /// A revision that was never given out.
    const fn next(&mut self) -> Revision {
        let revision = Revision(self.next_revision);
        self.next_revision += 1;
        revision
    }

    fn answer(&self, taken: Vec<Taken>, written: Result<(), StoreError>) {
        let (commits, conflicts) = (&self.shared.stats.commits, &self.shared.stats.conflicts);
        for Taken {
            mut outcomes,
            answer,
            _room,
        } in taken
        {
            for outcome in &mut outcomes {
                match (&outcome, &written) {
                    (Ok(()), Ok(())) => drop(commits.fetch_add(1, Relaxed)),
                    (Ok(()), Err(error)) => *outcome = Err(error.clone().into()),
                    (Err(CommitError::Conflict(_)), _) => drop(conflicts.fetch_add(1, Relaxed)),
                    (Err(CommitError::Store(_)), _) => {}
                }
            }
            // A caller that went away is no reason to stop.
            let _ = answer.send(outcomes);
        }
    }

    fn write(&mut self, tables: &Tables, group: &Group<'_>) -> fjall::Result<Written> {
        wait_for_room(tables)?;
        let moved = self.next_revision > self.revision_mark;
        let mark = moved.then(|| self.next_revision.saturating_add(REVISION_BLOCK));
        let written = group.write(&mut self.checkpoints, mark)?;
        self.shared.stats.groups.fetch_add(1, Relaxed);
        self.revision_mark = mark.unwrap_or(self.revision_mark);
        Ok(written)
    }

    /// Stops acknowledging, and returns what callers are told.
    fn fail(&mut self, error: &fjall::Error) -> StoreError {
        let cause = recover::cause_of(error, &layout::store_path(&self.dir));
        let why = cause.words();
        tracing::error!(dir = %self.dir.display(), %error, "the store stopped writing: {why}");
        self.shared.fail(why.clone());
        self.failure = Some(cause);
        StoreError::Unavailable(why)
    }

    /// Finds out about failures of fjall's own threads while nobody writes, and tries to go on
    /// after a failure that can pass.
    fn tend(&mut self) {
        match &self.failure {
            None => {
                let shared = Arc::clone(&self.shared);
                let tables = shared.tables();
                let tended = tables
                    .as_ref()
                    .map_or(Ok(()), |tables| self.tend_tables(tables));
                if let Err(error) = tended {
                    self.fail(&error);
                }
            }
            Some(Cause::Passing { wanted_bytes, .. }) => self.try_recover(*wanted_bytes),
            Some(Cause::Unknown(_)) => {}
        }
    }

    fn tend_tables(&mut self, tables: &Tables) -> fjall::Result<()> {
        // Nothing is buffered, so this only reports an earlier failure.
        tables.database.persist(PersistMode::Buffer)?;
        let mut batch = OwnedWriteBatch::with_capacity(tables.database.clone(), 64)
            .durability(Some(PersistMode::SyncAll));
        if let Some(slice) = self.checkpoints.add_idle(&mut batch, tables) {
            wait_for_room(tables)?;
            batch.commit()?;
            self.checkpoints.done(tables, &slice, None);
        }
        Ok(())
    }

    fn try_recover(&mut self, wanted_bytes: u64) {
        match recover::reopen(&self.shared, &self.dir, &self.options, wanted_bytes) {
            Ok((stored_mark, found)) => {
                self.checkpoints = Checkpoints::new(found, self.options.checkpoint_bytes());
                self.next_revision = self.next_revision.max(stored_mark);
                // What the failed group stored of the mark is unknown: store it again.
                self.revision_mark = stored_mark;
                self.failure = None;
                self.shared.resume();
                tracing::info!(dir = %self.dir.display(), "the store writes again");
            }
            Err(why) => tracing::debug!(dir = %self.dir.display(), why, "no recovery yet"),
        }
    }
}

fn has_slot(changes: &Changes) -> bool {
    let mut written = changes.writes.iter().map(Write::key);
    written.any(|key| Slot::of(key).is_some())
}

/// Waits until fjall's threads have moved enough of the earlier writes into tables.
fn wait_for_room(tables: &Tables) -> fjall::Result<()> {
    let is_full = |keyspace: &Keyspace| {
        keyspace.tree.sealed_memtable_count() >= MAX_SEALED_MEMTABLES
            || keyspace.tree.l0_run_count() >= MAX_LEVEL_0_RUNS
    };
    while [&tables.records, &tables.journal, &tables.pages]
        .into_iter()
        .any(is_full)
    {
        tables.database.persist(PersistMode::Buffer)?;
        std::thread::sleep(ROOM_POLL);
    }
    Ok(())
}
