//! The mail that asks a user to activate the account.

use super::access::Context;
use super::audit;
use super::error::{Error, retrying};
use super::mail_limits::{self, CountedAs};
use super::manage_users::act;
use super::precondition::check_version;
use crate::domain::brand::Brand;
use crate::domain::ids::{AccountId, MailId, UserId};
use crate::domain::notification::{Mail, MailKind};
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
    let Context { env, caller, now } = cx;
    retrying(|| async {
        let (user, tenant) = caller.user(&env.store, id).await?;
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
        mail.route = brand
            .filter(Brand::has_own_server)
            .map(|brand| brand.tenant_id);
        let mut changes = Changes::new();
        // One after the other: they all count against the tenant.
        let _lock = env.store.lock(&AccountId::Tenant(user.tenant_id)).await;
        mail_limits::count(env, &mut changes, &user, CountedAs::New, now).await?;
        changes.expect_user(&user);
        let act = act("user.send_activation_email", &user, &tenant);
        audit::record(&mut changes, caller, now, act, None, Some(&mail));
        changes.create_mail(mail);
        env.store.commit(changes).await?;
        env.outbox_wake.notify_one();
        Ok(())
    })
    .await
}
