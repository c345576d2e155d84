//! A notice becomes mails to all whom it concerns. A mail that is sent was taken by the server, once unless it was
//! in flight when a node or a connection died; what stands and whom it concerns is not cancelled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;
use upsell::domain::ids::{AccountId, MailId, UserId};
use upsell::domain::mail::{Cause, Mail, MailState, Notice};
use upsell::domain::user::User;
use upsell::store::keys;
use upsell::store::record::Stored as _;

use super::super::disk::{Power, Records};
use super::meters::is_notice;
use super::{LATE, State, Written};

#[derive(Default)]
pub(super) struct Mails {
    /// Over which node the server took a mail, and whether it could say so.
    accepted: BTreeMap<MailId, Vec<(Arc<Power>, bool)>>,
    stored: BTreeMap<MailId, Mail>,
    /// Addresses that the server does not want.
    pub(super) refused: BTreeSet<String>,
}

impl State {
    /// Whether the user has been told of quotas for long, or not for long.
    fn is_told_long(&self, id: UserId, is_told: impl Fn(Option<&User>) -> bool) -> bool {
        let found = self.users.get(&id);
        found.is_some_and(|(since, user)| since.elapsed() >= LATE && is_told(user.as_ref()))
    }

    pub(super) fn look_at_mails(&mut self, before: &Records, written: &Written<'_>) {
        let mut mails = Vec::new();
        for (key, body) in written {
            let Some(id) = key.trailing_uuid().map(MailId::new) else {
                continue;
            };
            if **key != keys::mail(id) {
                continue;
            }
            if let Some(body) = body {
                let mail = Mail::decode(body).unwrap();
                self.look_at_mail(&mail);
                self.mails.stored.insert(id, mail.clone());
                mails.push(mail);
            }
        }
        for (key, body) in written {
            if is_notice(key) && body.is_none() && before.contains_key(*key) {
                let notice = keys::notice_of(key).unwrap();
                self.look_at_fan_out(&notice, &mails);
            }
        }
    }

    /// A notice goes: all whom it concerns are told.
    fn look_at_fan_out(&mut self, notice: &Notice, mails: &[Mail]) {
        let own = match notice.account {
            AccountId::User(id) => Some(id),
            AccountId::Tenant(_) => None,
        };
        let Some(tenant) = self.tenant_of(notice.account) else {
            return;
        };
        let users: Vec<UserId> = self.users.keys().copied().collect();
        for id in users {
            let concerns = |user: Option<&User>| {
                user.is_some_and(|user| {
                    let is_concerned = match own {
                        None => true,
                        Some(own) => own == id || user.is_company_admin(),
                    };
                    user.tenant_id == tenant && is_concerned && user.receives_quota_mail().is_ok()
                })
            };
            if !self.is_told_long(id, concerns) {
                continue;
            }
            let causes = mails.iter().filter(|mail| mail.user_id == id);
            let causes: Vec<Cause> = causes.flat_map(|mail| mail.causes.clone()).collect();
            let is_in = |cause: Cause| {
                causes.iter().any(|other| {
                    let is_same = (other.account, other.item) == (cause.account, cause.item);
                    is_same && other.level >= cause.level
                })
            };
            if !notice.causes().all(is_in) {
                self.fault(format!("{notice:?} goes, and {id} is not told: {causes:?}"));
            }
        }
    }

    fn look_at_mail(&mut self, mail: &Mail) {
        let id = mail.id;
        let old = self.mails.stored.get(&id).cloned();
        let was = old.as_ref().map_or(MailState::Queued, |mail| mail.state);
        if was != MailState::Queued && was != mail.state {
            self.fault(format!("mail {id} was {was:?} and is {:?}", mail.state));
        }
        let lost = old.as_ref().is_some_and(|old| {
            let is_in = |cause: &Cause| {
                let same = |new: &&Cause| (new.account, new.item) == (cause.account, cause.item);
                mail.causes
                    .iter()
                    .find(same)
                    .is_some_and(|new| new.level >= cause.level)
            };
            !old.causes.iter().all(is_in)
        });
        if lost {
            self.fault(format!("mail {id} lost causes: {old:?}, {mail:?}"));
        }
        self.note(format!(
            "mail {id} {:?} {} {:?}",
            mail.state, mail.attempts, mail.last_error
        ));
        match mail.state {
            MailState::Queued => {}
            MailState::Sent => {
                if !self.mails.accepted.contains_key(&id) {
                    self.fault(format!("mail {id} is said to be sent"));
                }
            }
            MailState::Dead => {
                let user = self
                    .users
                    .get(&mail.user_id)
                    .and_then(|(_, user)| user.as_ref());
                let to =
                    user.and_then(|user| Some(user.contact.email.as_ref()?.as_str().to_owned()));
                // Of who was deleted since, the address is not known any more.
                let refused = &self.mails.refused;
                if to.map_or(refused.is_empty(), |to| !refused.contains(&to)) {
                    self.fault(format!("mail {id} is given up: {:?}", mail.last_error));
                }
            }
            MailState::Cancelled => self.look_at_cancelled(mail),
        }
    }

    /// Something of it stands, and the recipient is told: then it is not cancelled.
    fn look_at_cancelled(&mut self, mail: &Mail) {
        let is_told =
            |user: Option<&User>| user.is_some_and(|user| user.receives_quota_mail().is_ok());
        let own = [
            AccountId::User(mail.user_id),
            AccountId::Tenant(mail.tenant_id),
        ];
        let stands = mail.causes.iter().any(|cause| {
            own.contains(&cause.account) && self.has_stood(cause.account, cause.item, LATE)
        });
        let is_served = self
            .tenant_since(mail.tenant_id, Instant::now() - LATE)
            .all(|tenant| tenant.enabled);
        if stands && is_served && self.is_told_long(mail.user_id, is_told) {
            self.fault(format!("mail {} is cancelled: {mail:?}", mail.id));
        }
    }

    pub(super) fn accepted(&mut self, id: MailId, over: &Arc<Power>, was_said: bool) {
        let before = self.mails.accepted.entry(id).or_default();
        let again = before
            .iter()
            .any(|(power, was_said)| *was_said && power.is_on());
        before.push((Arc::clone(over), was_said));
        if again {
            self.fault(format!("mail {id} is sent again"));
        }
        let Some(mail) = self.mails.stored.get(&id).cloned() else {
            return self.fault(format!("mail {id} is sent and not stored"));
        };
        if mail.state != MailState::Queued {
            self.fault(format!("mail {id} is sent though it is {:?}", mail.state));
        }
        let is_not_told =
            |user: Option<&User>| user.is_none_or(|user| user.receives_quota_mail().is_err());
        if self.is_told_long(mail.user_id, is_not_told) {
            self.fault(format!("mail {id} is sent to who is not told"));
        }
    }
}
