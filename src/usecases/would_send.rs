//! The answer to a dry run: who would be notified of a batch of usage, and of what.

use std::collections::BTreeMap;

use super::Env;
use super::error::Error;
use super::fan_out::recipients_of;
use super::report_usage::AccountTransition;
use crate::domain::ids::{AccountId, UserId};
use crate::domain::mail::Cause;

/// More recipients than this are not listed.
const MAX_RECIPIENTS: usize = 10_000;

/// The mails that a batch would cause, one per recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WouldSend {
    /// Why each recipient would get one.
    pub causes: BTreeMap<UserId, Vec<Cause>>,
    /// There are more recipients than are listed.
    pub is_truncated: bool,
}

/// Finds the recipients of `transitions`.
///
/// # Errors
/// The store failed.
pub async fn would_send(env: &Env, transitions: &[AccountTransition]) -> Result<WouldSend, Error> {
    let mut sendings = WouldSend::default();
    for of_account in transitions.chunk_by(|a, b| a.account == b.account) {
        let Some(first) = of_account.first() else {
            continue;
        };
        let causes: Vec<Cause> = of_account.iter().filter_map(cause_of).collect();
        if causes.is_empty() || !is_tenant_enabled(env, first.account).await? {
            continue;
        }
        for user in recipients_of(env, first.account, MAX_RECIPIENTS + 1).await? {
            let is_new = !sendings.causes.contains_key(&user.id);
            if is_new && sendings.causes.len() == MAX_RECIPIENTS {
                sendings.is_truncated = true;
                return Ok(sendings);
            }
            let known = sendings.causes.entry(user.id).or_default();
            known.extend(causes.iter().copied());
        }
    }
    Ok(sendings)
}

fn cause_of(change: &AccountTransition) -> Option<Cause> {
    Some(Cause {
        account: change.account,
        item: change.transition.item,
        level: change.notify?,
    })
}

/// Nobody of a disabled tenant is notified.
async fn is_tenant_enabled(env: &Env, account: AccountId) -> Result<bool, Error> {
    let tenant = match account {
        AccountId::Tenant(id) => Some(id),
        AccountId::User(id) => env.store.user(id).await?.map(|user| user.tenant_id),
    };
    let Some(tenant) = tenant else {
        return Ok(false);
    };
    let tenant = env.store.tenant(tenant).await?;
    Ok(tenant.is_some_and(|tenant| tenant.enabled))
}
