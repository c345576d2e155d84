//! Commits: those of one partition are batched into a script, those that span partitions run one by
//! one.
#![expect(
    clippy::indexing_slicing,
    reason = "places count the keys or changes given, partitions are those of the layout"
)]

mod across;
mod intent;
mod parts;
mod unfinished;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::join_all;
use redis::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::Inner;
use super::layout::Partition;
use super::link::{Failed, Link, Repeat};
use super::scripts::{self, Call, Wait};
use crate::store::engine::{Changes, CommitError, Key, StoreError};
use crate::store::limits::checked_size;

use parts::{Part, Parts, cut_up, in_one};

pub(super) use unfinished::sweep;

/// Changes in one script at most: nobody else is served meanwhile.
const MAX_BATCH: usize = 256;

/// Keys and values in one script, unless one change alone is larger.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// The wait before a look at whether a lock is gone.
const LOCK_WAIT: Duration = Duration::from_millis(3);

type Outcome = Result<(), CommitError>;

/// Makes changes, each on its own; whoever asked may go away, they are made all the same.
pub(super) async fn run(inner: &Arc<Inner>, changes: Vec<Changes>) -> Vec<Outcome> {
    let (count, mut bytes) = (changes.len(), 0_usize);
    let refused: Vec<Option<StoreError>> = changes
        .iter()
        .map(|change| match checked_size(change) {
            Ok(more) => {
                bytes = bytes.saturating_add(more);
                None
            }
            Err(error) => Some(error),
        })
        .collect();
    let room = match inner.room_for(bytes).await {
        Ok(room) => room,
        Err(error) => return vec![Err(error.into()); count],
    };
    let inner = Arc::clone(inner);
    let made = tokio::spawn(async move {
        let outcomes = run_all(&inner, &changes, refused).await;
        drop(room);
        outcomes
    });
    made.await.unwrap_or_else(|_| {
        let lost = StoreError::Unavailable("the task of the change ended early".to_owned());
        vec![Err(lost.into()); count]
    })
}

