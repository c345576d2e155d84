//! A commit that spans partitions: prepared in each, decided in one, applied in all.
//!
//! 1. Prepare it in the partition that decides, then in the others: check its expectations and lock
//!    the records.
//! 2. Decide it by applying it in the first. From then on every node that meets it completes it.
//! 3. Apply it in the others, answer the caller, and delete the decision.
//!
//! A commit that was cut short is ended by the node that meets a lock of it, or by the sweep, once it
//! is older than `undecided_ttl`: rolled back if it was not decided, else applied. So no lock outlives
//! `undecided_ttl`, and no commit stays half applied.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::future::join_all;
use redis::Value;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use super::intent::{Intent, Lock, encode_partitions};
use super::unfinished::{Locked, apply, forget, give_up, roll_back_all};
use super::{LOCK_WAIT, Outcome, Part, Parts, conflict, wait_for};
use crate::store::engine::{Changes, CommitError, Key, StoreError};
use crate::store::redis::Inner;
use crate::store::redis::link::{Failed, Repeat};
use crate::store::redis::scripts::{self, Call};

/// The longest wait to fall out of step with others: who waits for longer only starves.
const MAX_LOCK_WAIT: Duration = Duration::from_millis(40);

/// What came of preparing.
enum Prepared {
    Done,
    Conflict(CommitError),
    /// A lock was in the way, in this partition.
    Locked(u16, Vec<u8>),
}

/// A change with the name it has while it is under way.
struct Spanning<'a> {
    lock: Lock,
    parts: &'a Parts<'a>,
    intents: BTreeMap<u16, Intent>,
    until: Instant,
}

pub(super) async fn commit(
    inner: &Arc<Inner>,
    change: &Changes,
    parts: &Parts<'_>,
    until: Instant,
) -> Outcome {
    inner.stats.across.fetch_add(1, Relaxed);
    let mut wait = LOCK_WAIT;
    loop {
        let spanning = Spanning::new(parts, until);
        match spanning.prepare(inner).await {
            Ok(Prepared::Done) => return spanning.make(inner).await,
            Ok(Prepared::Conflict(found)) => {
                spanning.take_back(inner).await;
                // Which one was found depends on the partitions; the first of the change is told.
                let first = inner.first_unmet(&change.expectations, until).await;
                return Err(first.map_or(found, |key| CommitError::Conflict(key.clone())));
            }
            Ok(Prepared::Locked(number, lock)) => {
                spanning.take_back(inner).await;
                wait_for(inner, inner.partition(number), &lock, until).await?;
                // Two changes that keep taking each other's locks must fall out of step.
                let [random, ..] = *Uuid::new_v4().as_bytes();
                sleep(wait * u32::from(random) / 256).await;
                wait = (wait * 2).min(MAX_LOCK_WAIT);
            }
            Err(failed) => {
                spanning.take_back(inner).await;
                // Without a decision it is never made.
                let failed = Failed {
                    is_unknown: false,
                    ..failed
                };
                return Err(StoreError::from(failed).into());
            }
        }
    }
}

impl<'a> Spanning<'a> {
    fn new(parts: &'a Parts<'a>, until: Instant) -> Self {
        let lock = Lock {
            id: *Uuid::new_v4().as_bytes(),
            decider: parts.keys().next().copied().unwrap_or_default(),
        };
        let intents = parts.iter();
        let intents = intents.map(|(number, part)| (*number, intent_of(part, lock.decider)));
        Self {
            intents: intents.collect(),
            lock,
            parts,
            until,
        }
    }

    /// Prepares it in the partition that decides, and then in the others: who meets a lock of it
    /// can rely on finding it there.
    async fn prepare(&self, inner: &Inner) -> Result<Prepared, Failed> {
        let first = self.prepare_in(inner, self.lock.decider).await?;
        if !matches!(first, Prepared::Done) {
            return Ok(first);
        }
        let others = self.others().map(|number| self.prepare_in(inner, number));
        let mut worst = Prepared::Done;
        for prepared in join_all(others).await {
            match prepared? {
                Prepared::Done => {}
                other => worst = other,
            }
        }
        Ok(worst)
    }

