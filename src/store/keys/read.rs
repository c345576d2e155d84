//! What index keys say, read back.

use uuid::Uuid;

use crate::domain::ids::{AccountId, AccountRef, MailId, TenantId, UserId, V1Id};
use crate::domain::time::Timestamp;
use crate::store::engine::Key;

use super::Family;

impl Key {
    /// The last 16 bytes: the id that index keys end with.
    #[must_use]
    pub fn trailing_uuid(&self) -> Option<Uuid> {
        self.0.last_chunk().copied().map(Uuid::from_bytes)
    }

    /// The id that follows the family byte.
    pub(super) fn leading_uuid(&self) -> Option<Uuid> {
        let bytes = self.0.get(1..)?.first_chunk()?;
        Some(Uuid::from_bytes(*bytes))
    }

    /// The number at this place.
    fn number_at(&self, place: usize) -> Option<u64> {
        let bytes = self.0.get(place..)?.first_chunk()?;
        Some(u64::from_be_bytes(*bytes))
    }

    /// The time at this place.
    pub(super) fn time_at(&self, place: usize) -> Option<Timestamp> {
        let micros = i64::try_from(self.number_at(place)?).ok()?;
        Some(Timestamp::from_micros(micros))
    }

    /// The time at this place, as [`super::NewestFirst`] writes it.
    pub(super) fn newest_first_at(&self, place: usize) -> Option<Timestamp> {
        let micros = i64::try_from(u64::MAX - self.number_at(place)?).ok()?;
        Some(Timestamp::from_micros(micros))
    }

    /// The account that the key ends with.
    #[must_use]
    pub fn trailing_account(&self) -> Option<AccountId> {
        let id = self.trailing_uuid()?;
        match self.0.get(self.0.len().checked_sub(17)?)? {
            0 => Some(AccountId::Tenant(TenantId::new(id))),
            1 => Some(AccountId::User(UserId::new(id))),
            _ => None,
        }
    }

    /// The day of a closed day of clicks, and its number.
    #[must_use]
    pub fn day_and_number(&self) -> Option<(u32, u32)> {
        let (day, number) = self.0.get(17..)?.split_first_chunk()?;
        let number = number.try_into().ok()?;
        Some((u32::from_be_bytes(*day), u32::from_be_bytes(number)))
    }

    /// Creation time and id of a mail in the index by state.
    #[must_use]
    pub fn created_and_mail(&self) -> Option<(Timestamp, MailId)> {
        let id = self.trailing_uuid()?;
        Some((self.newest_first_at(2)?, MailId::new(id)))
    }

    /// The text behind the time, in families that have both.
    #[must_use]
    pub fn text_after_time(&self) -> Option<&str> {
        std::str::from_utf8(self.0.get(9..)?).ok()
    }

    /// The time that follows the family byte, in families that have one.
    #[must_use]
    pub fn leading_time(&self) -> Option<Timestamp> {
        self.time_at(1)
    }
}

/// What a change of the record under a key means for those who watch the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The profile of an account.
    Profile(AccountId),
    /// The meter of an account.
    Meter(AccountRef),
    /// What a user has snoozed.
    Snoozes(UserId),
    /// The brand of a tenant.
    Brand(TenantId),
    /// What stands under a number: written when the account is made and when links need to know of a change, removed with it.
    Number(V1Id),
    /// Some partner plan.
    Plan,
    /// A client, a token that was revoked, an account that was disabled or enabled: what callers may do.
    Access,
    /// A notice: the outbox has work.
    Notice,
    /// Nothing.
    Other,
}

impl Key {
    /// Whose meter this is the name of.
    fn metered(&self) -> Option<AccountRef> {
        let (number, [kind, ..]) = self.0.get(1..)?.split_first_chunk()? else {
            return None;
        };
        let id = self.trailing_uuid()?;
        Some(AccountRef {
            id: match kind {
                0 => AccountId::Tenant(TenantId::new(id)),
                _ => AccountId::User(UserId::new(id)),
            },
            number: V1Id(u32::from_be_bytes(*number)),
        })
    }

    /// Whose record this is the name of.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let id = || self.trailing_uuid();
        let subject = match Family::of(&self.0) {
            Some(Family::Tenant) => id().map(|id| Subject::Profile(AccountId::Tenant(id.into()))),
            Some(Family::User) => id().map(|id| Subject::Profile(AccountId::User(id.into()))),
            Some(Family::Meter) => self.metered().map(Subject::Meter),
            Some(Family::Snoozes) => id().map(|id| Subject::Snoozes(id.into())),
            Some(Family::Brand) => id().map(|id| Subject::Brand(id.into())),
            Some(Family::Number) => {
                let number = self.0.get(1..).and_then(|number| number.try_into().ok());
                number.map(|number| Subject::Number(V1Id(u32::from_be_bytes(number))))
            }
            Some(Family::PartnerPlan) => Some(Subject::Plan),
            Some(Family::Notice) => Some(Subject::Notice),
            Some(Family::Client | Family::RevokedToken | Family::Disabled) => Some(Subject::Access),
            _ => None,
        };
        subject.unwrap_or(Subject::Other)
    }
}
