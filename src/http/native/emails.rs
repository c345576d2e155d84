//! The outbox for operators. No addresses stand in it: those are in the users' profiles.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{ItemName, LevelName, MailKindName, MailStateName, QuotaScopeName};
use super::wire::optional_time;
use crate::domain::ids::MailId;
use crate::domain::notification::{Mail, MailState};
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::message::Response;
use crate::http::output::{self, time};
use crate::http::precondition::{Precondition, unless_known};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::list_emails::{self, Cursor, version_of};

const DEFAULT_LIMIT: usize = 50;
pub(super) const MAX_LIMIT: usize = 500;

/// What a mail is about.
#[derive(Serialize, ToSchema)]
#[schema(as = Cause)]
pub(super) struct CauseForm {
    /// Whose quota.
    #[schema(value_type = QuotaScopeName)]
    pub(super) scope: &'static str,
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    pub(super) item: &'static str,
    /// Which level was entered.
    #[schema(value_type = LevelName)]
    pub(super) level: &'static str,
}

impl From<&crate::domain::notification::Cause> for CauseForm {
    fn from(cause: &crate::domain::notification::Cause) -> Self {
        Self {
            scope: cause.scope().name(),
            item: cause.item.name(),
            level: cause.level.name(),
        }
    }
}

/// A mail of the outbox. No address stands in it: that is in the user's profile.
#[derive(Serialize, ToSchema)]
#[schema(as = Mail)]
pub(super) struct MailForm<'a> {
    /// Its id.
    id: Uuid,
    /// Why there is one.
    #[schema(value_type = MailKindName)]
    kind: &'static str,
    /// What becomes of it.
    #[schema(value_type = MailStateName)]
    state: &'static str,
    /// The tenant of its recipient.
    tenant_id: Uuid,
    /// Its recipient.
    user_id: Uuid,
    /// What it is about.
    causes: Vec<CauseForm>,
    /// When it was decided.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is to be tried.
    #[schema(format = DateTime)]
    due_at: String,
    /// How often it was tried.
    attempts: u32,
    /// Why the last attempt failed.
    #[schema(required)]
    last_error: Option<&'a str>,
    /// When a mail server accepted it.
    #[schema(required, format = DateTime)]
    sent_at: Option<String>,
    /// Its subject, once it was rendered.
    #[schema(required)]
    subject: Option<&'a str>,
}

impl<'a> From<&'a Mail> for MailForm<'a> {
    fn from(mail: &'a Mail) -> Self {
        Self {
            id: mail.id.uuid(),
            kind: mail.kind.name(),
            state: mail.state.name(),
            tenant_id: mail.tenant_id.uuid(),
            user_id: mail.user_id.uuid(),
            causes: mail.causes.iter().map(CauseForm::from).collect(),
            created_at: time(mail.created_at),
            due_at: time(mail.due_at),
            attempts: mail.attempts,
            last_error: mail.last_error.as_deref(),
            sent_at: optional_time(mail.sent_at),
            subject: mail.subject.as_deref(),
        }
    }
}

/// Where the list goes on: `after` is missing on the last page.
#[derive(Serialize, Default, ToSchema)]
pub(super) struct MailCursors {
    /// Give it as `after` to get the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    after: Option<String>,
}

/// Where the list goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct MailPaging {
    /// The cursors.
    cursors: MailCursors,
}

/// A page of the outbox, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Mails)]
pub(super) struct MailsForm<'a> {
    /// The mails.
    items: Vec<MailForm<'a>>,
    /// Where the list goes on.
    paging: MailPaging,
}

/// GET `/emails?state=&limit=&after=`, the newest first.
pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["state", "limit", "after"])?;
    let state = params.get("state").map(state_of).transpose()?;
    let limit = params.whole("limit", 1..=MAX_LIMIT)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let after = params.get("after").map(cursor_of).transpose()?;
    let page = list_emails::list_emails(&call.env, &caller, state, limit, after).await?;
    let items: Vec<MailForm<'_>> = page.items.iter().map(MailForm::from).collect();
    let cursors = MailCursors {
        after: page.after.map(|cursor| text_of(&cursor)),
    };
    Ok(output::ok(&MailsForm {
        items,
        paging: MailPaging { cursors },
    }))
}

/// GET `/emails/{mail_id}`.
pub(super) async fn show(call: Call, caller: Caller) -> Answer {
    let mail = list_emails::show_email(&call.env, &caller, mail_of(&call)?).await?;
    Ok(unless_known(&call.request.head, shown(&mail)))
}

/// POST `/emails/{mail_id}/retry`.
pub(super) async fn retry(call: Call, caller: Caller) -> Answer {
    let (id, head) = (mail_of(&call)?, &call.request.head);
    let expected = Precondition::optional(head, None)?;
    let (version, now) = (expected.version, head.received_at);
    let done = list_emails::retry_email(&call.env, &caller, id, version, now).await;
    Ok(shown(&expected.checked(done)?))
}

fn shown(mail: &Mail) -> Response {
    output::versioned(output::ok(&MailForm::from(mail)), version_of(mail))
}

fn mail_of(call: &Call) -> Result<MailId, ApiError> {
    let missing = ApiError::UseCase(Error::NotFound(What::Mail));
    call.path.id("mail_id", missing)
}

fn state_of(name: &str) -> Result<MailState, ApiError> {
    let names = MailState::ALL.map(MailState::name).join(", ");
    let unknown = || ApiError::malformed("state", format!("must be one of {names}"));
    MailState::from_name(name).ok_or_else(unknown)
}

/// A cursor is opaque to callers; it holds what the index is ordered by.
fn text_of(cursor: &Cursor) -> String {
    format!("{:x}.{}", cursor.created_at.micros(), cursor.id)
}

fn cursor_of(text: &str) -> Result<Cursor, ApiError> {
    let parsed = text.split_once('.').and_then(|(micros, id)| {
        let micros = i64::from_str_radix(micros, 16).ok().filter(|m| *m >= 0)?;
        Some(Cursor {
            created_at: Timestamp::from_micros(micros),
            id: id.parse().ok()?,
        })
    });
    let why = "must be a cursor that an earlier answer gave";
    parsed.ok_or_else(|| ApiError::malformed("after", why))
}
