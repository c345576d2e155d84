//! The users of a domain and the roles they hold there: read, replace, take out.

use super::ties::TiesUpdate;
use super::{commit, locked, with_plan};
use crate::domain::ids::UserId;
use crate::domain::reseller::domain::Domain;
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::role::{RoleId, RoleKind};
use crate::domain::user::User;
use crate::store::Found;
use crate::store::engine::{Changes, Expect};
use crate::usecases::access::Context;
use crate::usecases::error::{Error, What, retrying};
use crate::usecases::precondition::check_version;

/// A role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// Its number.
    pub id: RoleId,
    /// What people call it.
    pub name: Name,
    /// What kind it is.
    pub kind: RoleKind,
    /// Whether it belongs to the domain itself, and not to its plan.
    pub of_domain: bool,
}

/// A user of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The domain.
    pub domain: Name,
    /// The user's id.
    pub user: UserId,
    /// The user's login.
    pub login: String,
    /// Whether the user is flagged as owner.
    pub owner: bool,
    /// All roles.
    pub roles: Vec<HeldRole>,
    /// Grows by one with each change of the roles; 0 for a user who has never held one here.
    pub version: u64,
}

/// How a caller names a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleRef {
    /// By its number.
    Id(RoleId),
    /// By its name. A role that belongs to the domain itself comes before one of its plan.
    Name(Name),
}

/// The roles of these numbers, as far as they are in one of the books.
pub(super) fn held(domain: &Domain, plan: &Plan, roles: &[RoleId]) -> Vec<HeldRole> {
    let look = |id: &RoleId| {
        let of_domain = domain.roles.get(*id);
        let role = of_domain.or_else(|| plan.roles.get(*id))?;
        Some(HeldRole {
            id: role.id,
            name: role.name.clone(),
            kind: role.kind,
            of_domain: of_domain.is_some(),
        })
    };
    roles.iter().filter_map(look).collect()
}

fn resolve(domain: &Domain, plan: &Plan, role: &RoleRef) -> Result<RoleId, Error> {
    let books = [&domain.roles, &plan.roles];
    let mut found = books.into_iter().filter_map(|book| match role {
        RoleRef::Id(id) => book.get(*id),
        RoleRef::Name(name) => book.find(name),
    });
    let role = found.next().ok_or(Error::NotFound(What::Role))?;
    Ok(role.id)
}

/// The user that a caller names by id or login: one who may hold roles in the domain.
///
/// # Errors
/// There is no such user within reach, or not below the domain's tenant.
pub(super) async fn find(
    cx: Context<'_>,
    domain: &Domain,
    text: &str,
) -> Result<Found<User>, Error> {
    let missing = || Error::NotFound(What::User);
    let id = match text.parse::<UserId>() {
        Ok(id) => id,
        Err(_) if text.len() > MAX_LOGIN_BYTES => return Err(missing()),
        Err(_) => {
            let id = cx.env.store.user_of_login(text).await?;
            id.ok_or_else(missing)?
        }
    };
    let (user, tenant) = cx.user(id).await?;
    match domain.tenant_id {
        Some(top) if !tenant.is_within(top) => Err(missing()),
        _ => Ok(user),
    }
}

/// No login is longer; what is, need not be looked for.
const MAX_LOGIN_BYTES: usize = 512;

fn member(domain: &Domain, plan: &Plan, user: &User) -> Member {
    let assignment = domain.assignment(user.id);
    let roles = assignment.map_or(&[][..], |held| held.roles.as_slice());
    Member {
        domain: domain.name.clone(),
        user: user.id,
        login: user.login.clone(),
        owner: domain.owner == Some(user.id),
        roles: held(domain, plan, roles),
        version: assignment.map_or(0, |held| held.version),
    }
}

/// The roles of a user in a domain. A user who may hold roles and holds none has an empty list.
///
/// # Errors
/// There is no such domain, or no such user who may hold roles in it.
pub async fn read(cx: Context<'_>, name: &Name, user: &str) -> Result<Member, Error> {
    retrying(|| async {
        let (domain, plan) = with_plan(cx, name).await?;
        let user = find(cx, &domain, user).await?;
        Ok(member(&domain, &plan, &user))
    })
    .await
}

/// Gives a user exactly these roles in a domain.
///
/// # Errors
/// There is no such domain, user or role; a bound is reached; the user is the owner and would be
/// no Admin; or `expected` is stale.
pub async fn replace(
    cx: Context<'_>,
    (name, user): (&Name, &str),
    roles: &[RoleRef],
    expected: Option<u64>,
) -> Result<Member, Error> {
    locked(cx, || async {
        let (old, seen) = with_plan(cx, name).await?;
        let user = find(cx, &old, user).await?;
        let before = old.assignment(user.id);
        check_version(expected, before.map_or(0, |held| held.version))?;
        let wanted = roles.iter().map(|role| resolve(&old, &seen, role));
        let wanted: Vec<RoleId> = wanted.collect::<Result<_, _>>()?;

        let mut changes = Changes::new();
        let mut ties_update = TiesUpdate::default();
        if before.is_none() {
            // A user who is deleted meanwhile gets no role.
            changes.expect_user(&user);
            ties_update.tie_user(&cx.env.store, user.id).await?;
        }
        let (mut domain, mut plan) = (old.value.clone(), seen.value.clone());
        domain.assign(&mut plan, user.id, &wanted)?;
        let shown = member(&domain, &plan, &user);
        ties_update.write(&mut changes);
        put(cx, changes, (&old, domain), (&seen, plan), user.id).await?;
        Ok(shown)
    })
    .await
}

/// Takes a user out of a domain: no role is left.
///
/// # Errors
/// There is no such domain, the user holds no role in it, the user is the owner, or `expected` is
/// stale.
pub async fn take_out(
    cx: Context<'_>,
    (name, user): (&Name, &str),
    expected: Option<u64>,
) -> Result<(), Error> {
    locked(cx, || async {
        let (old, seen) = with_plan(cx, name).await?;
        let user = find(cx, &old, user).await?;
        let held = old.assignment(user.id).ok_or(Error::NotFound(What::User))?;
        check_version(expected, held.version)?;
        let (mut domain, mut plan) = (old.value.clone(), seen.value.clone());
        domain.take_out(&mut plan, user.id)?;
        let mut changes = Changes::new();
        let mut ties_update = TiesUpdate::default();
        ties_update.untie_users(&cx.env.store, [user.id]).await?;
        ties_update.write(&mut changes);
        put(cx, changes, (&old, domain), (&seen, plan), user.id).await
    })
    .await
}

/// Commits `changes` with a domain and its plan, after the roles of `user` there were changed.
async fn put(
    cx: Context<'_>,
    mut changes: Changes,
    (old, mut domain): (&Found<Domain>, Domain),
    (seen, plan): (&Found<Plan>, Plan),
    user: UserId,
) -> Result<(), Error> {
    domain.touch(cx.now);
    changes.put_domain(Expect::Revision(old.revision), domain.clone());
    changes.put_plan(Expect::Revision(seen.revision), plan);
    let act = ("domain.user_roles", format!("{}/{user}", old.name));
    commit(cx, changes, act, Some(&old.value), Some(&domain)).await
}
