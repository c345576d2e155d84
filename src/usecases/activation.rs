//! The mail that asks a user to activate the account.

use super::access::Context;
use super::audit::Act;
use super::error::{Error, retrying};
use super::mail_limits::{self, CountedAs};
use super::precondition::check_version;
use super::view::mail_route;
use crate::domain::ids::{AccountId, MailId, UserId};
use crate::domain::mail::{Mail, MailKind};
use crate::store::engine::Changes;

/// Queues the mail that asks a user to activate the account.
///
/// # Errors
/// The user is out of reach, `expected` is stale, the user is disabled, active already, has no address, or the
/// day's mails were sent.
pub async fn send_activation(
    cx: Context<'_>,
    id: UserId,
    expected: Option<u64>,
) -> Result<(), Error> {
    let Context { env, now, .. } = cx;
    retrying(|| async {
        let (user, tenant) = cx.user(id).await?;
        check_version(expected, user.version)?;
        let refused = |why: &str| Err(Error::Refused(why.to_owned()));
        if user.activated {
            return refused("the account is active already");
        }
        if !user.enabled {
            return refused("the account is disabled; enable it first");
        }
        if user.contact.email.is_none() {
            return refused("the account has no e-mail address; set contact.email first");
        }
        let recipient = (user.tenant_id, user.id);
        let mut mail = Mail::new(MailId::random(), MailKind::Activation, recipient, now, now);
        let brand = env.store.effective_brand(&tenant).await?;
        mail.route = mail_route(brand.as_ref());
        let mut changes = Changes::new();
        // One after the other: they all count against the tenant.
        let _lock = env.store.lock(&AccountId::Tenant(user.tenant_id)).await;
        mail_limits::count(env, &mut changes, &user, CountedAs::New, now).await?;
        changes.expect_user(&user);
        changes.create_mail(mail.clone());
        let act = Act::new("user.send_activation_email", &tenant, user.id);
        cx.commit(changes, act, None, Some(&mail)).await?;
        env.outbox_wake.notify_one();
        Ok(())
    })
    .await
}
