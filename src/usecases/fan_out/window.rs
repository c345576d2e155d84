//! The open mails of recipients while notices go into them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::open_mail_of;
use crate::domain::ids::{MailId, UserId};
use crate::domain::notification::{Cause, Mail, MailKind};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect};
use crate::store::record::Notice;
use crate::store::{Found, keys};
use crate::usecases::Env;
use crate::usecases::error::Error;

/// One recipient's open mail.
struct Window {
    /// As it is stored; `None` for one that is opened now.
    stored: Option<Found<Mail>>,
    /// What is to be expected of the pointer to it.
    pointer: Expect,
    mail: Mail,
}

/// The open mails of several recipients.
pub(super) struct Windows {
    now: Timestamp,
    of_user: BTreeMap<UserId, Window>,
}

impl Windows {
    pub(super) const fn new(now: Timestamp) -> Self {
        let of_user = BTreeMap::new();
        Self { now, of_user }
    }

    /// Puts the notice's causes into the open mail of each recipient, or opens one.
    pub(super) async fn add(
        &mut self,
        env: &Env,
        notice: &Notice,
        recipients: &[User],
    ) -> Result<(), Error> {
        for user in recipients {
            let window = match self.of_user.entry(user.id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(window_of(env, user, self.now).await?),
            };
            for (item, level) in &notice.entered {
                window.mail.add(Cause {
                    account: notice.account,
                    item: *item,
                    level: *level,
                });
            }
        }
        Ok(())
    }

    /// What is to be stored.
    pub(super) fn into_changes(self, changes: &mut Changes) {
        for (user, window) in self.of_user {
            if let Some(stored) = window.stored {
                changes.update_mail(&stored, window.mail);
                continue;
            }
            let pointer = keys::open_mail(user);
            changes.expect(pointer.clone(), window.pointer);
            changes.put(pointer, window.mail.id.bytes().to_vec());
            changes.create_mail(window.mail);
        }
    }
}

async fn window_of(env: &Env, user: &User, now: Timestamp) -> Result<Window, Error> {
    let open = open_mail_of(env, user.id).await?;
    let due_at = now.plus(env.settings.group_wait);
    let mail = match &open.mail {
        Some(found) => {
            let mut mail = found.value.clone();
            // A clock that ran ahead may have opened it.
            mail.due_at = mail.due_at.min(due_at);
            mail
        }
        None => {
            let to = (user.tenant_id, user.id);
            Mail::new(MailId::random(), MailKind::Quota, to, now, due_at)
        }
    };
    Ok(Window {
        stored: open.mail,
        pointer: open.expect,
        mail,
    })
}
