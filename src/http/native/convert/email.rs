//! Mails of the outbox.

use crate::domain::mail::{Cause, Mail};
use crate::http::native::wire::email::{CauseResponse, MailResponse};
use crate::http::native::wire::names::{
    ItemName, LevelName, MailKindName, MailStateName, QuotaScopeName,
};
use crate::http::output::time;

pub(crate) fn cause(cause: &Cause) -> CauseResponse {
    CauseResponse {
        scope: QuotaScopeName(cause.account.scope().name()),
        item: ItemName(cause.item.name()),
        level: LevelName(cause.level.name()),
    }
}

pub(crate) fn mail(mail: &Mail) -> MailResponse<'_> {
    MailResponse {
        id: mail.id.uuid(),
        kind: MailKindName(mail.kind.name()),
        state: MailStateName(mail.state.name()),
        tenant_id: mail.tenant_id.uuid(),
        user_id: mail.user_id.uuid(),
        causes: mail.causes.iter().map(cause).collect(),
        created_at: time(mail.created_at),
        due_at: time(mail.due_at),
        attempts: mail.attempts,
        last_error: mail.last_error.as_deref(),
        sent_at: mail.sent_at.map(time),
        subject: mail.subject.as_deref(),
    }
}
