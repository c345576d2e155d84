//! Roles of plans, and roles that belong to a domain itself: list, read, create, change, delete.

use super::{commit, domain, locked, plan};
use crate::domain::ids::TenantId;
use crate::domain::reseller::book::RoleBook;
use crate::domain::reseller::domain::Domain;
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::role::{Role, RoleId, RoleKind};
use crate::domain::time::Timestamp;
use crate::store::Found;
use crate::store::engine::{Changes, Expect};
use crate::usecases::Env;
use crate::usecases::access::Context;
use crate::usecases::error::{Error, What, retrying};
use crate::usecases::precondition::check_version;

/// Whose roles are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// Those of this plan.
    Plan(Name),
    /// Those that belong to this domain itself.
    Domain(Name),
}

/// The record that keeps the book.
enum Keeper {
    Plan(Found<Plan>),
    Domain(Found<Domain>),
}

impl Keeper {
    async fn load(cx: Context<'_>, home: &Home) -> Result<Self, Error> {
        Ok(match home {
            Home::Plan(name) => Self::Plan(plan(cx, name).await?),
            Home::Domain(name) => Self::Domain(domain(cx, name).await?),
        })
    }

    fn book(&self) -> &RoleBook {
        match self {
            Self::Plan(plan) => &plan.roles,
            Self::Domain(domain) => &domain.roles,
        }
    }

    fn reseller(&self) -> TenantId {
        match self {
            Self::Plan(plan) => plan.reseller,
            Self::Domain(domain) => domain.reseller,
        }
    }

    /// The number of the role of that name.
    fn find(&self, name: &Name) -> Result<RoleId, Error> {
        let role = self.book().find(name);
        role.map(|role| role.id).ok_or(Error::NotFound(What::Role))
    }

    /// What is done to a role here, for the audit; the action by whose role it is.
    fn act(
        &self,
        (of_plan, of_domain): (&'static str, &'static str),
        role: &Name,
    ) -> (&'static str, String) {
        let (action, home) = match self {
            Self::Plan(plan) => (of_plan, &plan.name),
            Self::Domain(domain) => (of_domain, &domain.name),
        };
        (action, format!("{home}/{role}"))
    }

    /// Stores the record with another book.
    fn put(self, book: RoleBook, changes: &mut Changes, now: Timestamp) {
        match self {
            Self::Plan(Found {
                value: mut plan,
                revision,
            }) => {
                plan.roles = book;
                plan.touch(now);
                changes.put_plan(Expect::Revision(revision), plan);
            }
            Self::Domain(Found {
                value: mut domain,
                revision,
            }) => {
                domain.roles = book;
                domain.touch(now);
                changes.put_domain(Expect::Revision(revision), domain);
            }
        }
    }
}

/// The whole role. A book that names it was read before: where it is gone since, that is a race.
async fn whole(env: &Env, reseller: TenantId, id: RoleId) -> Result<Found<Role>, Error> {
    let found = env.store.load((reseller, id)).await?;
    found.ok_or(Error::LostRace)
}

/// What a plan or a domain knows of its roles, in the order they were made.
///
/// # Errors
/// There is no such plan or domain.
pub async fn book(cx: Context<'_>, home: &Home) -> Result<RoleBook, Error> {
    let keeper = Keeper::load(cx, home).await?;
    Ok(keeper.book().clone())
}

/// All roles of a plan or a domain, whole, in the order they were made.
///
/// # Errors
/// There is no such plan or domain.
pub async fn list(cx: Context<'_>, home: &Home) -> Result<Vec<Role>, Error> {
    let keeper = Keeper::load(cx, home).await?;
    let entries = keeper.book().entries().iter();
    let ids = entries.map(|role| (keeper.reseller(), role.id));
    // What was deleted since the book was read is on no list.
    Ok(cx.env.store.values(ids).await?)
}

/// One role, whole.
///
/// # Errors
/// There is no such plan, domain or role.
pub async fn read(cx: Context<'_>, home: &Home, name: &Name) -> Result<Role, Error> {
    retrying(|| async {
        let keeper = Keeper::load(cx, home).await?;
        let id = keeper.find(name)?;
        Ok(whole(cx.env, keeper.reseller(), id).await?.value)
    })
    .await
}

/// Creates a custom role. `fill` says what it is other than one without policies and resources.
///
/// # Errors
/// There is no such plan or domain, the name is taken, a bound is reached, or as `fill` says.
pub async fn create(
    cx: Context<'_>,
    home: &Home,
    name: &Name,
    fill: impl Fn(Role) -> Result<Role, Error>,
) -> Result<Role, Error> {
    locked(cx, || async {
        let keeper = Keeper::load(cx, home).await?;
        // Drawn from the sequence of the API v1 ids: unique, and never given again.
        let id = RoleId(cx.env.store.next_v1_id().await?.0.into());
        let blank = Role::new(id, name.clone(), RoleKind::Custom);
        let role = blank.changed(fill(blank.clone())?)?;
        let mut book = keeper.book().clone();
        book.add(&role)?;
        let mut changes = Changes::new();
        changes.put_role(Expect::Absent, keeper.reseller(), role.clone());
        let act = keeper.act(("plan_role.create", "domain_role.create"), &role.name);
        keeper.put(book, &mut changes, cx.now);
        commit(cx, changes, act, None, Some(&role)).await?;
        Ok(role)
    })
    .await
}

/// Changes a role: everybody who holds it has it as it is then. `change` is asked again where the
/// role changed meanwhile.
///
/// # Errors
/// There is no such plan, domain or role, its kind is against the change, its new name is taken,
/// `expected` is stale, or as `change` says.
pub async fn update(
    cx: Context<'_>,
    (home, name): (&Home, &Name),
    expected: Option<u64>,
    change: impl Fn(Role) -> Result<Role, Error>,
) -> Result<Role, Error> {
    locked(cx, || async {
        let keeper = Keeper::load(cx, home).await?;
        let old = whole(cx.env, keeper.reseller(), keeper.find(name)?).await?;
        check_version(expected, old.version)?;
        let mut role = old.changed(change(old.value.clone())?)?;
        role.version += 1;
        let mut book = keeper.book().clone();
        book.rename(&role)?;
        let mut changes = Changes::new();
        let seen = Expect::Revision(old.revision);
        changes.put_role(seen, keeper.reseller(), role.clone());
        let act = keeper.act(("plan_role.update", "domain_role.update"), &old.name);
        keeper.put(book, &mut changes, cx.now);
        commit(cx, changes, act, Some(&old.value), Some(&role)).await?;
        Ok(role)
    })
    .await
}

/// Deletes a custom role that nobody holds.
///
/// # Errors
/// There is no such plan, domain or role, it is a basic one, somebody holds it, or `expected` is
/// stale.
pub async fn delete(
    cx: Context<'_>,
    (home, name): (&Home, &Name),
    expected: Option<u64>,
) -> Result<(), Error> {
    locked(cx, || async {
        let keeper = Keeper::load(cx, home).await?;
        let old = whole(cx.env, keeper.reseller(), keeper.find(name)?).await?;
        check_version(expected, old.version)?;
        let mut book = keeper.book().clone();
        book.remove(old.id)?;
        let mut changes = Changes::new();
        changes.delete_role(Expect::Revision(old.revision), keeper.reseller(), old.id);
        let act = keeper.act(("plan_role.delete", "domain_role.delete"), &old.name);
        keeper.put(book, &mut changes, cx.now);
        commit(cx, changes, act, Some(&old.value), None).await
    })
    .await
}
