//! Scans: records in the order of their keys.

use std::collections::VecDeque;
use std::ops::Bound;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use super::Inner;
use super::layout::Partition;
use super::link::Repeat;
use super::read::{array, bytes, record};
use super::scripts::{self, Call};
use crate::store::engine::{Key, Record, StoreError, scan_bounds};
use crate::store::limits::checked_limit;

/// Partitions asked at once in a scan of all of them.
const SCANNED_AT_ONCE: usize = 64;

/// Names that a scan of all partitions takes from each at first.
const FIRST_NAMES: usize = 16;

/// What is left to merge of one partition.
struct Names<'a> {
    partition: &'a Partition,
    next: VecDeque<Key>,
    /// There are none behind those.
    is_all: bool,
}

impl Inner {
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
        let names = [partition.index.as_slice()];
        let script = &self.scripts.scan;
        let mut call = Call::new(script, partition, &names, std::iter::empty(), 0);
        call.arg(&partition.record_prefix)
            .arg(&first)
            .arg(&last)
            .number(limit);
        let answer = scripts::read(&self.reads, partition, call, until).await?;
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
            let records = self.read_each(&names, &places, until).await;
            for (name, record) in names.into_iter().zip(records) {
                if let Some(record) = record? {
                    found.push((name, record));
                }
            }
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
            .ask(partition, cmd, Repeat::Always, until)
            .await?;
        let names = array(answer)?.into_iter().map(|name| Ok(Key(bytes(name)?)));
        let next: VecDeque<Key> = names.collect::<Result<_, StoreError>>()?;
        Ok(Names {
            partition,
            is_all: next.len() < limit,
            next,
        })
    }
}

/// The ends of a scan as Redis writes them; `None` where there is nothing between.
fn range(prefix: &Key, after: Option<&Key>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (lower, upper) = scan_bounds(prefix, after)?;
    let written = |bound: Bound<&[u8]>| match bound {
        Bound::Included(key) => [b"[", key].concat(),
        Bound::Excluded(key) => [b"(", key].concat(),
        Bound::Unbounded => b"+".to_vec(),
    };
    Some((written(lower), written(upper.as_ref().map(Vec::as_slice))))
}
