//! Entries of the audit.

use serde_json::Value;

use crate::domain::audit::AuditEntry;
use crate::domain::ids::{ClientId, UserId};
use crate::http::native::wire::audit::{ActorResponse, EntryResponse};
use crate::http::native::wire::names::ActorKind;
use crate::http::output::time;

pub(crate) fn entry(entry: &AuditEntry) -> EntryResponse<'_> {
    // The audit itself wrote this JSON; a damaged text is shown as it is.
    let value =
        |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
    EntryResponse {
        id: entry.id.uuid(),
        at: time(entry.at),
        request_id: entry.request_id.as_deref(),
        actor: ActorResponse {
            kind: ActorKind(entry.actor.kind()),
            client_id: entry.actor.client().map(ClientId::uuid),
            user_id: entry.actor.user().map(UserId::uuid),
        },
        tenant_id: entry.tenant_id.uuid(),
        action: &entry.action,
        object: &entry.object,
        before: entry.before.as_ref().map(value),
        after: entry.after.as_ref().map(value),
    }
}
