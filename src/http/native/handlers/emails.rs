//! The outbox for operators. No addresses stand in it: those are in the users' profiles.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::client::ApiScope::{EmailsRead, EmailsWrite};
use crate::domain::ids::MailId;
use crate::domain::notification::{Mail, MailState};
use crate::domain::time::Timestamp;
use crate::http::cursor::{self, Cursor};
use crate::http::endpoint::{
    Answer, Call, Endpoint, Limit, ParameterValue, Path, get, post, query,
};
use crate::http::message::Response;
use crate::http::native::names::{
    ItemName, LevelName, MailKindName, MailStateName, QuotaScopeName,
};
use crate::http::native::wire::optional_time;
use crate::http::openapi::schema;
use crate::http::output::{self, time};
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::list_emails::{self, version_of};

/// What a mail is about.
#[derive(Serialize, ToSchema)]
#[schema(as = Cause)]
pub(super) struct CauseResponse {
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

impl From<&crate::domain::notification::Cause> for CauseResponse {
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
pub(super) struct MailResponse<'a> {
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
    causes: Vec<CauseResponse>,
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

impl<'a> From<&'a Mail> for MailResponse<'a> {
    fn from(mail: &'a Mail) -> Self {
        Self {
            id: mail.id.uuid(),
            kind: mail.kind.name(),
            state: mail.state.name(),
            tenant_id: mail.tenant_id.uuid(),
            user_id: mail.user_id.uuid(),
            causes: mail.causes.iter().map(CauseResponse::from).collect(),
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
pub(super) struct MailsResponse<'a> {
    /// The mails.
    items: Vec<MailResponse<'a>>,
    /// Where the list goes on.
    paging: MailPaging,
}

/// What the outbox answers to.
pub(super) fn endpoints() -> [Endpoint; 3] {
    let list = get(
        "/api/upsell/v1/emails",
        "listEmails",
        "Lists mails, the newest first",
    )
    .scope(EmailsRead)
    .answers::<MailsResponse<'_>>(200, "A page of mails.")
    .to(list);
    let show = get(
        "/api/upsell/v1/emails/{mail_id}",
        "readEmail",
        "Reads a mail",
    )
    .scope(EmailsRead)
    .answers::<MailResponse<'_>>(200, "The mail.")
    .tagged()
    .cached()
    .to(show);
    let path = "/api/upsell/v1/emails/{mail_id}/retry";
    let retry = post(path, "retryEmail", "Sends a dead letter again")
        .scope(EmailsWrite)
        .about("Counts against the limits of its address and its user: 429 above them.")
        .answers::<MailResponse<'_>>(200, "The mail.")
        .tagged()
        .refuses(429)
        .to(retry);
    [list, show, retry]
}

query! {
    /// Which mails to list.
    struct MailsQuery {
        /// Only those.
        state: Option<MailState>,
        /// How many at most.
        limit: Limit<50, 500>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

impl ParameterValue for MailState {
    fn schema() -> Value {
        schema::one_of(Self::ALL.map(Self::name))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::from_name(text).ok_or_else(|| format!("must be one of {names}"))
    }
}

/// The name of the list for its cursors.
const LIST: &str = "emails";

async fn list(call: Call, query: MailsQuery) -> Answer {
    let after = query.after.map(|after| after.read("after", LIST));
    let after = after.transpose()?.map(|(micros, id)| list_emails::Cursor {
        created_at: Timestamp::from_micros(micros),
        id: MailId::new(id),
    });
    let limit = query.limit.0;
    let page = list_emails::list_emails(call.context(), query.state, limit, after).await?;
    let items: Vec<MailResponse<'_>> = page.items.iter().map(MailResponse::from).collect();
    let next = page.after.map(|at| (at.created_at.micros(), at.id.uuid()));
    let cursors = MailCursors {
        after: next.map(|position| cursor::write(&position, LIST)),
    };
    Ok(output::ok(&MailsResponse {
        items,
        paging: MailPaging { cursors },
    }))
}

async fn show(call: Call, Path(id): Path<MailId>) -> Answer {
    let mail = list_emails::show_email(call.context(), id).await?;
    Ok(unless_known(call.head(), shown(&mail)))
}

async fn retry(call: Call, Path(id): Path<MailId>, expected: Precondition) -> Answer {
    let done = list_emails::retry_email(call.context(), id, expected.version).await;
    Ok(shown(&expected.checked(done)?))
}

fn shown(mail: &Mail) -> Response {
    output::versioned(output::ok(&MailResponse::from(mail)), version_of(mail))
}