    #[expect(clippy::indexing_slicing, reason = "each part has an intent")]
    async fn prepare_in(&self, inner: &Inner, number: u16) -> Result<Prepared, Failed> {
        let (partition, part) = (inner.partition(number), &self.parts[&number]);
        let intent = &self.intents[&number];
        let names = [&partition.locks, &partition.intents, &partition.revision];
        let names = names.map(Vec::as_slice);
        let written = intent.writes.iter().map(|(key, _)| key);
        let records = part.expected().chain(written);
        let script = &inner.scripts.prepare;
        let mut call = Call::new(script, partition, &names, records, 2 * part.bytes());
        call.number(partition.record_prefix.len())
            .arg(&self.lock.id)
            .arg(&self.lock.decider.to_be_bytes())
            .arg(&intent.encode())
            .number(part.expectations.len());
        for (_, expect) in &part.expectations {
            call.revision(*expect);
        }
        let link = inner.write_link();
        let (wait, repeat) = (inner.wait(), Repeat::IfNotMade);
        match scripts::write(link, partition, call, wait, repeat, self.until).await? {
            Value::Int(0) => Ok(Prepared::Done),
            Value::Int(place) => Ok(Prepared::Conflict(conflict(part, place))),
            Value::BulkString(lock) => Ok(Prepared::Locked(number, lock)),
            _ => Err(Failed::strange("nothing known came of preparing a change")),
        }
    }

    /// Decides it, and applies it everywhere.
    async fn make(&self, inner: &Arc<Inner>) -> Outcome {
        let decision = encode_partitions(self.intents.keys().copied());
        let begun = Instant::now();
        let decided = self.apply_in(inner, self.lock.decider, &decision).await;
        let outcome = match decided {
            Ok(true) => self.apply_in_others(inner, begun).await,
            Ok(false) => {
                self.take_back(inner).await;
                Err(StoreError::Unavailable(
                    "the change took too long and was taken back; try again".to_owned(),
                ))
            }
            Err(failed) => Err(failed.into()),
        };
        if outcome.is_err() {
            inner.doubt_messages();
            let (inner, lock, locked) = (Arc::clone(inner), self.lock.clone(), self.locked());
            // Whoever waits has waited long enough; the records are not to stay locked.
            tokio::spawn(async move { give_up(&inner, &lock, &locked).await });
        }
        // Also where nobody knows whether it was made.
        for intent in self.intents.values() {
            inner.tell(&intent.keys().collect::<Vec<_>>());
        }
        outcome.map_err(CommitError::from)
    }

    async fn apply_in_others(&self, inner: &Arc<Inner>, begun: Instant) -> Result<(), StoreError> {
        let others = self
            .others()
            .map(|number| self.apply_in(inner, number, b""));
        for applied in join_all(others).await {
            // Nobody else ends it so soon: what was prepared is gone, as after a failover.
            if !applied? && begun.elapsed() < inner.options.undecided_ttl / 2 {
                return Err(StoreError::Unavailable(
                    "Redis has lost a part of the change that it had taken".to_owned(),
                ));
            }
        }
        let (inner, lock) = (Arc::clone(inner), self.lock.clone());
        // Nobody waits for this; what is left the sweep removes.
        tokio::spawn(async move { forget(&inner, &lock).await });
        Ok(())
    }

    #[expect(clippy::indexing_slicing, reason = "each part has an intent")]
    async fn apply_in(&self, inner: &Inner, number: u16, decision: &[u8]) -> Result<bool, Failed> {
        let (id, intent) = (&self.lock.id, &self.intents[&number]);
        let partition = inner.partition(number);
        apply(inner, partition, id, intent, decision, self.until).await
    }

    /// Removes what was prepared. Until others would do that, it is tried for: a server that used up
    /// the time of the call must not keep the records of others locked, nor its own when it is back.
    /// But nobody waits for longer than the call may take.
    async fn take_back(&self, inner: &Arc<Inner>) {
        let (inner, id, locked) = (Arc::clone(inner), self.lock.id, self.locked());
        let taking = tokio::spawn(async move { roll_back_all(&inner, &id, &locked).await });
        let _taken_back_later = timeout_at(self.until, taking).await;
    }

    fn locked(&self) -> Locked {
        let intents = self.intents.iter();
        intents.map(|(n, intent)| (*n, intent.locked())).collect()
    }

    fn others(&self) -> impl Iterator<Item = u16> {
        self.intents
            .keys()
            .copied()
            .filter(|number| *number != self.lock.decider)
    }
}

fn intent_of(part: &Part<'_>, decider: u16) -> Intent {
    let is_written = |key: &Key| part.writes.binary_search_by_key(&key, |(key, _)| key);
    let expected = part.expected().filter(|key| is_written(key).is_err());
    let writes = part.writes.iter();
    Intent {
        decider,
        expected: expected.cloned().collect(),
        writes: writes
            .map(|(key, body)| (Key::clone(key), body.map(<[u8]>::to_vec)))
            .collect(),
    }
}
