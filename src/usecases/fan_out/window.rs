//! The open mail of each recipient, to which notices are added.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::domain::ids::{MailId, TenantId, UserId};
use crate::domain::mail::{Mail, MailKind, Notice, allowance};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::engine::{Changes, Expect, Key, Record, StoreError};
use crate::store::{Found, keys};
use crate::usecases::Env;
use crate::usecases::error::Error;
use crate::usecases::mail_limits;

/// The mail that was last opened for a recipient, and the pointer to it.
struct Latest {
    mail: Option<Found<Mail>>,
    /// What is to be expected of the pointer.
    pointer: Expect,
    /// Until when the recipient's quota mails use up what is allowed in a day.
    used_until: Option<Timestamp>,
}

/// The mail that was last opened for a recipient, whatever became of it.
///
/// # Errors
/// The store failed.
pub(in crate::usecases) async fn latest_mail_of(
    env: &Env,
    user: UserId,
) -> Result<Option<Mail>, Error> {
    let latest = latest_of(env, &[user]).await?.into_iter().next();
    Ok(latest
        .and_then(|latest| latest.mail)
        .map(|found| found.value))
}

/// The mails that were last opened for each recipient, in their order.
async fn latest_of(env: &Env, users: &[UserId]) -> Result<Vec<Latest>, StoreError> {
    let pointers: Vec<Key> = users.iter().map(|user| keys::open_mail(*user)).collect();
    let pointers = env.store.engine().get_many(&pointers).await?;
    let read = |record: &Record| read_pointer(&record.body);
    let read: Vec<_> = pointers
        .iter()
        .map(|record| record.as_ref().map(read))
        .collect();
    let ids = read.iter().filter_map(|pointer| pointer.as_ref()?.0);
    let mut mails = env.store.load_many::<Mail>(ids).await?.into_iter();
    let latest = pointers.iter().zip(read).map(|(record, pointer)| {
        let (id, used_until) = pointer.unwrap_or_default();
        Latest {
            mail: id.and_then(|_| mails.next().flatten()),
            pointer: record
                .as_ref()
                .map_or(Expect::Absent, |record| Expect::Revision(record.revision)),
            used_until,
        }
    });
    Ok(latest.collect())
}

/// One recipient's open mail.
struct Window {
    latest: Latest,
    mail: Mail,
    /// Where it is opened now: until when the recipient's quota mails use up what is allowed in a day.
    used_until: Timestamp,
}

/// Puts what each recipient is told of into the recipient's open mail, or opens one.
pub(super) async fn add(
    env: &Env,
    told: &[(User, &Notice)],
    changes: &mut Changes,
    now: Timestamp,
) -> Result<(), Error> {
    let mut of_user: BTreeMap<UserId, (&User, Vec<&Notice>)> = BTreeMap::new();
    for (user, notice) in told {
        let (_, notices) = of_user.entry(user.id).or_insert((user, Vec::new()));
        notices.push(notice);
    }
    let users: Vec<UserId> = of_user.keys().copied().collect();
    let latest = latest_of(env, &users).await?;
    let tenants: BTreeSet<TenantId> = told.iter().map(|(user, _)| user.tenant_id).collect();
    let tenants: Vec<TenantId> = tenants.into_iter().collect();
    let routes = env.store.mail_routes(&tenants).await?;
    let routes: BTreeMap<_, _> = tenants.into_iter().zip(routes).collect();
    for ((user, notices), latest) in of_user.into_values().zip(latest) {
        let route = routes.get(&user.tenant_id).copied().flatten();
        let mut window = window_of(env, user, (latest, route), now);
        for cause in notices.into_iter().flat_map(Notice::causes) {
            window.mail.add(cause);
        }
        window.into_changes(changes);
    }
    Ok(())
}

impl Window {
    /// What is to be stored.
    fn into_changes(self, changes: &mut Changes) {
        if let Some(stored) = self.latest.mail {
            changes.update_mail(&stored, &self.mail);
            return;
        }
        let pointer = keys::open_mail(self.mail.user_id);
        changes.expect(pointer.clone(), self.latest.pointer);
        changes.put(pointer, pointer_to(self.mail.id, self.used_until));
        changes.create_mail(self.mail);
    }
}

fn window_of(
    env: &Env,
    user: &User,
    (mut latest, route): (Latest, Option<TenantId>),
    now: Timestamp,
) -> Window {
    // A mail that was tried already is on its way; what comes now goes into the next.
    let in_flight = env.node.in_flight();
    let is_open = |mail: &Found<Mail>| mail.is_open() && !in_flight.has(mail.id);
    latest.mail = latest.mail.filter(is_open);
    // Above what is allowed in a day, a mail waits for its share of it, and takes in what comes meanwhile:
    // usage that goes up and down for ever does not make a mail each time.
    let per_day = env.settings.mail_limits.user_per_day;
    let counted = allowance::count(latest.used_until, per_day, now);
    let grouped_at = now.plus(env.settings.group_wait);
    let mail = match &latest.mail {
        Some(found) => {
            let mut mail = found.value.clone();
            // A clock that ran ahead may have opened it.
            let last = grouped_at.max(now.plus(allowance::share(per_day)));
            mail.due_at = mail.due_at.min(last);
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
    Window {
        latest,
        mail,
        used_until: counted.used_until,
    }
}

/// The pointer to a recipient's open mail as it is stored.
fn pointer_to(mail: MailId, used_until: Timestamp) -> Vec<u8> {
    let mut body = mail.bytes().to_vec();
    body.extend(mail_limits::moment(used_until));
    body
}

/// Reads [`pointer_to`]; what cannot be read points nowhere.
fn read_pointer(body: &[u8]) -> (Option<MailId>, Option<Timestamp>) {
    let (id, moment) = body.split_at_checked(16).unwrap_or_default();
    let id = Uuid::from_slice(id).ok().map(MailId::new);
    (id, mail_limits::read_moment(moment).ok())
}
