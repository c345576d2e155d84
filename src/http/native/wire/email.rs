//! The mails of the outbox. None shows an address: those are in the profiles of users.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{ItemName, LevelName, MailKindName, MailStateName, QuotaScopeName};
use crate::http::wire::paging;

/// What a mail is about.
#[derive(Serialize, ToSchema)]
#[schema(as = Cause)]
pub(crate) struct CauseResponse {
    /// Whose quota.
    pub(crate) scope: QuotaScopeName,
    /// What the quota is about.
    pub(crate) item: ItemName,
    /// Which level was entered.
    pub(crate) level: LevelName,
}

/// A mail of the outbox. No address stands in it: that is in the user's profile.
#[derive(Serialize, ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailResponse<'a> {
    /// Its id.
    pub(crate) id: Uuid,
    /// Why there is one.
    pub(crate) kind: MailKindName,
    /// What becomes of it.
    pub(crate) state: MailStateName,
    /// The tenant of its recipient.
    pub(crate) tenant_id: Uuid,
    /// Its recipient.
    pub(crate) user_id: Uuid,
    /// What it is about.
    pub(crate) causes: Vec<CauseResponse>,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// When it is to be tried.
    #[schema(format = DateTime)]
    pub(crate) due_at: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Why the last attempt failed.
    #[schema(required)]
    pub(crate) last_error: Option<&'a str>,
    /// When a mail server accepted it.
    #[schema(required, format = DateTime)]
    pub(crate) sent_at: Option<String>,
    /// Its subject, once it was rendered.
    #[schema(required)]
    pub(crate) subject: Option<&'a str>,
}

paging! { MailPaging, MailCursors }

/// A page of the outbox, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Mails)]
pub(crate) struct MailsResponse<'a> {
    /// The mails.
    pub(crate) items: Vec<MailResponse<'a>>,
    /// Where the list goes on.
    pub(crate) paging: MailPaging,
}
