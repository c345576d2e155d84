//! Whom the quotas of an account concern, and who of them is notified by mail.

use uuid::Uuid;

use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::user::User;
use crate::store::engine::Key;
use crate::store::keys;
use crate::telemetry::metrics::{Label, NotTold};
use crate::usecases::Env;
use crate::usecases::error::Error;

/// People read from the store at once.
pub(super) const PAGE: usize = 500;

/// People of one list, as far as they were read.
#[derive(Default)]
pub(super) struct Page {
    users: Vec<User>,
    /// There are more after this one.
    after: Option<Uuid>,
}

impl Page {
    /// The people that an index leads to, beginning after `after`.
    pub(super) async fn read(
        env: &Env,
        list: Option<&Key>,
        after: Option<Uuid>,
    ) -> Result<Self, Error> {
        let Some(list) = list else {
            return Ok(Self::default());
        };
        let ids = env.store.ids_under(list, after, PAGE).await?;
        let is_full = ids.len() == PAGE;
        let users: Vec<UserId> = ids.iter().map(|id| UserId::new(*id)).collect();
        Ok(Self {
            users: users_of(env, &users).await?.into_iter().flatten().collect(),
            after: ids.last().copied().filter(|_| is_full),
        })
    }

    pub(super) const fn is_last(&self) -> bool {
        self.after.is_none()
    }
}

/// The profiles of users, in their order.
///
/// # Errors
/// The store failed.
pub(in crate::usecases) async fn users_of(
    env: &Env,
    ids: &[UserId],
) -> Result<Vec<Option<User>>, Error> {
    let found = env.store.load_many::<User>(ids.iter().copied()).await?;
    let users = found.into_iter().map(|found| Some(found?.value));
    Ok(users.collect())
}

/// Whom the quotas of an account concern: a tenant's, everyone of the tenant; a user's own, that
/// user and the tenant's company admins.
pub(super) struct Concerned {
    own: Option<User>,
    /// The index that leads to the others; none where the user was deleted.
    pub(super) list: Option<Key>,
}

impl Concerned {
    pub(super) async fn of(env: &Env, account: AccountId) -> Result<Self, Error> {
        let one = Self::of_each(env, &[account]).await?;
        let nobody = || Error::Internal("an account was not looked for".to_owned());
        one.into_iter().next().ok_or_else(nobody)
    }

    /// The same of each of `accounts`, in their order.
    pub(super) async fn of_each(env: &Env, accounts: &[AccountId]) -> Result<Vec<Self>, Error> {
        let owner = |account: &AccountId| match account {
            AccountId::User(id) => Some(*id),
            AccountId::Tenant(_) => None,
        };
        let owners: Vec<UserId> = accounts.iter().filter_map(owner).collect();
        let mut owners = users_of(env, &owners).await?.into_iter();
        let concerned = accounts.iter().map(|account| match account {
            AccountId::Tenant(tenant) => Self {
                own: None,
                list: Some(keys::tenant_users(*tenant)),
            },
            AccountId::User(_) => {
                let own = owners.next().flatten();
                let list = own.as_ref().map(|own| keys::company_admins(own.tenant_id));
                Self { own, list }
            }
        });
        Ok(concerned.collect())
    }

    /// Who of a page is told; the user whose own quota it is belongs to the first.
    pub(super) fn told(&self, page: &Page, is_first: bool) -> Told {
        let own = self.own.as_ref();
        let is_other = |user: &&User| {
            // Who is no company admin any more is on the way out of the index.
            own.is_none_or(|own| user.id != own.id && user.is_company_admin())
        };
        let others = page.users.iter().filter(is_other);
        let mut told = Told::default();
        for user in own.filter(|_| is_first).into_iter().chain(others) {
            match user.receives_quota_mail() {
                Ok(()) => told.users.push(user.clone()),
                Err(rule) => told.not_told.push(NotTold::of(rule)),
            }
        }
        // Nobody of an account that was deleted is to be told.
        let is_there = self.list.is_some() && is_first && page.is_last();
        if is_there && told.users.is_empty() && told.not_told.is_empty() {
            told.not_told.push(NotTold::Nobody);
        }
        told
    }
}

/// Who of those that an account concerns is told of it.
#[derive(Default)]
pub(super) struct Told {
    pub(super) users: Vec<User>,
    /// Why each of the others is not.
    pub(super) not_told: Vec<NotTold>,
}

/// All whom an account concerns, page by page, so that a large tenant fits into memory.
pub(super) struct Pages {
    concerned: Concerned,
    after: Option<Uuid>,
    is_over: bool,
}

impl Pages {
    pub(super) async fn of(env: &Env, account: AccountId) -> Result<Self, Error> {
        Ok(Self {
            concerned: Concerned::of(env, account).await?,
            after: None,
            is_over: false,
        })
    }

    /// Who of the next page is told; there is at least one page.
    pub(super) async fn next(&mut self, env: &Env) -> Result<Option<Told>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let page = Page::read(env, self.concerned.list.as_ref(), self.after).await?;
        let told = self.concerned.told(&page, self.after.is_none());
        self.is_over = page.is_last();
        self.after = page.after;
        Ok(Some(told))
    }

    /// Whether the page that was read last is the last.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }
}

/// Who is told of an account's quotas; of a large tenant so many at least.
///
/// # Errors
/// The store failed.
pub async fn recipients_of(
    env: &Env,
    account: AccountId,
    enough: usize,
) -> Result<Vec<User>, Error> {
    let (mut pages, mut users) = (Pages::of(env, account).await?, Vec::new());
    while users.len() < enough
        && let Some(told) = pages.next(env).await?
    {
        users.extend(told.users);
    }
    Ok(users)
}

/// How many people of a tenant get mail about its quotas, and why the others do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// How many get it.
    pub told: usize,
    /// How many do not, by reason; reasons without people are left out.
    pub not_told: Vec<(NotTold, usize)>,
}

/// Who of a tenant gets mail about its quotas.
///
/// # Errors
/// The store failed.
pub async fn audience_of(env: &Env, tenant: TenantId) -> Result<Audience, Error> {
    let mut pages = Pages::of(env, AccountId::Tenant(tenant)).await?;
    let (mut told, mut not_told) = (0, Vec::new());
    while let Some(page) = pages.next(env).await? {
        told += page.users.len();
        not_told.extend(page.not_told);
    }
    let count = |reason| not_told.iter().filter(|why| **why == reason).count();
    let counted = NotTold::ALL.iter().map(|reason| (*reason, count(*reason)));
    Ok(Audience {
        told,
        not_told: counted.filter(|(_, count)| *count > 0).collect(),
    })
}
