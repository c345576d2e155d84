//! The names of things in Redis, and in which partition a record is.
//!
//! `<prefix>:{<partition>}` begins every name of a partition; the braces are the hash tag that keeps
//! it in one slot of a cluster. Behind them: `r` and the key, a record, whose value is its revision
//! (8 bytes, big-endian) and its body; `i` the keys in order (a sorted set); `v` the last revision, that of the last removal, and
//! the store's epoch; `l` `t` `d` the locks, intents and decisions of changes that span partitions (hashes); `c` the
//! channel on which nodes tell each other what changed; `p` a probe with a TTL, which shows
//! that writes are possible.

use redis::cluster_routing::{Route, SlotAddr};

use crate::store::engine::{Key, Record, Revision, StoreError};

/// Partitions of a cluster. It is written in the store: another number finds nothing.
pub(super) const CLUSTER_PARTITIONS: u16 = 256;

/// The bytes of a revision before the body.
pub(super) const REVISION_BYTES: usize = 8;

/// Where records are: a rule of who knows what keys mean.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// The bytes of a whole key that decide.
    pub of_key: fn(&[u8]) -> &[u8],
    /// The bytes of a prefix that decide for all keys with it, if it has them already.
    pub of_prefix: fn(&[u8]) -> Option<&[u8]>,
}

/// The names of one partition.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) number: u16,
    pub(super) index: Vec<u8>,
    pub(super) revision: Vec<u8>,
    pub(super) locks: Vec<u8>,
    pub(super) intents: Vec<u8>,
    pub(super) decisions: Vec<u8>,
    pub(super) channel: Vec<u8>,
    pub(super) probe: Vec<u8>,
    pub(super) record_prefix: Vec<u8>,
    /// Where a cluster has it.
    pub(super) route: Route,
}

impl Partition {
    fn new(prefix: &str, number: u16) -> Self {
        let tag = format!("{prefix}:{{{number:03}}}");
        let name = |what: &str| format!("{tag}{what}").into_bytes();
        Self {
            number,
            index: name("i"),
            revision: name("v"),
            locks: name("l"),
            intents: name("t"),
            decisions: name("d"),
            channel: name("c"),
            probe: name("p"),
            record_prefix: name("r"),
            route: Route::with_key(&tag, SlotAddr::Master),
        }
    }

    /// The name of a record.
    pub(super) fn record(&self, key: &Key) -> Vec<u8> {
        [self.record_prefix.as_slice(), &key.0].concat()
    }

    /// The same, in a buffer that begins with what all names of records begin with.
    pub(super) fn name_in<'b>(&self, buffer: &'b mut Vec<u8>, key: &Key) -> &'b [u8] {
        buffer.truncate(self.record_prefix.len());
        buffer.extend_from_slice(&key.0);
        buffer
    }
}

/// All names of a store.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) partitions: Vec<Partition>,
    /// What kind of store this is.
    pub(super) format: Vec<u8>,
    places: Places,
}

impl Layout {
    pub(super) fn new(prefix: &str, partitions: u16, places: Places) -> Self {
        Self {
            partitions: (0..partitions.max(1))
                .map(|number| Partition::new(prefix, number))
                .collect(),
            format: format!("{prefix}:{{000}}f").into_bytes(),
            places,
        }
    }

    /// Whether changes may span partitions.
    pub(super) fn is_divided(&self) -> bool {
        self.partitions.len() > 1
    }

    /// The partition of a record.
    pub(super) fn of_key(&self, key: &Key) -> &Partition {
        self.at(if self.is_divided() {
            (self.places.of_key)(&key.0)
        } else {
            &[]
        })
    }

    /// The partitions of all records whose keys start with `prefix`.
    pub(super) fn of_prefix(&self, prefix: &Key) -> &[Partition] {
        match (self.places.of_prefix)(&prefix.0) {
            Some(bytes) if self.is_divided() => std::slice::from_ref(self.at(bytes)),
            _ => &self.partitions,
        }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the remainder is below the number of partitions"
    )]
    fn at(&self, bytes: &[u8]) -> &Partition {
        // There is always a first one, and the remainder is below their number.
        let number = fnv1a(bytes) % self.partitions.len() as u64;
        &self.partitions[usize::try_from(number).unwrap_or_default()]
    }
}

/// FNV-1a with 64 bits (draft-eastlake-fnv): the partition of a record must be the same for all
/// versions of this program.
fn fnv1a(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The value of a record, read.
pub(super) fn record_of(mut value: Vec<u8>) -> Result<Record, StoreError> {
    let revision = value
        .first_chunk::<REVISION_BYTES>()
        .map(|bytes| Revision(u64::from_be_bytes(*bytes)))
        .ok_or_else(|| StoreError::Corrupt("the value in Redis has no revision".to_owned()))?;
    // Moved to the front: cheaper than memory of its own.
    value.drain(..REVISION_BYTES);
    Ok(Record {
        revision,
        body: value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_value_without_a_revision_is_damaged() {
        assert!(record_of(vec![0; 7]).is_err());
        let record = record_of(vec![0, 0, 0, 0, 0, 0, 1, 2, b'x']).unwrap();
        assert_eq!(record.revision, Revision(258));
        assert_eq!(record.body, b"x");
    }
}
