//! Changes on their way into the store: those of one partition many in a script, those that span
//! partitions one by one.

mod across;
mod intent;
mod unfinished;

use std::collections::{BTreeMap, BTreeSet};
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
use crate::store::engine::{Changes, CommitError, Expect, Key, StoreError, Write};
use crate::store::limits::checked_size;

pub(super) use unfinished::sweep;

/// Changes in one script at most: nobody else is served meanwhile.
const MAX_BATCH: usize = 256;

/// Keys and values in one script, unless one change alone is larger.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// The wait before a look at whether a lock is gone.
const LOCK_WAIT: Duration = Duration::from_millis(3);

type Outcome = Result<(), CommitError>;

/// What a change does in one partition. Of the writes of a key only the last is left.
struct Part<'a> {
    expectations: Vec<(&'a Key, Expect)>,
    writes: BTreeMap<&'a Key, Option<&'a [u8]>>,
}

impl Part<'_> {
    fn new() -> Self {
        Self {
            expectations: Vec::new(),
            writes: BTreeMap::new(),
        }
    }

    fn bytes(&self) -> usize {
        let expected = self.expectations.iter().map(|(key, _)| key.0.len());
        let written = self.writes.iter();
        let written = written.map(|(key, body)| key.0.len() + body.map_or(0, <[u8]>::len));
        expected.chain(written).sum()
    }

    /// The records that are there if all that is expected holds.
    fn expected_there(&self) -> BTreeSet<&Key> {
        let expected = self.expectations.iter();
        let there = expected.filter(|(_, expect)| matches!(expect, Expect::Revision(_)));
        there.map(|(key, _)| *key).collect()
    }

    fn keys(&self) -> Vec<Key> {
        self.writes.keys().copied().cloned().collect()
    }
}

/// A change, cut up by partitions.
type Parts<'a> = BTreeMap<u16, Part<'a>>;

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
        if outcomes[place].is_err() {
            continue;
        }
        let mut parts = cut_up(inner, change);
        if parts.len() > 1 {
            // What stands before it in the list is made before it.
            run_groups(inner, &mut groups, &mut outcomes, until).await;
            outcomes[place] = across::commit(inner, change, &parts, until).await;
        } else if let Some((number, part)) = parts.pop_first() {
            groups.entry(number).or_default().push((place, part));
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

fn cut_up<'a>(inner: &Inner, change: &'a Changes) -> Parts<'a> {
    let mut parts = Parts::new();
    let number = |key: &Key| inner.layout.of_key(key).number;
    for (key, expect) in &change.expectations {
        let part = parts.entry(number(key)).or_insert_with(Part::new);
        part.expectations.push((key, *expect));
    }
    for write in &change.writes {
        let (key, body) = match write {
            Write::Put(key, body) => (key, Some(body.as_slice())),
            Write::Delete(key) => (key, None),
        };
        let part = parts.entry(number(key)).or_insert_with(Part::new);
        part.writes.insert(key, body);
    }
    parts
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
                    batch.iter().for_each(|(_, part)| inner.tell(&part.keys()));
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
    let answer = scripts::write(link, partition, &call, wait, repeat, until).await?;
    let Value::Array(answers) = answer else {
        return Err(Failed::strange("a commit without outcomes"));
    };
    let mut outcomes = Vec::with_capacity(batch.len());
    for ((_, part), answer) in batch.iter().zip(answers) {
        match answer {
            Value::Int(0) => {
                inner.tell(&part.keys());
                outcomes.push(Ok(()));
            }
            Value::Int(number) => outcomes.push(Err(conflict(part, number))),
            Value::BulkString(lock) => return Ok((outcomes, Some(lock))),
            _ => return Err(Failed::strange("an outcome of no known kind")),
        }
    }
    if outcomes.len() == batch.len() {
        Ok((outcomes, None))
    } else {
        Err(Failed::strange("too few outcomes"))
    }
}

fn batch_call<'a>(
    inner: &'a Inner,
    partition: &Partition,
    batch: &[(usize, Part<'_>)],
) -> Call<'a> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    for (_, part) in batch {
        keys.extend(
            part.expectations
                .iter()
                .map(|(key, _)| partition.record(key)),
        );
        keys.extend(part.writes.keys().map(|key| partition.record(key)));
    }
    let fixed = [&partition.index, &partition.revision, &partition.locks];
    let all: Vec<&[u8]> = fixed.into_iter().chain(&keys).map(Vec::as_slice).collect();
    let mut call = Call::new(&inner.scripts.commit, all.into_iter());
    inner.head(partition, &mut call).number(batch.len());
    for (_, part) in batch {
        call.number(part.expectations.len());
        call.number(part.writes.len());
        call.arg(&told(part.writes.keys().copied()));
        for (_, expect) in &part.expectations {
            call.arg(&revision_bytes(*expect));
        }
        let there = part.expected_there();
        for (key, body) in &part.writes {
            match body {
                None => call.arg(b"d").arg(b""),
                Some(body) if there.contains(key) => call.arg(b"u").arg(body),
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

/// What a record must begin with; nothing where it must not be there.
fn revision_bytes(expect: Expect) -> Vec<u8> {
    match expect {
        Expect::Absent => Vec::new(),
        Expect::Revision(revision) => revision.0.to_be_bytes().to_vec(),
    }
}

/// The names that other nodes are told, each with its length before it.
fn told<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for key in keys {
        // Keys have 1,024 bytes at most.
        let length = u16::try_from(key.0.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&key.0);
    }
    bytes
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
    /// A connection for writes; several where each is held up by its replicas.
    fn write_link(&self) -> &Link {
        let turn = self.next_write.fetch_add(1, Relaxed);
        &self.writes[turn % self.writes.len()]
    }

    fn wait(&self) -> Option<Wait> {
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
