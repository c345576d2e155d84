//! Commits that span partitions and were cut short: ended by the node that meets a lock of theirs, and
//! by a periodic sweep.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use redis::Value;
use tokio::time::{Instant, sleep};

use super::intent::{ID_BYTES, Intent, Lock, Timed, decode_partitions};
use super::{LOCK_WAIT, told};
use crate::store::engine::{Key, StoreError};
use crate::store::redis::Inner;
use crate::store::redis::layout::Partition;
use crate::store::redis::link::{Failed, Repeat};
use crate::store::redis::scripts::{self, Call, Wait};

type Id = [u8; ID_BYTES];

/// What a change locks in which partitions.
pub(super) type Locked = Vec<(u16, Vec<Key>)>;

/// Whoever makes a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// May still be at it, until it is old.
    Unknown,
    /// Will not go on.
    GaveUp,
}

/// Partitions looked at beside each other: those of a server that is away hold up all others.
const SWEPT_AT_ONCE: usize = 32;

/// What a partition knows of one change.
struct Known {
    /// The server's time, in microseconds.
    now: u64,
    intent: Option<Timed>,
    decision: Option<Timed>,
}

/// What became of a change.
enum End {
    /// Whoever makes it is still at it.
    UnderWay,
    /// It is made.
    Made,
    /// It is not made, and never will be.
    TakenBack,
}

/// Makes what was prepared in a partition. `false` where nothing is: made before, or taken back.
pub(super) async fn apply(
    inner: &Inner,
    partition: &Partition,
    id: &Id,
    intent: &Intent,
    decision: &[u8],
    until: Instant,
) -> Result<bool, Failed> {
    let names = [
        &partition.index,
        &partition.revision,
        &partition.locks,
        &partition.intents,
        &partition.decisions,
    ];
    let names = names.map(Vec::as_slice);
    let records = intent.keys().chain(&intent.expected);
    let (script, bytes) = (&inner.scripts.apply, intent.bytes());
    let mut call = Call::new(script, partition, &names, records, bytes);
    inner
        .head(partition, &mut call)
        .arg(id)
        .arg(&told(intent.keys()))
        .arg(decision)
        .number(intent.writes.len());
    for (_, body) in &intent.writes {
        match body {
            Some(body) => call.arg(b"p").arg(body),
            None => call.arg(b"d").arg(b""),
        };
    }
    let link = inner.write_link();
    let (wait, repeat) = (inner.wait(), Repeat::IfNotMade);
    let done = scripts::write(link, partition, call, wait, repeat, until).await?;
    Ok(done == Value::Int(1))
}

/// Takes back what was prepared in a partition. `false` where nothing is: it may be sent twice.
pub(super) async fn roll_back(
    inner: &Inner,
    partition: &Partition,
    id: &Id,
    locked: &[Key],
    wait: Option<Wait>,
    until: Instant,
) -> Result<bool, Failed> {
    let names = [partition.locks.as_slice(), &partition.intents];
    let script = &inner.scripts.rollback;
    let mut call = Call::new(script, partition, &names, iter::empty(), 0);
    call.arg(id);
    for key in locked {
        call.arg(&key.0);
    }
    let link = inner.write_link();
    let done = scripts::write(link, partition, call, wait, Repeat::Always, until).await?;
    Ok(done == Value::Int(1))
}

/// Forgets the decision of a change that is applied everywhere.
pub(super) async fn forget(inner: &Inner, lock: &Lock) {
    let partition = inner.partition(lock.decider);
    let mut cmd = redis::cmd("HDEL");
    cmd.arg(&partition.decisions).arg(&lock.id);
    let link = inner.write_link();
    let done = link
        .ask(partition, cmd, Repeat::Always, inner.deadline())
        .await;
    if let Err(failed) = done {
        tracing::debug!(why = failed.why, "a decision is not forgotten yet");
    }
}

