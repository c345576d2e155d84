//! Who changed what.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::client::ApiScope::AuditRead;
use crate::domain::ids::{AuditId, ClientId, TenantId, UserId};
use crate::domain::time::Timestamp;
use crate::http::cursor::{self, Cursor};
use crate::http::endpoint::{Answer, Call, Endpoint, Limit, get, query};
use crate::http::native::examples;
use crate::http::native::names::ActorKind;
use crate::http::openapi::schema::Any;
use crate::http::output::{self, time};
use crate::usecases::list_audit;

/// Who made a change.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
pub(super) struct ActorResponse {
    /// `client`, `reader` (of a mail, over a link in it) or `operator` (of the program).
    #[schema(value_type = ActorKind)]
    kind: &'static str,
    /// The client that was used.
    #[schema(required)]
    client_id: Option<Uuid>,
    /// The user that the client's token spoke for, or the reader.
    #[schema(required)]
    user_id: Option<Uuid>,
}

impl From<Actor> for ActorResponse {
    fn from(actor: Actor) -> Self {
        Self {
            kind: actor.kind(),
            client_id: actor.client().map(ClientId::uuid),
            user_id: actor.user().map(UserId::uuid),
        }
    }
}

/// A change.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct EntryResponse<'a> {
    /// Its id.
    id: Uuid,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// The request that made it, as in its answer's `X-Request-Id`.
    #[schema(required)]
    request_id: Option<&'a str>,
    /// Who made it.
    actor: ActorResponse,
    /// The tenant that it belongs to.
    tenant_id: Uuid,
    /// What was done: `tenant.update`, …
    action: &'a str,
    /// The id of what was changed.
    object: &'a str,
    /// What was there before: of a change what differs, of a deletion everything. Secrets are masked.
    #[schema(required, value_type = Any)]
    before: Option<Value>,
    /// What is there since.
    #[schema(required, value_type = Any)]
    after: Option<Value>,
}

impl<'a> From<&'a AuditEntry> for EntryResponse<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        // Written as JSON by the audit itself; were it damaged, the text is shown.
        let value = |text: &String| {
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
        };
        Self {
            id: entry.id.uuid(),
            at: time(entry.at),
            request_id: entry.request_id.as_deref(),
            actor: entry.actor.into(),
            tenant_id: entry.tenant_id.uuid(),
            action: &entry.action,
            object: &entry.object,
            before: entry.before.as_ref().map(value),
            after: entry.after.as_ref().map(value),
        }
    }
}

/// Where the list goes on: `after` is missing on the last page.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditCursors {
    /// Give it as `after` to get the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    after: Option<String>,
}

/// Where the list goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditPaging {
    /// The cursors.
    cursors: AuditCursors,
}

/// Who changed what, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Audit)]
pub(super) struct AuditResponse<'a> {
    /// The changes.
    items: Vec<EntryResponse<'a>>,
    /// Where the list goes on.
    paging: AuditPaging,
}

query! {
    /// Which changes to list.
    struct AuditQuery {
        /// Of this tenant and all below it; missing: all within reach.
        tenant_id: Option<TenantId> = examples::TENANT,
        /// How many at most.
        limit: Limit<50, 500>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

/// What the audit answers to.
pub(super) fn endpoints() -> [Endpoint; 1] {
    [get(
        "/api/upsell/v1/audit",
        "listAudit",
        "Lists changes, the newest first",
    )
    .scope(AuditRead)
    .answers::<AuditResponse<'_>>(200, "A page of changes.")
    .refuses(404)
    .to(list)]
}

/// The name of the list for its cursors.
const LIST: &str = "audit";

async fn list(call: Call, query: AuditQuery) -> Answer {
    let after = query.after.map(|after| after.read("after", LIST));
    let after = after.transpose()?.map(|(micros, id)| list_audit::Cursor {
        at: Timestamp::from_micros(micros),
        id: AuditId::new(id),
    });
    let (tenant, limit) = (query.tenant_id.unwrap_or(call.caller.root), query.limit.0);
    let page = list_audit::list_audit(call.context(), tenant, limit, after).await?;
    let next = page.after.map(|at| (at.at.micros(), at.id.uuid()));
    Ok(output::ok(&AuditResponse {
        items: page.items.iter().map(EntryResponse::from).collect(),
        paging: AuditPaging {
            cursors: AuditCursors {
                after: next.map(|position| cursor::write(&position, LIST)),
            },
        },
    }))
}
