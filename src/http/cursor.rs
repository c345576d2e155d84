//! Cursors of lists, opaque to callers. A cursor holds the position after which the list goes on,
//! and a tag of the list, so that it is valid for no other list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::endpoint::ParameterValue;
use super::error::ApiError;
use super::openapi::schema;

const TAG_BYTES: usize = 8;

/// No cursor is longer, in characters.
const MAX_CHARS: usize = 64;

/// A cursor as a caller sent it: [`read`](Self::read) says what it means in which list.
pub(crate) struct Cursor(String);

impl ParameterValue for Cursor {
    fn schema() -> serde_json::Value {
        schema::any_text()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

impl Cursor {
    /// What to go on after in `list`, which is what [`write`] was given; `parameter` is what errors
    /// call it.
    ///
    /// # Errors
    /// 400 where it is no cursor of that list.
    pub(crate) fn read<T: Position>(&self, parameter: &str, list: &str) -> Result<T, ApiError> {
        let read = || {
            let text = Some(self.0.as_str()).filter(|text| text.len() <= MAX_CHARS)?;
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let (found, position) = bytes.split_at_checked(TAG_BYTES)?;
            T::from_bytes(position).filter(|_| found == tag(list))
        };
        read().ok_or_else(|| {
            let why = "expired or malformed cursor, or one of another list; start again without it";
            ApiError::malformed(parameter, why)
        })
    }
}

/// The cursor that goes on after `position` in `list`: the name of the list with all that selects
/// its items.
#[must_use]
pub(crate) fn write<T: Position>(position: &T, list: &str) -> String {
    URL_SAFE_NO_PAD.encode([tag(list), position.bytes()].concat())
}

fn tag(list: &str) -> Vec<u8> {
    let hash = Sha256::digest(list.as_bytes());
    hash.iter().copied().take(TAG_BYTES).collect()
}

/// What a list can go on after.
pub(crate) trait Position: Sized {
    /// Its bytes.
    fn bytes(&self) -> Vec<u8>;

    /// What has these bytes.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Position for Uuid {
    fn bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

/// A moment in microseconds, and what tells apart what has the same.
impl Position for (i64, Uuid) {
    fn bytes(&self) -> Vec<u8> {
        [self.0.to_be_bytes().as_slice(), self.1.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (micros, id) = bytes.split_first_chunk()?;
        let micros = Some(i64::from_be_bytes(*micros)).filter(|micros| *micros >= 0)?;
        Some((micros, Uuid::from_slice(id).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_fits_its_own_list_only() {
        let id = Uuid::new_v4();
        let cursor = write(&id, "tenants/a");
        let read = |text: &str, list| Cursor(text.to_owned()).read::<Uuid>("after", list).ok();
        assert_eq!(read(&cursor, "tenants/a"), Some(id));
        assert_eq!(read(&cursor, "tenants/b"), None);
        let longer = format!("{cursor}AA");
        for bad in ["", "x", "====", &cursor[1..], &longer, &"A".repeat(100)] {
            assert_eq!(read(bad, "tenants/a"), None, "{bad}");
        }
    }

    #[test]
    fn a_moment_and_an_id_are_kept() {
        let position = (1_564_038_662_807_354, Uuid::new_v4());
        let cursor = Cursor(write(&position, "mails"));
        assert_eq!(cursor.read("after", "mails"), Ok(position));
        let before_time = Cursor(write(&(-1, position.1), "mails"));
        assert!(before_time.read::<(i64, Uuid)>("after", "mails").is_err());
    }
}
