//! The tenant that holds an account, as far as usage reports need it: each line of a batch asks.

use super::account_fields::{self, FoundTenant, cached_tenant};
use super::error::Error;
use super::{Env, Settings};
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::ids::{AccountId, AccountRef, TenantId};
use crate::domain::tenant::Tenant;

/// What a report needs to know of the tenant of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// A disabled tenant's people are told nothing.
    pub enabled: bool,
    /// By what its accounts are evaluated.
    pub policy: QuotaPolicy,
}

impl Holder {
    /// What a loaded tenant is to its own accounts.
    #[must_use]
    pub fn of(settings: &Settings, tenant: &Tenant) -> Self {
        Self {
            enabled: tenant.enabled,
            policy: settings.quota_policy(tenant),
        }
    }
}

impl From<FoundTenant> for Holder {
    fn from(tenant: FoundTenant) -> Self {
        Self {
            enabled: tenant.fields.enabled,
            policy: tenant.policy,
        }
    }
}

/// An account with its number and its holder, if the account table has all that it takes and the holder is
/// `root` or below it.
#[must_use]
pub fn try_cached(env: &Env, account: AccountId, root: TenantId) -> Option<(AccountRef, Holder)> {
    let number = env.accounts.number(account)?;
    let tenant = match account {
        AccountId::Tenant(_) => cached_tenant(env, number)?,
        AccountId::User(_) => cached_tenant(env, env.accounts.user(number)?.tenant)?,
    };
    let is_within = env.accounts.is_within(&tenant.fields, root)?;
    let id = account;
    is_within.then(|| (AccountRef { id, number }, tenant.into()))
}

/// The same, read from the store as far as the table does not have it; `None` where there is no such
/// account below `root`.
///
/// # Errors
/// The store failed.
pub async fn find(
    env: &Env,
    account: AccountId,
    root: TenantId,
) -> Result<Option<(AccountRef, Holder)>, Error> {
    let (number, tenant) = match account {
        AccountId::Tenant(id) => {
            let tenant = account_fields::find_tenant(env, id).await?;
            (tenant.map(|found| found.fields.number), tenant)
        }
        AccountId::User(id) => match account_fields::find_user(env, id).await? {
            Some(user) => {
                let tenant = account_fields::tenant(env, user.tenant).await?;
                (Some(user.number), tenant)
            }
            None => (None, None),
        },
    };
    let (Some(number), Some(tenant)) = (number, tenant) else {
        return Ok(None);
    };
    let is_within = account_fields::is_within(env, &tenant.fields, root).await?;
    let id = account;
    Ok(is_within.then(|| (AccountRef { id, number }, tenant.into())))
}
