//! Mails, and the indexes of the queue and of states.

use uuid::Uuid;

use super::{Family, start};
use crate::domain::ids::{MailId, TenantId};
use crate::domain::notification::MailState;
use crate::domain::time::Timestamp;
use crate::store::engine::{Key, Record};

/// A mail of the outbox.
#[must_use]
pub fn mail(id: MailId) -> Key {
    Family::Mail.key(id.bytes())
}

/// The queue: mails by their route, then by the time they are due. A mail server that takes no mail
/// holds up its own part of the queue and hides no other.
#[must_use]
pub fn mail_due(route: Option<TenantId>, due: Timestamp, id: MailId) -> Key {
    let route = route.map_or(Uuid::nil(), TenantId::uuid);
    start(Family::MailDue)
        .part(route.as_bytes())
        .time(due)
        .part(id.bytes())
        .end()
}

/// All of the queue.
#[must_use]
pub fn mails_due() -> Key {
    Family::MailDue.key(&[])
}

/// One route's part of the queue.
#[must_use]
pub fn mails_due_by(route: Option<TenantId>) -> Key {
    let route = route.map_or(Uuid::nil(), TenantId::uuid);
    Family::MailDue.key(route.as_bytes())
}

/// Behind the mails of a route that are due by `until`.
#[must_use]
pub fn mails_due_until(route: Option<TenantId>, until: Timestamp) -> Key {
    mail_due(route, until, MailId::new(Uuid::max()))
}

/// Behind all mails of a route.
#[must_use]
pub fn end_of_route(route: Option<TenantId>) -> Key {
    mails_due_until(route, Timestamp::from_micros(i64::MAX))
}

/// What an entry of the queue says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueEntry {
    /// The tenant whose brand has the mail server; `None`: the deployment's server.
    pub route: Option<TenantId>,
    /// When the mail is due.
    pub due_at: Timestamp,
    /// Which mail.
    pub id: MailId,
    /// The tenant of its recipient; `None` in a damaged entry.
    pub tenant_id: Option<TenantId>,
}

impl QueueEntry {
    /// Reads an entry of [`mail_due`].
    #[must_use]
    pub fn read(key: &Key, record: &Record) -> Option<Self> {
        let route = Uuid::from_slice(key.0.get(1..17)?).ok()?;
        let due: [u8; 8] = key.0.get(17..25)?.try_into().ok()?;
        let due = i64::try_from(u64::from_be_bytes(due)).ok()?;
        Some(Self {
            route: (!route.is_nil()).then(|| TenantId::new(route)),
            due_at: Timestamp::from_micros(due),
            id: key.trailing_uuid().map(MailId::new)?,
            tenant_id: Uuid::from_slice(&record.body).ok().map(TenantId::new),
        })
    }
}

/// Mails by state, the newest first.
#[must_use]
pub fn mail_by_state(state: MailState, created: Timestamp, id: MailId) -> Key {
    start(Family::MailByState)
        .part(&[state.code()])
        .time_descending(created)
        .part(id.bytes())
        .end()
}

/// All mails of one state.
#[must_use]
pub fn mails_by_state(state: MailState) -> Key {
    Family::MailByState.key(&[state.code()])
}

/// Before the mails of one state that are older than `before`.
#[must_use]
pub fn mails_older(state: MailState, before: Timestamp) -> Key {
    mail_by_state(state, before, MailId::new(Uuid::max()))
}
