//! Reads: records by their keys, and scans in the order of keys.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use redis::Value;
use tokio::time::Instant;

use super::Inner;
use super::layout::{Partition, record_of};
use super::link::{Failed, Repeat};
use super::scripts::{self, Call};
use crate::store::engine::{Key, MAX_KEY_BYTES, Record, StoreError};
use crate::store::limits::checked_limit;

/// Records read with one command: nobody else is served meanwhile.
const MAX_READ: usize = 1000;

/// Partitions asked at once in a scan of all of them.
const SCANNED_AT_ONCE: usize = 64;

/// Names that a scan of all partitions takes from each at first.
const FIRST_NAMES: usize = 16;

/// Attempts to see the same twice.
const MAX_LOOKS: usize = 50;

type Records = Vec<Option<Record>>;

/// What is left to merge of one partition.
struct Names<'a> {
    partition: &'a Partition,
    next: VecDeque<Key>,
    /// There are none behind those.
    is_all: bool,
}

impl Inner {
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        let _room = self.room_for(0).await?;
        if !is_key(key) {
            return Ok(None);
        }
        let partition = self.layout.of_key(key);
        let mut cmd = redis::cmd("GET");
        cmd.arg(partition.record(key));
        let until = self.deadline();
        let value = self
            .reads
            .ask(partition, &cmd, Repeat::Always, until)
            .await?;
        record(value)
    }

    /// The records of one moment.
    pub(super) async fn get_many(&self, keys: &[Key]) -> Result<Records, StoreError> {
        let _room = self.room_for(0).await?;
        let until = self.deadline();
        let places = self.by_partition(keys);
        if places.len() == 1 && keys.len() <= MAX_READ {
            return self.read_each(keys, &places, until).await;
        }
        // Nothing that spans partitions, or commands, is one moment. But what is seen twice without
        // a change under way stood between the two looks.
        let mut seen = None;
        for _ in 0..MAX_LOOKS {
            let (is_locked, records) = self.look(keys, &places, until).await?;
            if !is_locked && seen.as_ref() == Some(&records) {
                return Ok(records);
            }
            seen = Some(records);
        }
        Err(StoreError::Unavailable(
            "the records change too fast to be read together; try again".to_owned(),
        ))
    }

    pub(super) async fn get_each(&self, keys: &[Key]) -> Vec<Result<Option<Record>, StoreError>> {
        let read = async {
            let _room = self.room_for(0).await?;
            let until = self.deadline();
            let places = self.by_partition(keys);
            self.read_each(keys, &places, until).await
        };
        match read.await {
            Ok(records) => records.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error); keys.len()],
        }
    }

    /// Which of the keys are in which partition.
    fn by_partition(&self, keys: &[Key]) -> BTreeMap<u16, Vec<usize>> {
        let mut places: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        for (place, key) in keys.iter().enumerate().filter(|(_, key)| is_key(key)) {
            places
                .entry(self.layout.of_key(key).number)
                .or_default()
                .push(place);
        }
        places
    }

    /// Each record as it is when its partition is asked.
    async fn read_each(
        &self,
        keys: &[Key],
        places: &BTreeMap<u16, Vec<usize>>,
        until: Instant,
    ) -> Result<Records, StoreError> {
        let asked = pieces(places).map(|(number, places)| async move {
            let partition = self.partition(number);
            let mut cmd = redis::cmd("MGET");
            for place in places {
                cmd.arg(partition.record(&keys[*place]));
            }
            let answer = self
                .reads
                .ask(partition, &cmd, Repeat::Always, until)
                .await?;
            Ok::<_, StoreError>((places, array(answer)?))
        });
        let mut records: Records = vec![None; keys.len()];
        for answer in join_all(asked).await {
            let (places, values) = answer?;
            for (place, value) in places.iter().zip(values) {
                records[*place] = record(value)?;
            }
        }
        Ok(records)
    }

    /// The records, and whether a change that spans partitions is under way on one of them.
    async fn look(
        &self,
        keys: &[Key],
        places: &BTreeMap<u16, Vec<usize>>,
        until: Instant,
    ) -> Result<(bool, Records), StoreError> {
        let script = &self.scripts.read;
        let asked = pieces(places).map(|(number, places)| async move {
            let partition = self.partition(number);
            let names: Vec<Vec<u8>> = places
                .iter()
                .map(|place| partition.record(&keys[*place]))
                .collect();
            let all: Vec<&[u8]> = std::iter::once(&partition.locks)
                .chain(&names)
                .map(Vec::as_slice)
                .collect();
            let mut call = Call::new(script, all.into_iter());
            call.number(partition.record_prefix.len());
            let answer = scripts::read(&self.reads, partition, script, &call, until).await?;
            Ok::<_, StoreError>((places, array(answer)?))
        });
        let (mut is_locked, mut records) = (false, vec![None; keys.len()]);
        for answer in join_all(asked).await {
            let (places, values) = answer?;
            let mut values = values.into_iter();
            is_locked |= values.next() != Some(Value::Int(0));
            for (place, value) in places.iter().zip(values) {
                records[*place] = record(value)?;
            }
        }
        Ok((is_locked, records))
    }

    pub(super) async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Record)>, StoreError> {
        checked_limit(limit)?;
        let _room = self.room_for(0).await?;
        let Some((first, last)) = range(prefix, after).filter(|_| limit > 0) else {
            return Ok(Vec::new());
        };
        let until = self.deadline();
        if self.layout.is_divided() {
            return self.scan_merged(prefix, (first, last), limit, until).await;
        }
        let partition = self.partition(0);
        let script = &self.scripts.scan;
        let mut call = Call::new(script, std::iter::once(partition.index.as_slice()));
        call.arg(&partition.record_prefix)
            .arg(&first)
            .arg(&last)
            .number(limit);
        let answer = scripts::read(&self.reads, partition, script, &call, until).await?;
        let mut values = array(answer)?.into_iter();
        let mut found = Vec::new();
        while let Some((name, value)) = values.next().zip(values.next()) {
            if let Some(record) = record(value)? {
                found.push((Key(bytes(name)?), record));
            }
        }
        Ok(found)
    }

    /// A scan of several partitions: the names of each in order, merged, then their records. A record
    /// that is removed meanwhile is left out.
    async fn scan_merged(
        &self,
        prefix: &Key,
        (first, last): (Vec<u8>, Vec<u8>),
        limit: usize,
        until: Instant,
    ) -> Result<Vec<(Key, Record)>, StoreError> {
        let mut found: Vec<(Key, Record)> = Vec::new();
        let partitions = self.layout.of_prefix(prefix);
        let at_first = if partitions.len() == 1 {
            limit
        } else {
            FIRST_NAMES.max(limit / partitions.len() * 2).min(limit)
        };
        let asked = partitions.iter().map(|partition| {
            let first = first.clone();
            let last = &last;
            async move { self.names(partition, &first, last, at_first, until).await }
        });
        let asked: Vec<_> = asked.collect();
        let asked: Vec<_> = stream::iter(asked)
            .buffered(SCANNED_AT_ONCE)
            .collect()
            .await;
        let mut all: Vec<Names<'_>> = asked.into_iter().collect::<Result<_, _>>()?;
        while found.len() < limit {
            let mut names = Vec::with_capacity(limit - found.len());
            while names.len() < limit - found.len() {
                let Some(name) = self.next_name(&mut all, &last, limit, until).await? else {
                    break;
                };
                names.push(name);
            }
            if names.is_empty() {
                break;
            }
            let places = self.by_partition(&names);
            let records = self.read_each(&names, &places, until).await?;
            let both = names.into_iter().zip(records);
            found.extend(both.filter_map(|(name, record)| Some((name, record?))));
        }
        Ok(found)
    }

    /// The first of the names that are left; more of a partition's are read where they run out.
    async fn next_name<'a>(
        &'a self,
        all: &mut [Names<'a>],
        last: &[u8],
        limit: usize,
        until: Instant,
    ) -> Result<Option<Key>, StoreError> {
        let least = all
            .iter_mut()
            .filter(|names| !names.next.is_empty())
            .min_by(|a, b| a.next.front().cmp(&b.next.front()));
        let Some(names) = least else {
            return Ok(None);
        };
        let Some(name) = names.next.pop_front() else {
            return Ok(None);
        };
        if names.next.is_empty() && !names.is_all {
            let first = [b"(", name.0.as_slice()].concat();
            *names = self
                .names(names.partition, &first, last, limit, until)
                .await?;
        }
        Ok(Some(name))
    }

    /// The next names of a partition.
    async fn names<'a>(
        &self,
        partition: &'a Partition,
        first: &[u8],
        last: &[u8],
        limit: usize,
        until: Instant,
    ) -> Result<Names<'a>, StoreError> {
        let mut cmd = redis::cmd("ZRANGE");
        cmd.arg(&partition.index).arg(first).arg(last);
        cmd.arg("BYLEX").arg("LIMIT").arg(0).arg(limit);
        let answer = self
            .reads
            .ask(partition, &cmd, Repeat::Always, until)
            .await?;
        let names = array(answer)?.into_iter().map(|name| Ok(Key(bytes(name)?)));
        let next: VecDeque<Key> = names.collect::<Result<_, StoreError>>()?;
        Ok(Names {
            partition,
            is_all: next.len() < limit,
            next,
        })
    }

    pub(super) async fn health(&self) -> Result<(), StoreError> {
        self.is_open()?;
        let until = self.deadline();
        let asked = self
            .layout
            .partitions
            .iter()
            .step_by(16)
            .map(|partition| async {
                self.writes[0]
                    .ask(partition, &redis::cmd("PING"), Repeat::Always, until)
                    .await
            });
        for answer in join_all(asked).await {
            answer?;
        }
        Ok(())
    }

    pub(super) fn partition(&self, number: u16) -> &Partition {
        // Numbers come from the layout, or were compared with it.
        &self.layout.partitions[usize::from(number)]
    }
}