async fn run_all(
    inner: &Arc<Inner>,
    changes: &[Changes],
    refused: Vec<Option<StoreError>>,
) -> Vec<Outcome> {
    let until = inner.deadline();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(changes.len());
    let mut groups: BTreeMap<u16, Vec<(usize, Part<'_>)>> = BTreeMap::new();
    for (place, (change, refused)) in changes.iter().zip(refused).enumerate() {
        outcomes.push(refused.map_or(Ok(()), |error| Err(error.into())));
        if outcomes[place].is_err() || change.is_empty() {
            continue;
        }
        if let Some((number, part)) = in_one(inner, change) {
            groups.entry(number).or_default().push((place, part));
        } else {
            // What stands before it in the list is made before it.
            run_groups(inner, &mut groups, &mut outcomes, until).await;
            let parts = cut_up(inner, change);
            outcomes[place] = across::commit(inner, change, &parts, until).await;
        }
    }
    run_groups(inner, &mut groups, &mut outcomes, until).await;
    for outcome in &outcomes {
        let counter = match outcome {
            Ok(()) => &inner.stats.commits,
            Err(CommitError::Conflict(_)) => &inner.stats.conflicts,
            Err(CommitError::Store(_)) => &inner.stats.failures,
        };
        counter.fetch_add(1, Relaxed);
    }
    outcomes
}

/// Makes the changes of each group in order, the groups beside each other.
async fn run_groups(
    inner: &Arc<Inner>,
    groups: &mut BTreeMap<u16, Vec<(usize, Part<'_>)>>,
    outcomes: &mut [Outcome],
    until: Instant,
) {
    let groups = std::mem::take(groups);
    let running = groups.iter().map(|(number, group)| async move {
        let partition = &inner.layout.partitions[usize::from(*number)];
        (group, run_group(inner, partition, group, until).await)
    });
    for (group, done) in join_all(running).await {
        for ((place, _), outcome) in group.iter().zip(done) {
            outcomes[*place] = outcome;
        }
    }
}

async fn run_group(
    inner: &Arc<Inner>,
    partition: &Partition,
    group: &[(usize, Part<'_>)],
    until: Instant,
) -> Vec<Outcome> {
    let link = inner.write_link();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(group.len());
    while outcomes.len() < group.len() {
        let left = group.get(outcomes.len()..).unwrap_or_default();
        let batch = &left[..batch_len(left)];
        let lock = match send_batch(inner, link, partition, batch, until).await {
            Ok((done, lock)) => {
                outcomes.extend(done);
                lock
            }
            Err(failed) => {
                if failed.is_unknown {
                    inner.doubt_messages();
                    inner.tell_written(batch.iter().map(|(_, part)| part));
                }
                let error = CommitError::from(StoreError::from(failed));
                outcomes.resize(group.len(), Err(error));
                None
            }
        };
        if let Some(lock) = lock
            && let Err(error) = wait_for(inner, partition, &lock, until).await
        {
            outcomes.resize(group.len(), Err(error.into()));
        }
    }
    outcomes
}

/// How many changes go into the next script.
fn batch_len(left: &[(usize, Part<'_>)]) -> usize {
    let mut bytes = 0;
    let fits = |(_, part): &&(usize, Part<'_>)| {
        bytes += part.bytes();
        bytes <= MAX_BATCH_BYTES
    };
    left.iter().take(MAX_BATCH).take_while(fits).count().max(1)
}

/// Sends a batch: what came of its changes, up to the first that met a lock.
async fn send_batch(
    inner: &Inner,
    link: &Link,
    partition: &Partition,
    batch: &[(usize, Part<'_>)],
    until: Instant,
) -> Result<(Vec<Outcome>, Option<Vec<u8>>), Failed> {
    let call = batch_call(inner, partition, batch);
    let (wait, repeat) = (inner.wait(), Repeat::IfNotMade);
    let answer = scripts::write(link, partition, call, wait, repeat, until).await?;
    let Value::Array(answers) = answer else {
        return Err(Failed::strange("a commit without outcomes"));
    };
    let mut outcomes = Vec::with_capacity(batch.len());
    let mut lock = None;
    for ((_, part), answer) in batch.iter().zip(answers) {
        match answer {
            Value::Int(0) => outcomes.push(Ok(())),
            Value::Int(number) => outcomes.push(Err(conflict(part, number))),
            Value::BulkString(other) => {
                lock = Some(other);
                break;
            }
            _ => return Err(Failed::strange("an outcome of no known kind")),
        }
    }
    if outcomes.len() < batch.len() && lock.is_none() {
        return Err(Failed::strange("too few outcomes"));
    }
    let both = batch.iter().zip(&outcomes);
    inner.tell_written(
        both.filter(|(_, outcome)| outcome.is_ok())
            .map(|((_, part), _)| part),
    );
    Ok((outcomes, lock))
}

fn batch_call<'a>(
    inner: &'a Inner,
    partition: &Partition,
    batch: &[(usize, Part<'_>)],
) -> Call<'a> {
    let names = [&partition.index, &partition.revision, &partition.locks];
    let names = names.map(Vec::as_slice);
    let records = batch
        .iter()
        .flat_map(|(_, part)| part.expected().chain(part.written()));
    // What is told has the keys once more.
    let bytes = batch.iter().map(|(_, part)| 2 * part.bytes()).sum();
    let mut call = Call::new(&inner.scripts.commit, partition, &names, records, bytes);
    inner.head(partition, &mut call).number(batch.len());
    let mut names_told = Vec::new();
    for (_, part) in batch {
        call.number(part.expectations.len());
        call.number(part.writes.len());
        names_told.clear();
        tell_in(&mut names_told, part.written());
        call.arg(&names_told);
        for (_, expect) in &part.expectations {
            call.revision(*expect);
        }
        let there = part.expected_there();
        for (key, body) in &part.writes {
            match body {
                None => call.arg(b"d").arg(b""),
                Some(body) if there.binary_search(key).is_ok() => call.arg(b"u").arg(body),
                Some(body) => call.arg(b"p").arg(body),
            };
        }
    }
    call
}

fn conflict(part: &Part<'_>, number: i64) -> CommitError {
    let place = usize::try_from(number - 1).ok();
    match place.and_then(|place| part.expectations.get(place)) {
        Some((key, _)) => CommitError::Conflict(Key::clone(key)),
        None => StoreError::from(Failed::strange("a conflict of no expectation")).into(),
    }
}

/// The names that other nodes are told, each with its length before it.
fn told<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<u8> {
    let mut bytes = Vec::new();
    tell_in(&mut bytes, keys);
    bytes
}

/// The same, at the end of a buffer.
fn tell_in<'a>(bytes: &mut Vec<u8>, keys: impl Iterator<Item = &'a Key>) {
    for key in keys {
        // Keys have 1,024 bytes at most.
        let length = u16::try_from(key.0.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&key.0);
    }
}

/// Waits until a lock may be gone; a change that was cut short is ended.
pub(super) async fn wait_for(
    inner: &Inner,
    partition: &Partition,
    lock: &[u8],
    until: Instant,
) -> Result<(), StoreError> {
    if Instant::now() + LOCK_WAIT >= until {
        return Err(StoreError::Unavailable(
            "another change of the same records takes too long; try again".to_owned(),
        ));
    }
    if !unfinished::end_locked(inner, partition, lock, until).await? {
        sleep(LOCK_WAIT).await;
    }
    Ok(())
}

impl Inner {
    /// Tells the watchers which records these parts have written.
    fn tell_written<'a>(&self, parts: impl Iterator<Item = &'a Part<'a>>) {
        let keys: Vec<&Key> = parts.flat_map(Part::written).collect();
        if !keys.is_empty() {
            self.tell(&keys);
        }
    }

    /// A connection for writes; several where each is held up by its replicas.
    pub(super) fn write_link(&self) -> &Link {
        let turn = self.next_write.fetch_add(1, Relaxed);
        &self.writes[turn % self.writes.len()]
    }

    pub(super) fn wait(&self) -> Option<Wait> {
        let replicas = self.options.wait_replicas;
        let millis = self.options.wait_timeout.as_millis();
        (replicas > 0).then(|| Wait {
            replicas,
            millis: u64::try_from(millis).unwrap_or(u64::MAX).max(1),
        })
    }

    /// The arguments that all scripts which write begin with.
    fn head<'c, 's>(&self, partition: &Partition, call: &'c mut Call<'s>) -> &'c mut Call<'s> {
        call.number(partition.record_prefix.len())
            .arg(self.publish_command().as_bytes())
            .arg(&partition.channel)
            .arg(&**self.sender.load())
    }

    /// After a change of which nobody knows whether it was made. Its message may come later than
    /// its caller was told: it must not pass for one of which the watchers know already.
    fn doubt_messages(&self) {
        self.sender.store(Arc::new(*Uuid::new_v4().as_bytes()));
    }
}