/// Ends the change that has a lock in `partition`, if it was cut short. `false` where it is still under
/// way.
pub(super) async fn end_locked(
    inner: &Inner,
    partition: &Partition,
    lock: &[u8],
    until: Instant,
) -> Result<bool, StoreError> {
    let lock = Lock::read(lock)?;
    let ended = end(inner, &lock, Owner::Unknown, until).await?;
    match ended {
        End::UnderWay => return Ok(false),
        End::Made => {}
        End::TakenBack => {
            let known = look(inner, partition, &lock.id, until).await?;
            // Without one, whoever made it has ended it since.
            if let Some(intent) = known.intent {
                let locked = Intent::decode(&intent.bytes)?.locked();
                roll_back(inner, partition, &lock.id, &locked, None, until).await?;
            }
        }
    }
    Ok(true)
}

/// Ends a change that this node has begun and cannot go on with, because a server did not answer: its
/// records are not to stay locked once that one is back, or another is in its place.
pub(super) async fn give_up(inner: &Inner, lock: &Lock, locked: &Locked) {
    let until = Instant::now() + inner.options.undecided_ttl;
    while Instant::now() < until {
        match end(inner, lock, Owner::GaveUp, until).await {
            Ok(End::Made) => return,
            Ok(End::TakenBack) => return roll_back_all(inner, &lock.id, locked).await,
            // Decided at this moment after all: the next look tells.
            Ok(End::UnderWay) => {}
            Err(error) => {
                tracing::debug!(%error, "a change that was cut short is not ended yet");
                sleep(LOCK_WAIT).await;
            }
        }
    }
}

/// Takes back what was prepared in all partitions of a change that is not decided, and never will be.
pub(super) async fn roll_back_all(inner: &Inner, id: &Id, locked: &Locked) {
    let until = Instant::now() + inner.options.undecided_ttl;
    let all = locked.iter().map(|(number, locked)| async move {
        roll_back(inner, inner.partition(*number), id, locked, None, until).await
    });
    for failed in join_all(all).await.into_iter().filter_map(Result::err) {
        tracing::debug!(why = failed.why, "a change was not taken back yet");
    }
}

/// Ends a change by what the partition that decides knows of it.
async fn end(inner: &Inner, lock: &Lock, owner: Owner, until: Instant) -> Result<End, StoreError> {
    let decider = known_partition(inner, lock.decider)?;
    let known = look(inner, decider, &lock.id, until).await?;
    let is_old = |timed: &Timed| owner == Owner::GaveUp || is_old(inner, known.now, timed);
    match (&known.decision, &known.intent) {
        (Some(decision), _) if is_old(decision) => {
            for number in decode_partitions(&decision.bytes) {
                apply_again(inner, number, &lock.id, until).await?;
            }
            forget(inner, lock).await;
            inner.stats.finished_for_others.fetch_add(1, Relaxed);
            Ok(End::Made)
        }
        (None, Some(intent)) if is_old(intent) => {
            let locked = Intent::decode(&intent.bytes)?.locked();
            // It must not come back with another server and be decided there, when the others have
            // been told that it was not.
            let wait = inner.wait();
            // Decided at this moment after all, or taken back by somebody else: the next look tells.
            match roll_back(inner, decider, &lock.id, &locked, wait, until).await? {
                true => {
                    inner.stats.finished_for_others.fetch_add(1, Relaxed);
                    Ok(End::TakenBack)
                }
                false => Ok(End::UnderWay),
            }
        }
        (Some(_), _) | (None, Some(_)) => Ok(End::UnderWay),
        // It is prepared there first and forgotten there last: so it was taken back.
        (None, None) => Ok(End::TakenBack),
    }
}

/// Makes what is still only prepared in one partition of a change that was decided.
async fn apply_again(
    inner: &Inner,
    number: u16,
    id: &Id,
    until: Instant,
) -> Result<(), StoreError> {
    let partition = known_partition(inner, number)?;
    if let Some(intent) = look(inner, partition, id, until).await?.intent {
        let intent = Intent::decode(&intent.bytes)?;
        let applied = apply(inner, partition, id, &intent, b"", until).await;
        if applied.as_ref().is_err_and(|failed| failed.is_unknown) {
            inner.doubt_messages();
        }
        // Also where it is not known: to forget what did not change does no harm.
        inner.tell(&intent.keys().collect::<Vec<_>>());
        applied?;
    }
    Ok(())
}

/// A partition by a number that a server has said.
fn known_partition(inner: &Inner, number: u16) -> Result<&Partition, StoreError> {
    let found = inner.layout.partitions.get(usize::from(number));
    found.ok_or_else(|| StoreError::Corrupt(format!("a change names the partition {number}")))
}

