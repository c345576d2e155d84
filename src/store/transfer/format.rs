//! The file of an export, from its beginning to its end:
//!
//! ```text
//! upsell-export 1\n            the format
//! {"product":…}\n              the header, JSON on one line
//! sum                          32 bytes
//! part …                       chunks of records, in the order of their keys, then the end mark
//!
//! part  = kind, length of the payload (4 bytes), payload, sum
//! chunk = kind 'C'; of each record: length of the key (2 bytes), of the body (4), key, body
//! end   = kind 'E'; the numbers of chunks, records and bytes of keys and bodies (8 bytes each)
//! ```
//!
//! Numbers are big-endian. The first sum is the SHA-256 of the two lines; each further one is the
//! SHA-256 of the sum before it, the kind, the length and the payload. So a part that is damaged,
//! missing, doubled or out of place is noticed where it stands, and the last sum is a digest of
//! all.
//!
//! Where one chunk ends depends on its records alone. An export that was cut and continued is
//! therefore, byte for byte, what it would have been in one go.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// What an export begins with.
pub(super) const WORD: &str = "upsell-export ";

/// The lines of the header are together no longer than this.
pub(super) const MAX_HEADER_BYTES: usize = 64 * 1024;

/// A chunk takes no further record with which its payload would be longer; one record alone may.
pub(super) const CHUNK_BYTES: usize = 1024 * 1024;

/// A chunk has no more records.
pub(super) const CHUNK_RECORDS: usize = 4096;

/// No payload is longer: the longest body of any engine, with room for its key.
pub(super) const MAX_PAYLOAD_BYTES: usize = 32 * 1024 * 1024;

pub(super) const CHUNK: u8 = b'C';
pub(super) const END: u8 = b'E';
pub(super) const SUM_BYTES: usize = 32;

/// A sum over everything up to a place.
pub type Sum = [u8; SUM_BYTES];

/// What is known of the whole export at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the program that made it.
    pub product: String,
    /// When, as RFC 3339.
    pub made_at: String,
    /// The engine that the records were in.
    pub engine: String,
    /// The format of all records together (`store::format`).
    pub records_format: u32,
    /// The keys that links and secrets in it were made with.
    pub keys: KeyIds,
}

/// Ids of keys, from oldest to newest; never the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyIds {
    /// Of tracked links.
    pub link: Vec<String>,
    /// Of stored secrets.
    pub seal: Vec<String>,
    /// Of access tokens.
    pub token: Vec<String>,
}

impl KeyIds {
    /// Those of them that `others` lack, with their kind.
    #[must_use]
    pub fn missing_in(&self, others: &Self) -> Vec<String> {
        let kinds = [
            ("link", &self.link, &others.link),
            ("seal", &self.seal, &others.seal),
            ("token", &self.token, &others.token),
        ];
        let mut missing = Vec::new();
        for (kind, own, others) in kinds {
            let lacking = own.iter().filter(|id| !others.contains(id));
            missing.extend(lacking.map(|id| format!("{kind} {id}")));
        }
        missing
    }
}

impl Header {
    /// The two lines.
    pub(super) fn lines(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut lines = format!("{WORD}{FORMAT_VERSION}\n").into_bytes();
        serde_json::to_writer(&mut lines, self)?;
        lines.push(b'\n');
        Ok(lines)
    }
}

/// The sum of the header.
pub(super) fn header_sum(lines: &[u8]) -> Sum {
    Sha256::digest(lines).into()
}

/// The sum of a part that follows one with the sum `before`.
pub(super) fn part_sum(before: &Sum, kind: u8, length: [u8; 4], payload: &[u8]) -> Sum {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update([kind]);
    hash.update(length);
    hash.update(payload);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_keys_are_named_with_their_kind() {
        let ids = |link: &[&str], seal: &[&str], token: &[&str]| {
            let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            KeyIds {
                link: owned(link),
                seal: owned(seal),
                token: owned(token),
            }
        };
        let own = ids(&["1", "2"], &["1"], &["a"]);
        assert_eq!(own.missing_in(&own), Vec::<String>::new());
        let newer = ids(&["1", "2", "3"], &["1", "2"], &["a", "b"]);
        assert_eq!(own.missing_in(&newer), Vec::<String>::new());
        let others = ids(&["1"], &["1"], &["b"]);
        assert_eq!(own.missing_in(&others), ["link 2", "token a"]);
    }
}