/// Pieces of the keys of each partition.
fn pieces(places: &BTreeMap<u16, Vec<usize>>) -> impl Iterator<Item = (u16, &[usize])> {
    let pieces = places.iter();
    pieces.flat_map(|(number, places)| places.chunks(MAX_READ).map(|piece| (*number, piece)))
}

fn is_key(key: &Key) -> bool {
    (1..=MAX_KEY_BYTES).contains(&key.0.len())
}

/// The ends of a scan as Redis writes them; `None` where there is nothing between.
fn range(prefix: &Key, after: Option<&Key>) -> Option<(Vec<u8>, Vec<u8>)> {
    let with = |sign: &[u8], key: &[u8]| [sign, key].concat();
    let successor = prefix.successor();
    let after = after.filter(|after| **after >= *prefix);
    if let (Some(after), Some(end)) = (after, &successor)
        && after.0 >= *end
    {
        return None;
    }
    let first = match after {
        Some(after) => with(b"(", &after.0),
        None => with(b"[", &prefix.0),
    };
    let last = successor.map_or(b"+".to_vec(), |end| with(b"(", &end));
    Some((first, last))
}

fn record(value: Value) -> Result<Option<Record>, StoreError> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => record_of(bytes).map(Some),
        // A script has no other word for nothing.
        Value::Boolean(false) => Ok(None),
        _ => Err(Failed::strange("a record that is none").into()),
    }
}

fn array(value: Value) -> Result<Vec<Value>, StoreError> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(Failed::strange("one value where there are many").into()),
    }
}

fn bytes(value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(Failed::strange("a name that is none").into()),
    }
}
