//! Quotas of the other users of a tenant, of which its company admins are notified.

use std::collections::BTreeSet;

use super::Env;
use super::error::Error;
use super::fan_out::users_of;
use super::view::{UserView, status};
use crate::domain::ids::{AccountId, AccountRef, UserId};
use crate::domain::mail::Cause;
use crate::domain::meter::ItemStatus;
use crate::domain::user::User;
use crate::store::keys;

/// No reminder looks at more colleagues.
const MAX_COLLEAGUES: usize = 1000;

/// An item of another user that stands in a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColleagueItem {
    /// Whose.
    pub user: User,
    /// How it stands now.
    pub status: ItemStatus,
}

impl ColleagueItem {
    /// What a reader calls the user.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.user.contact.full_name();
        if name.is_empty() {
            self.user.login.clone()
        } else {
            name
        }
    }
}

/// Those of a mail's causes that are about other users and still stand, in the causes' order. For
/// a reader who is no company admin (any more): none.
///
/// # Errors
/// The store failed.
pub async fn standing_of_causes(
    env: &Env,
    view: &UserView,
    causes: &[Cause],
) -> Result<Vec<ColleagueItem>, Error> {
    let mut seen = BTreeSet::new();
    let others = causes.iter().filter_map(|cause| match cause.account {
        AccountId::User(id) if id != view.user.id => Some(id),
        _ => None,
    });
    let ids: Vec<UserId> = others.filter(|id| seen.insert(*id)).collect();
    let users = users_of(env, &ids).await?;
    let mut standing = standing_of(env, view, users).await?;
    standing.retain(|item| {
        let account = AccountId::User(item.user.id);
        causes
            .iter()
            .any(|cause| cause.account == account && cause.item == item.status.item)
    });
    Ok(standing)
}

/// Everything of other users of the reader's tenant that stands. For a reader who is no company
/// admin: nothing.
///
/// # Errors
/// The store failed.
pub async fn all_standing(env: &Env, view: &UserView) -> Result<Vec<ColleagueItem>, Error> {
    if !view.user.is_company_admin() {
        return Ok(Vec::new());
    }
    let list = keys::tenant_users(view.tenant.id);
    let ids = env.store.ids_under(&list, None, MAX_COLLEAGUES + 1).await?;
    let ids = ids.into_iter().map(UserId::new);
    let ids: Vec<UserId> = ids.filter(|id| *id != view.user.id).collect();
    let users = users_of(env, &ids).await?;
    standing_of(env, view, users).await
}

async fn standing_of(
    env: &Env,
    view: &UserView,
    users: Vec<Option<User>>,
) -> Result<Vec<ColleagueItem>, Error> {
    if !view.user.is_company_admin() || !view.is_notified() {
        return Ok(Vec::new());
    }
    let users: Vec<User> = users.into_iter().flatten().collect();
    let accounts = users.iter().map(User::account);
    let accounts: Vec<AccountRef> = accounts.collect();
    let meters = env.store.hot_meters(&accounts).await;
    let mut standing = Vec::new();
    for (user, meter) in users.into_iter().zip(meters) {
        let (meter, _) = meter?;
        if !user.enabled || user.tenant_id != view.tenant.id {
            continue;
        }
        let status = status(&env.settings, &view.tenant, &meter);
        let in_level = status
            .into_iter()
            .filter(|status| status.state.level().is_some());
        standing.extend(in_level.map(|status| ColleagueItem {
            user: user.clone(),
            status,
        }));
    }
    Ok(standing)
}
