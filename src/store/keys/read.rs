//! What index keys say, read back.

use crate::domain::ids::MailId;
use crate::domain::link::Placement;
use crate::domain::time::Timestamp;
use crate::store::engine::Key;

impl Key {
    /// The last 16 bytes: the id that index keys end with.
    #[must_use]
    pub fn trailing_uuid(&self) -> Option<uuid::Uuid> {
        let start = self.0.len().checked_sub(16)?;
        uuid::Uuid::from_slice(self.0.get(start..)?).ok()
    }

    /// The hour of a click mark.
    #[must_use]
    pub fn leading_hour(&self) -> Option<u32> {
        let bytes: [u8; 4] = self.0.get(1..5)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    }

    /// Day and placement of a count of clicks.
    #[must_use]
    pub fn day_and_placement(&self) -> Option<(u32, Placement)> {
        let day: [u8; 4] = self.0.get(17..21)?.try_into().ok()?;
        let placement = Placement::from_code(*self.0.get(21)?)?;
        Some((u32::from_be_bytes(day), placement))
    }

    /// Creation time and id of a mail in the index by state.
    #[must_use]
    pub fn created_and_mail(&self) -> Option<(Timestamp, MailId)> {
        let bytes: [u8; 8] = self.0.get(2..10)?.try_into().ok()?;
        let micros = i64::try_from(u64::MAX - u64::from_be_bytes(bytes)).ok()?;
        let id = self.trailing_uuid()?;
        Some((Timestamp::from_micros(micros), MailId::new(id)))
    }

    /// The text behind the time, in families that have both.
    #[must_use]
    pub fn text_after_time(&self) -> Option<&str> {
        std::str::from_utf8(self.0.get(9..)?).ok()
    }

    /// The time that follows the family byte, in families that have one.
    #[must_use]
    pub fn leading_time(&self) -> Option<Timestamp> {
        let bytes: [u8; 8] = self.0.get(1..9)?.try_into().ok()?;
        i64::try_from(u64::from_be_bytes(bytes))
            .ok()
            .map(Timestamp::from_micros)
    }
}
