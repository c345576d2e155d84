//! Stored forms of mails.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::meter::{AccountForm, item, level};
use super::{Stored, known};
use crate::domain::ids::{MailId, NodeId, TenantId, UserId};
use crate::domain::notification::{Cause, Lease, Mail, MailKind, MailState};
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct CauseForm {
    account: AccountForm,
    item: String,
    level: String,
}

impl From<Cause> for CauseForm {
    fn from(cause: Cause) -> Self {
        Self {
            account: cause.account.into(),
            item: cause.item.name().to_owned(),
            level: cause.level.name().to_owned(),
        }
    }
}

impl CauseForm {
    fn into_cause(self) -> Result<Cause, String> {
        Ok(Cause {
            account: self.account.into(),
            item: item(&self.item)?,
            level: level(&self.level)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct MailForm {
    id: Uuid,
    kind: String,
    state: String,
    tenant_id: Uuid,
    user_id: Uuid,
    route: Option<Uuid>,
    causes: Vec<CauseForm>,
    created_us: i64,
    due_us: i64,
    lease_us: Option<i64>,
    lease_owner: Option<Uuid>,
    leases: u64,
    attempts: u32,
    last_error: Option<String>,
    sent_us: Option<i64>,
    subject: Option<String>,
}

impl From<Mail> for MailForm {
    fn from(mail: Mail) -> Self {
        Self {
            id: mail.id.uuid(),
            kind: mail.kind.name().to_owned(),
            state: mail.state.name().to_owned(),
            tenant_id: mail.tenant_id.uuid(),
            user_id: mail.user_id.uuid(),
            route: mail.route.map(TenantId::uuid),
            causes: mail.causes.into_iter().map(Into::into).collect(),
            created_us: mail.created_at.micros(),
            due_us: mail.due_at.micros(),
            lease_us: mail.lease.map(|lease| lease.until.micros()),
            lease_owner: mail.lease.map(|lease| lease.owner.uuid()),
            leases: mail.leases,
            attempts: mail.attempts,
            last_error: mail.last_error,
            sent_us: mail.sent_at.map(Timestamp::micros),
            subject: mail.subject,
        }
    }
}

impl Stored for Mail {
    const NAME: &'static str = "mail";
    const VERSION: u8 = 3;
    type Form = MailForm;

    fn from_form(form: MailForm) -> Result<Self, String> {
        Ok(Self {
            id: MailId::new(form.id),
            kind: known("kind", &form.kind, MailKind::from_name(&form.kind))?,
            state: known("state", &form.state, MailState::from_name(&form.state))?,
            tenant_id: TenantId::new(form.tenant_id),
            user_id: UserId::new(form.user_id),
            route: form.route.map(TenantId::new),
            causes: form
                .causes
                .into_iter()
                .map(CauseForm::into_cause)
                .collect::<Result<_, _>>()?,
            created_at: Timestamp::from_micros(form.created_us),
            due_at: Timestamp::from_micros(form.due_us),
            lease: form.lease_us.map(|until| Lease {
                owner: NodeId::new(form.lease_owner.unwrap_or_default()),
                until: Timestamp::from_micros(until),
            }),
            leases: form.leases,
            attempts: form.attempts,
            last_error: form.last_error,
            sent_at: form.sent_us.map(Timestamp::from_micros),
            subject: form.subject,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn taken() -> Mail {
        let to = (TenantId::random(), UserId::random());
        let at = Timestamp::from_secs(30);
        let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, at, at);
        mail.take(NodeId::random(), at, Duration::from_secs(60));
        mail
    }

    #[test]
    fn a_mail_reads_back() {
        let mail = taken();
        assert_eq!(Mail::decode(&mail.clone().encode()), Ok(mail.clone()));
        let mut newer = mail.encode();
        newer[0] = Mail::VERSION + 1;
        assert!(Mail::decode(&newer).is_err());
    }
}