async fn look(
    inner: &Inner,
    partition: &Partition,
    id: &Id,
    until: Instant,
) -> Result<Known, StoreError> {
    let [now, intent, decision] = look_at(inner, partition, Some(id), until).await?;
    let (Value::BulkString(intent), Value::BulkString(decision)) = (intent, decision) else {
        return Err(Failed::strange("no marks of a change").into());
    };
    Ok(Known {
        now: time_of(&now)?,
        intent: Timed::read(&intent)?,
        decision: Timed::read(&decision)?,
    })
}

async fn look_at(
    inner: &Inner,
    partition: &Partition,
    id: Option<&Id>,
    until: Instant,
) -> Result<[Value; 3], Failed> {
    let names = [partition.intents.as_slice(), &partition.decisions];
    let mut call = Call::new(&inner.scripts.look, partition, &names, iter::empty(), 0);
    if let Some(id) = id {
        call.arg(id);
    }
    // Not a replica's view.
    let answer = scripts::read(inner.write_link(), partition, call, until).await?;
    match answer {
        Value::Array(values) => values
            .try_into()
            .map_err(|_| Failed::strange("a look at changes with too much or too little")),
        _ => Err(Failed::strange("a look at changes that shows nothing")),
    }
}

fn time_of(value: &Value) -> Result<u64, StoreError> {
    let bytes: Option<[u8; 8]> = match value {
        Value::BulkString(bytes) => bytes.as_slice().try_into().ok(),
        _ => None,
    };
    bytes
        .map(u64::from_be_bytes)
        .ok_or_else(|| Failed::strange("a time that is none").into())
}

/// Ends what was cut short, also where nobody meets a lock of it: a part of it is not seen until then.
pub(in crate::store::redis) async fn sweep(inner: Arc<Inner>) {
    loop {
        sleep(inner.options.undecided_ttl / 2).await;
        let partitions = stream::iter(&inner.layout.partitions);
        let swept = partitions.for_each_concurrent(SWEPT_AT_ONCE, async |partition| {
            if let Err(error) = sweep_one(&inner, partition).await {
                // Its servers say elsewhere that they are away; those of others are not.
                tracing::debug!(%error, "changes that were cut short are looked for later");
            }
        });
        swept.await;
    }
}

async fn sweep_one(inner: &Inner, partition: &Partition) -> Result<(), StoreError> {
    let until = inner.deadline();
    let [now, intents, decisions] = look_at(inner, partition, None, until).await?;
    let now = time_of(&now)?;
    for (id, timed) in old_ones(inner, now, intents)? {
        let decider = Intent::decode(&timed.bytes)?.decider;
        end_locked(inner, partition, &Lock { id, decider }.encode(), until).await?;
    }
    // A decision lies where it was made.
    let decider = partition.number;
    for (id, _) in old_ones(inner, now, decisions)? {
        end_locked(inner, partition, &Lock { id, decider }.encode(), until).await?;
    }
    Ok(())
}

/// Those that nobody can still be at.
fn old_ones(inner: &Inner, now: u64, marks: Value) -> Result<Vec<(Id, Timed)>, StoreError> {
    let mut old = Vec::new();
    for (id, value) in pairs(marks) {
        if let Some((id, timed)) = id.try_into().ok().zip(Timed::read(&value)?)
            && is_old(inner, now, &timed)
        {
            old.push((id, timed));
        }
    }
    Ok(old)
}

fn is_old(inner: &Inner, now: u64, timed: &Timed) -> bool {
    Duration::from_micros(now.saturating_sub(timed.micros)) >= inner.options.undecided_ttl
}

/// Names and values that an answer has in turn.
fn pairs(value: Value) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let values = match value {
        Value::Array(values) => values,
        Value::Map(pairs) => pairs.into_iter().flat_map(|(k, v)| [k, v]).collect(),
        _ => Vec::new(),
    };
    let mut values = values.into_iter().map(|value| match value {
        Value::BulkString(bytes) => bytes,
        _ => Vec::new(),
    });
    iter::from_fn(move || values.next().zip(values.next()))
}
