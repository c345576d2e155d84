//! What happens to roles when a domain moves to another price plan (rule `domain-plan-change`).

use super::domain::{Domain, unique};
use super::name::Name;
use super::plan::Plan;
use super::role::{RoleId, RoleKind};
use crate::ids::UserId;
use crate::text::BadText;

/// What becomes of the roles of the plan before (`keepRole`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepRole {
    /// `false`: all become NO_PRIVILEGES.
    None,
    /// `true`: the role of the same name in the new plan, else NO_PRIVILEGES.
    SameName,
    /// A role's name: the role of the same name in the new plan, else this one.
    SameNameOr(Name),
}

impl std::str::FromStr for KeepRole {
    type Err = BadText;

    /// `true` and `false` in any case (some clients write `True`); anything else names a role.
    fn from_str(text: &str) -> Result<Self, BadText> {
        match text.to_ascii_lowercase().as_str() {
            "false" => Ok(Self::None),
            "true" => Ok(Self::SameName),
            _ => Name::parse(text).map(Self::SameNameOr),
        }
    }
}

/// What the change did to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMove {
    /// Who.
    pub user: UserId,
    /// The roles before.
    pub old: Vec<RoleId>,
    /// The roles now.
    pub new: Vec<RoleId>,
}

/// The domain and both plans after the change, not yet touched, and what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    /// The domain under its new plan.
    pub domain: Domain,
    /// The plan it has left.
    pub from: Plan,
    /// The plan it has now.
    pub to: Plan,
    /// Every user with roles, changed or not.
    pub moves: Vec<RoleMove>,
}

/// The role that `keepRole` names is not in the new plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchRole;

/// Moves `domain` from one plan to another. Every role of the old plan that a user holds becomes
/// one of the new plan, role by role, as `keep` says; what falls together is held once. Roles that
/// belong to the domain stay. The owner stays an Admin whatever `keep` says, because that is what
/// an owner is; all other roles of the owner move like everybody's.
///
/// # Errors
/// [`NoSuchRole`].
pub fn change_plan(
    domain: &Domain,
    from: &Plan,
    to: &Plan,
    keep: &KeepRole,
) -> Result<PlanChange, NoSuchRole> {
    let fallback = match keep {
        KeepRole::SameNameOr(name) => to.roles.find(name),
        KeepRole::None | KeepRole::SameName => to.roles.of_kind(RoleKind::NoPrivileges),
    };
    let fallback = fallback.ok_or(NoSuchRole)?.id;
    let moved = |role: RoleId, owner: bool| {
        let Some(old) = from.roles.get(role) else {
            return role;
        };
        let keeps_name = *keep != KeepRole::None || (owner && old.kind == RoleKind::Admin);
        let same = to.roles.find(&old.name).filter(|_| keeps_name);
        same.map_or(fallback, |role| role.id)
    };

    let mut after = PlanChange {
        domain: domain.clone(),
        from: from.clone(),
        to: to.clone(),
        moves: Vec::with_capacity(domain.users.len()),
    };
    for held in &mut after.domain.users {
        let owner = domain.owner == Some(held.user);
        let new = unique(held.roles.iter().map(|role| moved(*role, owner)));
        after.from.roles.give_back(&held.roles);
        after.to.roles.take(&new);
        held.version += u64::from(held.roles != new);
        after.moves.push(RoleMove {
            user: held.user,
            old: std::mem::replace(&mut held.roles, new.clone()),
            new,
        });
    }
    after.from.domains = from.domains.saturating_sub(1);
    after.to.domains = to.domains.saturating_add(1);
    after.domain.plan = to.name.clone();
    Ok(after)
}

/// Naming the plan that the domain has already: nothing belonged to a plan before, so nothing
/// changes, and a request that is sent twice takes nobody's roles away.
#[must_use]
pub fn unchanged(domain: &Domain) -> Vec<RoleMove> {
    let unmoved = domain.users.iter().map(|held| RoleMove {
        user: held.user,
        old: held.roles.clone(),
        new: held.roles.clone(),
    });
    unmoved.collect()
}

#[cfg(test)]
mod tests;
