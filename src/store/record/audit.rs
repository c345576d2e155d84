//! Stored form of audit entries.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, known};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{AuditId, ClientId, TenantId, UserId};
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub struct AuditForm {
    id: Uuid,
    at_us: i64,
    request_id: Option<String>,
    actor: String,
    client_id: Option<Uuid>,
    user_id: Option<Uuid>,
    tenant_id: Uuid,
    /// From the parent up to the root.
    ancestors: Vec<Uuid>,
    action: String,
    object: String,
    before: Option<String>,
    after: Option<String>,
}

impl From<AuditEntry> for AuditForm {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id.uuid(),
            at_us: entry.at.micros(),
            request_id: entry.request_id,
            actor: entry.actor.kind().to_owned(),
            client_id: entry.actor.client().map(ClientId::uuid),
            user_id: entry.actor.user().map(UserId::uuid),
            tenant_id: entry.tenant_id.uuid(),
            ancestors: entry.ancestors.iter().map(|id| id.uuid()).collect(),
            action: entry.action,
            object: entry.object,
            before: entry.before,
            after: entry.after,
        }
    }
}

impl Stored for AuditEntry {
    const NAME: &'static str = "audit entry";
    type Form = AuditForm;

    fn from_form(form: AuditForm) -> Result<Self, String> {
        let client = form.client_id.map(ClientId::new);
        let user = form.user_id.map(UserId::new);
        let actor = Actor::from_parts(&form.actor, client, user);
        Ok(Self {
            id: AuditId::new(form.id),
            at: Timestamp::from_micros(form.at_us),
            request_id: form.request_id,
            actor: known("actor", &form.actor, actor)?,
            tenant_id: TenantId::new(form.tenant_id),
            ancestors: form.ancestors.into_iter().map(TenantId::new).collect(),
            action: form.action,
            object: form.object,
            before: form.before,
            after: form.after,
        })
    }
}
