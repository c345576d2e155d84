//! The outbox for operators.

use serde_json::Value;

use crate::domain::client::ApiScope::{EmailsRead, EmailsWrite};
use crate::domain::ids::MailId;
use crate::domain::mail::{Mail, MailState};
use crate::domain::time::Timestamp;
use crate::http::cursor::{self, Cursor};
use crate::http::endpoint::{
    Answer, Call, Endpoint, Limit, ParameterValue, Path, get, post, query,
};
use crate::http::message::Response;
use crate::http::native::convert::email as convert;
use crate::http::native::wire::email::{MailResponse, MailsResponse};
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::list_emails as usecase;

pub(super) fn endpoints() -> [Endpoint; 3] {
    let summary = "Lists mails, the newest first";
    let list = get("/api/upsell/v1/emails", "listEmails", summary)
        .scope(EmailsRead)
        .answers::<MailsResponse<'_>>(200, "A page of mails.")
        .to(list);
    let path = "/api/upsell/v1/emails/{mail_id}";
    let show = get(path, "readEmail", "Reads a mail")
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

fn shown(mail: &Mail) -> Response {
    let version = usecase::version_of(mail);
    output::versioned(output::ok(&convert::mail(mail)), version)
}

async fn list(call: Call, query: MailsQuery) -> Answer {
    let after = query.after.map(|after| after.read("after", LIST));
    let after = after.transpose()?.map(|(micros, id)| usecase::Cursor {
        created_at: Timestamp::from_micros(micros),
        id: MailId::new(id),
    });
    let limit = query.limit.0;
    let page = usecase::list_emails(call.context(), query.state, limit, after).await?;
    let next = page.after.map(|at| (at.created_at.micros(), at.id.uuid()));
    Ok(output::ok(&MailsResponse {
        items: page.items.iter().map(convert::mail).collect(),
        paging: next.map(|next| cursor::write(&next, LIST)).into(),
    }))
}

async fn show(call: Call, Path(id): Path<MailId>) -> Answer {
    let mail = usecase::show_email(call.context(), id).await?;
    Ok(unless_known(call.head(), shown(&mail)))
}

async fn retry(call: Call, Path(id): Path<MailId>, expected: Precondition) -> Answer {
    let done = usecase::retry_email(call.context(), id, expected.version).await;
    Ok(shown(&expected.checked(done)?))
}
