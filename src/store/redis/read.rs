//! Reads of records by their keys.
#![expect(
    clippy::indexing_slicing,
    reason = "places count the keys or changes given, partitions are those of the layout"
)]

use std::collections::BTreeMap;

use futures_util::future::join_all;
use redis::{Cmd, Value};
use tokio::time::Instant;

use super::layout::{Partition, record_of};
use super::link::{Failed, Repeat};
use super::scripts::{self, Call};
use super::{Inner, commit};
use crate::store::engine::{Expect, Key, MAX_KEY_BYTES, Record, StoreError};

/// Records read with one command: nobody else is served meanwhile.
const MAX_READ: usize = 1000;

/// More than a command has besides its arguments.
const COMMAND_BYTES: usize = 8;

type Records = Vec<Option<Record>>;

/// What partitions show of some records.
struct Look {
    records: Records,
    /// For each of them that is not there, when its partition has removed one for the last time: so it
    /// was not there in between either, if this is the same in two looks.
    removals: Vec<Vec<u8>>,
    /// Of a change that spans partitions and is under way, in this one of them.
    lock: Option<(u16, Vec<u8>)>,
}

impl Look {
    fn is_as(&self, later: &Self) -> bool {
        self.records == later.records && self.removals == later.removals
    }
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
            .ask(partition, cmd, Repeat::Always, until)
            .await?;
        if value == Value::Nil {
            self.check_epoch_of(std::iter::once(partition), until)
                .await?;
        }
        record(value)
    }

    /// The records of one moment.
    pub(super) async fn get_many(&self, keys: &[Key]) -> Result<Records, StoreError> {
        let _room = self.room_for(0).await?;
        let until = self.deadline();
        let places = self.by_partition(keys);
        if places.len() == 1 && keys.len() <= MAX_READ {
            let records = self.read_each(keys, &places, until).await;
            return records.into_iter().collect();
        }
        // Nothing that spans partitions, or commands, is one moment. But what is seen twice without
        // a change under way stood between the two looks.
        let mut seen: Option<Look> = None;
        while Instant::now() < until {
            let look = self.look(keys, &places, until).await?;
            if let Some((number, lock)) = &look.lock {
                commit::wait_for(self, self.partition(*number), lock, until).await?;
            } else if seen.is_some_and(|seen| seen.is_as(&look)) {
                return Ok(look.records);
            }
            seen = Some(look);
        }
        Err(StoreError::Unavailable(
            "the records change too fast to be read together; try again".to_owned(),
        ))
    }

    /// Whether a record that was expected is as it was expected to be, for the first that is not.
    pub(super) async fn first_unmet<'a>(
        &self,
        expected: &'a [(Key, Expect)],
        until: Instant,
    ) -> Option<&'a Key> {
        let keys: Vec<Key> = expected.iter().map(|(key, _)| key.clone()).collect();
        let places = self.by_partition(&keys);
        let found = self.read_each(&keys, &places, until).await.into_iter();
        let found: Records = found.collect::<Result<_, _>>().ok()?;
        let mut both = expected.iter().zip(found);
        let unmet = both.find(|((_, expect), found)| {
            let revision = found.as_ref().map(|record| record.revision);
            match expect {
                Expect::Absent => revision.is_some(),
                Expect::Revision(wanted) => revision != Some(*wanted),
            }
        });
        unmet.map(|((key, _), _)| key)
    }

    pub(super) async fn get_each(&self, keys: &[Key]) -> Vec<Result<Option<Record>, StoreError>> {
        let _room = match self.room_for(0).await {
            Ok(room) => room,
            Err(error) => return vec![Err(error); keys.len()],
        };
        let places = self.by_partition(keys);
        self.read_each(keys, &places, self.deadline()).await
    }

    /// Which of the keys are in which partition.
    pub(super) fn by_partition(&self, keys: &[Key]) -> BTreeMap<u16, Vec<usize>> {
        let mut places: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        for (place, key) in keys.iter().enumerate().filter(|(_, key)| is_key(key)) {
            places
                .entry(self.layout.of_key(key).number)
                .or_default()
                .push(place);
        }
        places
    }

    /// Each record as it is when its partition is asked; servers that are away are not in the way of
    /// what others have.
    pub(super) async fn read_each(
        &self,
        keys: &[Key],
        places: &BTreeMap<u16, Vec<usize>>,
        until: Instant,
    ) -> Vec<Result<Option<Record>, StoreError>> {
        let asked = pieces(places).map(|(number, places)| async move {
            let partition = self.partition(number);
            let cmd = mget(partition, keys, places);
            let answer = self.reads.ask(partition, cmd, Repeat::Always, until).await;
            let values = match answer.map_err(StoreError::from).and_then(array) {
                Ok(values) if values.len() != places.len() => {
                    Err(Failed::strange("too many or too few records").into())
                }
                // An emptied server has nothing, and knows of nothing.
                Ok(values) if values.contains(&Value::Nil) => {
                    let this = std::iter::once(partition);
                    let is_there = self.check_epoch_of(this, until).await;
                    is_there.map(|()| values)
                }
                values => values,
            };
            (places, values)
        });
        let mut records = vec![Ok(None); keys.len()];
        for (places, values) in join_all(asked).await {
            match values {
                Ok(values) => {
                    for (place, value) in places.iter().zip(values) {
                        records[*place] = record(value);
                    }
                }
                Err(error) => {
                    for place in places {
                        records[*place] = Err(error.clone());
                    }
                }
            }
        }
        records
    }

    /// The records, and whether a change that spans partitions is under way on one of them.
    async fn look(
        &self,
        keys: &[Key],
        places: &BTreeMap<u16, Vec<usize>>,
        until: Instant,
    ) -> Result<Look, StoreError> {
        let asked = pieces(places).map(|(number, places)| async move {
            let partition = self.partition(number);
            let names = [partition.locks.as_slice(), &partition.revision];
            let records = places.iter().map(|place| &keys[*place]);
            let mut call = Call::new(&self.scripts.read, partition, &names, records, 0);
            call.number(partition.record_prefix.len());
            let answer = scripts::read(&self.reads, partition, call, until).await?;
            Ok::<_, StoreError>((number, places, array(answer)?))
        });
        let mut look = Look {
            records: vec![None; keys.len()],
            removals: vec![Vec::new(); keys.len()],
            lock: None,
        };
        for answer in join_all(asked).await {
            let (number, places, values) = answer?;
            let mut values = values.into_iter();
            if let Some(Value::BulkString(lock)) = values.next() {
                look.lock = Some((number, lock));
            }
            let removal = bytes(values.next().unwrap_or(Value::Nil))?;
            for (place, value) in places.iter().zip(values) {
                look.records[*place] = record(value)?;
                if look.records[*place].is_none() {
                    look.removals[*place].clone_from(&removal);
                }
            }
        }
        Ok(look)
    }

    pub(super) fn partition(&self, number: u16) -> &Partition {
        // Numbers come from the layout: those that servers say are looked up elsewhere.
        &self.layout.partitions[usize::from(number)]
    }
}

