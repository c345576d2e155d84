//! Who changed what.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::ActorKind;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{ClientId, TenantId, UserId};
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::openapi::schema::Any;
use crate::http::output::{self, time};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::list_audit::{self, Cursor};

const DEFAULT_LIMIT: usize = 50;
pub(super) const MAX_LIMIT: usize = 500;

/// Who made a change.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
pub(super) struct ActorForm {
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

impl From<Actor> for ActorForm {
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
pub(super) struct EntryForm<'a> {
    /// Its id.
    id: Uuid,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// The request that made it, as in its answer's `X-Request-Id`.
    #[schema(required)]
    request_id: Option<&'a str>,
    /// Who made it.
    actor: ActorForm,
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

impl<'a> From<&'a AuditEntry> for EntryForm<'a> {
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
pub(super) struct AuditForm<'a> {
    /// The changes.
    items: Vec<EntryForm<'a>>,
    /// Where the list goes on.
    paging: AuditPaging,
}

/// GET `/audit?tenant_id=&limit=&after=`: the subtree of a tenant, the newest first.
pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["tenant_id", "limit", "after"])?;
    let tenant = params.parsed::<TenantId>("tenant_id")?;
    let limit = params.whole("limit", 1..=MAX_LIMIT)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let after = params.get("after").map(cursor_of).transpose()?;
    let tenant = tenant.unwrap_or(caller.root);
    let page = list_audit::list_audit(&call.env, &caller, tenant, limit, after).await?;
    Ok(output::ok(&AuditForm {
        items: page.items.iter().map(EntryForm::from).collect(),
        paging: AuditPaging {
            cursors: AuditCursors {
                after: page.after.map(|cursor| text_of(&cursor)),
            },
        },
    }))
}

/// A cursor is opaque to callers; it holds what the list is ordered by.
fn text_of(cursor: &Cursor) -> String {
    format!("{:x}.{}", cursor.at.micros(), cursor.id)
}

fn cursor_of(text: &str) -> Result<Cursor, ApiError> {
    let parsed = text.split_once('.').and_then(|(micros, id)| {
        let micros = i64::from_str_radix(micros, 16).ok().filter(|m| *m >= 0)?;
        Some(Cursor {
            at: Timestamp::from_micros(micros),
            id: id.parse().ok()?,
        })
    });
    let why = "must be a cursor that an earlier answer gave";
    parsed.ok_or_else(|| ApiError::malformed("after", why))
}
