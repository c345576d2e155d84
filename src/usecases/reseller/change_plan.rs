//! A domain gets another price plan: everything in one commit (rule `domain-plan-change`).

use super::members::{HeldRole, held};
use super::{commit, locked, plan, with_plan};
use crate::domain::ids::UserId;
use crate::domain::reseller::change::{KeepRole, PlanChange, RoleMove, change_plan, unchanged};
use crate::domain::reseller::domain::Domain;
use crate::domain::reseller::name::Name;
use crate::domain::user::User;
use crate::store::Found;
use crate::store::engine::{Changes, Expect};
use crate::usecases::Env;
use crate::usecases::access::Context;
use crate::usecases::error::{Error, What};
use crate::usecases::precondition::check_version;

/// What the change did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChanged {
    /// The domain as it is now.
    pub domain: Domain,
    /// The plan it had before.
    pub previous: Name,
    /// Every user with roles.
    pub users: Vec<UserMove>,
}

/// What the change did to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserMove {
    /// The user's id.
    pub user: UserId,
    /// The user's login.
    pub login: String,
    /// Whether the user is flagged as owner.
    pub owner: bool,
    /// The roles before.
    pub old: Vec<HeldRole>,
    /// The roles now.
    pub new: Vec<HeldRole>,
}

/// Gives a domain another plan, and moves the roles that its users held of the plan before.
///
/// # Errors
/// There is no such domain or plan, the new plan lacks the role that `keep` names, or `expected`
/// is stale.
pub async fn change(
    cx: Context<'_>,
    name: &Name,
    (to, keep): (&Name, &KeepRole),
    expected: Option<u64>,
) -> Result<PlanChanged, Error> {
    let (change, previous) = locked(cx, || async {
        let (domain, from) = with_plan(cx, name).await?;
        check_version(expected, domain.version)?;
        let target = plan(cx, to).await?;
        if target.name.is(&from.name) {
            let same = PlanChange {
                moves: unchanged(&domain),
                domain: domain.value,
                from: from.value,
                to: target.value,
            };
            let previous = same.from.name.clone();
            return Ok((same, previous));
        }
        let done = change_plan(&domain, &from, &target, keep);
        let mut done = done.map_err(|_| Error::NotFound(What::Role))?;
        done.domain.touch(cx.now);
        let mut changes = Changes::new();
        changes.put_domain(Expect::Revision(domain.revision), done.domain.clone());
        changes.put_plan(Expect::Revision(from.revision), done.from.clone());
        changes.put_plan(Expect::Revision(target.revision), done.to.clone());
        let act = ("domain.plan", &domain.name);
        let (before, after) = (Some(&domain.value), Some(&done.domain));
        commit(cx, changes, act, before, after).await?;
        Ok((done, from.value.name))
    })
    .await?;
    let users = people(cx.env, &change).await?;
    Ok(PlanChanged {
        domain: change.domain,
        previous,
        users,
    })
}

/// The moves with names instead of numbers.
async fn people(env: &Env, change: &PlanChange) -> Result<Vec<UserMove>, Error> {
    let PlanChange {
        domain, from, to, ..
    } = change;
    let ids = change.moves.iter().map(|one| one.user);
    let users = env.store.load_many::<User>(ids).await?;
    let shown = |(one, user): (&RoleMove, Option<Found<User>>)| UserMove {
        user: one.user,
        login: user.map(|user| user.value.login).unwrap_or_default(),
        owner: domain.owner == Some(one.user),
        old: held(domain, from, &one.old),
        new: held(domain, to, &one.new),
    };
    Ok(change.moves.iter().zip(users).map(shown).collect())
}
