//! The stored form of a prepared commit in one partition. Any node that meets one must be able to end
//! it.

use crate::store::engine::{Key, StoreError};
use crate::store::record::bytes::{Reader, Writer, decode};

/// The version of an intent's form.
const VERSION: u8 = 1;

/// Bytes of a change's id.
pub(super) const ID_BYTES: usize = 16;

/// What a change does in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intent {
    /// The partition in which the change is decided.
    pub(super) decider: u16,
    /// Records that are locked and not written.
    pub(super) expected: Vec<Key>,
    /// What is written; `None` removes.
    pub(super) writes: Vec<(Key, Option<Vec<u8>>)>,
}

impl Intent {
    /// What is written.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> + Clone {
        self.writes.iter().map(|(key, _)| key)
    }

    /// Bytes of keys and bodies, the keys twice: about what it takes to send it.
    pub(super) fn bytes(&self) -> usize {
        let keys = self.expected.iter().chain(self.keys());
        let bodies = self.writes.iter().filter_map(|(_, body)| body.as_ref());
        keys.map(|key| 2 * key.0.len()).sum::<usize>() + bodies.map(Vec::len).sum::<usize>()
    }

    /// What is locked.
    pub(super) fn locked(&self) -> Vec<Key> {
        self.expected.iter().chain(self.keys()).cloned().collect()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Writer::new(VERSION);
        bytes.bytes(&self.decider.to_be_bytes());
        bytes.count(self.expected.len());
        for key in &self.expected {
            bytes.blob(&key.0);
        }
        bytes.count(self.writes.len());
        for (key, body) in &self.writes {
            bytes.blob(&key.0);
            bytes.byte(u8::from(body.is_some()));
            if let Some(body) = body {
                bytes.blob(body);
            }
        }
        bytes.into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        decode(
            "an intent of a change that spans partitions",
            VERSION,
            bytes,
            read_intent,
        )
    }
}

fn read_intent(bytes: &mut Reader<'_>) -> Result<Intent, &'static str> {
    let decider = u16::from_be_bytes(*bytes.array()?);
    let (mut expected, mut writes) = (Vec::new(), Vec::new());
    for _ in 0..bytes.count()? {
        expected.push(Key(bytes.blob()?.to_vec()));
    }
    for _ in 0..bytes.count()? {
        let key = Key(bytes.blob()?.to_vec());
        let body = match bytes.byte()? {
            0 => None,
            _ => Some(bytes.blob()?.to_vec()),
        };
        writes.push((key, body));
    }
    Ok(Intent {
        decider,
        expected,
        writes,
    })
}

fn damaged(what: &str, why: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} of a change that spans partitions: {why}"))
}

/// A value with the time before it: microseconds, by the clock of the server that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timed {
    pub(super) micros: u64,
    pub(super) bytes: Vec<u8>,
}

impl Timed {
    /// Nothing is no value.
    pub(super) fn read(value: &[u8]) -> Result<Option<Self>, StoreError> {
        if value.is_empty() {
            return Ok(None);
        }
        let Some((time, bytes)) = value.split_first_chunk() else {
            return Err(damaged("a mark", "it ends too early"));
        };
        Ok(Some(Self {
            micros: u64::from_be_bytes(*time),
            bytes: bytes.to_vec(),
        }))
    }
}

/// A lock: the change that has it, and the partition that decides that change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) id: [u8; ID_BYTES],
    pub(super) decider: u16,
}

impl Lock {
    pub(super) fn encode(&self) -> Vec<u8> {
        [self.id.as_slice(), &self.decider.to_be_bytes()].concat()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        let Some((id, &[high, low])) = bytes.split_first_chunk() else {
            return Err(damaged("a lock", "its length is wrong"));
        };
        Ok(Self {
            id: *id,
            decider: u16::from_be_bytes([high, low]),
        })
    }
}

/// The partitions that a decision is about.
pub(super) fn encode_partitions(numbers: impl Iterator<Item = u16>) -> Vec<u8> {
    numbers.flat_map(u16::to_be_bytes).collect()
}

/// See [`encode_partitions`].
pub(super) fn decode_partitions(bytes: &[u8]) -> Vec<u16> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.iter().copied().map(u16::from_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_read_back_and_a_cut_one_is_damaged() {
        let intent = Intent {
            decider: 300,
            expected: vec![Key(b"e".to_vec())],
            writes: vec![
                (Key(b"a".to_vec()), Some(b"body".to_vec())),
                (Key(b"b".to_vec()), None),
                (Key(b"c".to_vec()), Some(vec![])),
            ],
        };
        let bytes = intent.encode();
        assert_eq!(Intent::decode(&bytes), Ok(intent));
        for length in 0..bytes.len() {
            assert!(Intent::decode(&bytes[..length]).is_err(), "{length}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(Intent::decode(&longer).is_err());
    }

    #[test]
    fn partitions_are_read_back() {
        let bytes = encode_partitions([0, 255, 7].into_iter());
        assert_eq!(decode_partitions(&bytes), [0, 255, 7]);
    }
}