fn mget(partition: &Partition, keys: &[Key], places: &[usize]) -> Cmd {
    let records = places.iter().map(|place| &keys[*place]);
    let prefix = partition.record_prefix.len();
    let bytes: usize = records.clone().map(|key| prefix + key.0.len()).sum();
    let mut cmd = Cmd::with_capacity(1 + places.len(), bytes + COMMAND_BYTES);
    cmd.arg("MGET");
    let mut name = partition.record_prefix.clone();
    for key in records {
        cmd.arg(partition.name_in(&mut name, key));
    }
    cmd
}

/// Pieces of the keys of each partition.
fn pieces(places: &BTreeMap<u16, Vec<usize>>) -> impl Iterator<Item = (u16, &[usize])> {
    let pieces = places.iter();
    pieces.flat_map(|(number, places)| places.chunks(MAX_READ).map(|piece| (*number, piece)))
}

fn is_key(key: &Key) -> bool {
    (1..=MAX_KEY_BYTES).contains(&key.0.len())
}

pub(super) fn record(value: Value) -> Result<Option<Record>, StoreError> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => record_of(bytes).map(Some),
        // A script has no other word for nothing.
        Value::Boolean(false) => Ok(None),
        _ => Err(Failed::strange("a record that is none").into()),
    }
}

pub(super) fn array(value: Value) -> Result<Vec<Value>, StoreError> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(Failed::strange("one value where there are many").into()),
    }
}

pub(super) fn bytes(value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(Failed::strange("a name that is none").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It may have been put and removed between two looks that do not show it.
    #[test]
    fn what_is_not_there_twice_was_not_there_in_between_unless_something_was_removed() {
        let look = |removal: &[u8]| Look {
            records: vec![None],
            removals: vec![removal.to_vec()],
            lock: None,
        };
        assert!(look(b"1").is_as(&look(b"1")));
        assert!(!look(b"1").is_as(&look(b"2")));
    }
}
