//! Who changed what.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::ActorKind;
use crate::http::openapi::schema::Any;
use crate::http::wire::paging;

/// Who made a change.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorResponse {
    /// `client`, `reader` (of a mail, over a link in it) or `operator` (of the program).
    pub(crate) kind: ActorKind,
    /// The client that was used.
    #[schema(required)]
    pub(crate) client_id: Option<Uuid>,
    /// The user that the client's token spoke for, or the reader.
    #[schema(required)]
    pub(crate) user_id: Option<Uuid>,
}

/// A change.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct EntryResponse<'a> {
    /// Its id.
    pub(crate) id: Uuid,
    /// When it was made.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// The request that made it, as in its answer's `X-Request-Id`.
    #[schema(required)]
    pub(crate) request_id: Option<&'a str>,
    /// Who made it.
    pub(crate) actor: ActorResponse,
    /// The tenant that it belongs to.
    pub(crate) tenant_id: Uuid,
    /// What was done: `tenant.update`, …
    pub(crate) action: &'a str,
    /// The id of what was changed.
    pub(crate) object: &'a str,
    /// What was there before: of a change what differs, of a deletion everything. Secrets are masked.
    #[schema(required, value_type = Any)]
    pub(crate) before: Option<Value>,
    /// What is there since.
    #[schema(required, value_type = Any)]
    pub(crate) after: Option<Value>,
}

paging! { AuditPaging, AuditCursors }

/// Who changed what, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Audit)]
pub(crate) struct AuditResponse<'a> {
    /// The changes.
    pub(crate) items: Vec<EntryResponse<'a>>,
    /// Where the list goes on.
    pub(crate) paging: AuditPaging,
}
