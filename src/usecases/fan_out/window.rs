//! The open mails of recipients while notices go into them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use uuid::Uuid;

use super::open_mail_of;
use crate::domain::ids::{MailId, TenantId, UserId};
use crate::domain::notification::{Cause, Mail, MailKind, allowance};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect};
use crate::store::record::Notice;
use crate::store::{Found, keys};
use crate::usecases::Env;
use crate::usecases::error::Error;
use crate::usecases::mail_limits;

/// One recipient's open mail.
struct Window {
    /// As it is stored; `None` for one that is opened now.
    stored: Option<Found<Mail>>,
    /// What is to be expected of the pointer to it.
    pointer: Expect,
    mail: Mail,
    /// Where it is opened now: until when the recipient's quota mails use up what is allowed in a day.
    used_until: Timestamp,
}

/// The open mails of several recipients.
pub(super) struct Windows {
    now: Timestamp,
    of_user: BTreeMap<UserId, Window>,
    /// Through whose mail server mail to the people of a tenant goes.
    routes: BTreeMap<TenantId, Option<TenantId>>,
}

impl Windows {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            now,
            of_user: BTreeMap::new(),
            routes: BTreeMap::new(),
        }
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
                Entry::Vacant(new) => {
                    let route = match self.routes.entry(user.tenant_id) {
                        Entry::Occupied(known) => *known.get(),
                        Entry::Vacant(new) => {
                            let found = env.store.mail_routes(&[user.tenant_id]).await?;
                            *new.insert(found.into_iter().next().flatten())
                        }
                    };
                    new.insert(window_of(env, user, route, self.now).await?)
                }
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
            changes.put(pointer, pointer_to(window.mail.id, window.used_until));
            changes.create_mail(window.mail);
        }
    }
}

async fn window_of(
    env: &Env,
    user: &User,
    route: Option<TenantId>,
    now: Timestamp,
) -> Result<Window, Error> {
    let open = open_mail_of(env, user.id).await?;
    // Above what is allowed in a day, a mail waits for its share of it, and takes in what comes meanwhile:
    // usage that goes up and down for ever does not make a mail each time.
    let per_day = env.settings.mail_limits.user_per_day;
    let counted = allowance::count(open.used_until, per_day, now);
    let grouped_at = now.plus(env.settings.group_wait);
    let mail = match &open.mail {
        Some(found) => {
            let mut mail = found.value.clone();
            // A clock that ran ahead may have opened it.
            let latest = grouped_at.max(now.plus(allowance::share(per_day)));
            mail.due_at = mail.due_at.min(latest);
            mail
        }
        None => {
            let to = (user.tenant_id, user.id);
            let due_at = grouped_at.max(counted.at);
            let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, now, due_at);
            mail.route = route;
            mail
        }
    };
    Ok(Window {
        stored: open.mail,
        pointer: open.expect,
        mail,
        used_until: counted.used_until,
    })
}

/// The pointer to a recipient's open mail as it is stored.
fn pointer_to(mail: MailId, used_until: Timestamp) -> Vec<u8> {
    let mut body = mail.bytes().to_vec();
    body.extend(mail_limits::moment(used_until));
    body
}

/// Reads [`pointer_to`]; what cannot be read points nowhere.
pub(super) fn read_pointer(body: &[u8]) -> (Option<MailId>, Option<Timestamp>) {
    let (id, moment) = body.split_at_checked(16).unwrap_or_default();
    let id = Uuid::from_slice(id).ok().map(MailId::new);
    (id, mail_limits::read_moment(moment).ok())
}
