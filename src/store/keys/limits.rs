//! Keys of mail limits: how long the mails sent so far use up an allowance.

use sha2::{Digest, Sha256};

use super::folded;
use crate::domain::contact::EmailAddress;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::time::Timestamp;
use crate::store::engine::Key;

const PART_BYTES: usize = 17;

/// Whose mails are counted: one byte of kind and 16 that name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailSubject([u8; PART_BYTES]);

impl MailSubject {
    fn new(kind: u8, id: &[u8; 16]) -> Self {
        let mut part = [kind; PART_BYTES];
        part[1..].copy_from_slice(id);
        Self(part)
    }

    /// An address, whoever has it; of it a hash is stored.
    #[must_use]
    pub fn address(address: &EmailAddress) -> Self {
        let hash: [u8; 32] = Sha256::digest(folded(address.as_str())).into();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self::new(0, &id)
    }

    /// A user, whatever the address.
    #[must_use]
    pub fn user(id: UserId) -> Self {
        Self::new(1, id.bytes())
    }

    /// The users of a tenant together.
    #[must_use]
    pub fn tenant(id: TenantId) -> Self {
        Self::new(2, id.bytes())
    }
}

key_functions! {
    /// The moment until which the counted mails use up an allowance.
    mails_counted(subject: MailSubject) = MailsCounted, subject.0;
    /// The same by that moment: when it has passed, both entries may go.
    mails_counted_until(until: Timestamp, subject: MailSubject)
        = MailsCountedUntil, until, subject.0;
    /// All that is counted, what ends first at the front.
    all_mails_counted_until() = MailsCountedUntil;
}

impl Key {
    /// Whose mails are counted, in a key of [`mails_counted_until`].
    #[must_use]
    pub fn mail_subject(&self) -> Option<MailSubject> {
        let part = self.0.get(9..)?.try_into().ok()?;
        Some(MailSubject(part))
    }
}
