//! The outbox for operators. No addresses stand in it: those are in the users' profiles.

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

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
const MAX_LIMIT: usize = 500;

#[derive(Serialize)]
pub(super) struct CauseForm {
    pub(super) scope: &'static str,
    pub(super) item: &'static str,
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

#[derive(Serialize)]
struct MailForm<'a> {
    id: Uuid,
    kind: &'static str,
    state: &'static str,
    tenant_id: Uuid,
    user_id: Uuid,
    causes: Vec<CauseForm>,
    created_at: String,
    due_at: String,
    attempts: u32,
    last_error: Option<&'a str>,
    sent_at: Option<String>,
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

#[derive(Serialize, Default)]
struct Cursors {
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
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
    let cursors = Cursors {
        after: page.after.map(|cursor| text_of(&cursor)),
    };
    Ok(output::ok(
        &json!({ "items": items, "paging": { "cursors": cursors } }),
    ))
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
