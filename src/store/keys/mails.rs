//! Mails, and the indexes of the queue and of states.

use uuid::Uuid;

use super::NewestFirst;
use crate::domain::ids::{MailId, TenantId};
use crate::domain::mail::MailState;
use crate::domain::time::Timestamp;
use crate::store::engine::{Key, Record};

/// The route as a part of keys.
fn part_of(route: Option<TenantId>) -> Uuid {
    route.map_or(Uuid::nil(), TenantId::uuid)
}

key_functions! {
    /// A mail of the outbox.
    mail(id: MailId) = Mail, id;
    /// The queue: mails by their route, then by the time they are due. A mail server that takes no
    /// mail holds up its own part of the queue and hides no other.
    mail_due(route: Option<TenantId>, due: Timestamp, id: MailId)
        = MailDue, part_of(route), due, id;
    /// All of the queue.
    mails_due() = MailDue;
    /// One route's part of the queue.
    mails_due_by(route: Option<TenantId>) = MailDue, part_of(route);
    /// Behind the mails of a route that are due by `until`.
    mails_due_until(route: Option<TenantId>, until: Timestamp)
        = MailDue, part_of(route), until, Uuid::max();
    /// Behind all mails of a route.
    end_of_route(route: Option<TenantId>)
        = MailDue, part_of(route), Timestamp::from_micros(i64::MAX), Uuid::max();
    /// Mails by state, the newest first.
    mail_by_state(state: MailState, created: Timestamp, id: MailId)
        = MailByState, [state.code()], NewestFirst(created), id;
    /// All mails of one state.
    mails_by_state(state: MailState) = MailByState, [state.code()];
    /// Before the mails of one state that are older than `before`.
    mails_older(state: MailState, before: Timestamp)
        = MailByState, [state.code()], NewestFirst(before), Uuid::max();
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
        let route = key.leading_uuid()?;
        Some(Self {
            route: (!route.is_nil()).then(|| TenantId::new(route)),
            due_at: key.time_at(17)?,
            id: key.trailing_uuid().map(MailId::new)?,
            tenant_id: Uuid::from_slice(&record.body).ok().map(TenantId::new),
        })
    }
}
