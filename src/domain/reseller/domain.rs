//! Domains of a reseller: which plan they run under, and which roles their users hold.

use serde::{Deserialize, Serialize};

use super::book::RoleBook;
use super::name::Name;
use super::plan::Plan;
use super::retention::Retention;
use super::role::{RoleId, RoleKind};
use crate::ids::{TenantId, UserId};
use crate::time::Timestamp;

/// The most users of a domain: a change of plan moves all of them in one commit.
pub const MAX_USERS: usize = 1_000;
/// The most roles of a user in a domain.
pub const MAX_ROLES_PER_USER: usize = 20;
/// The most domains of a reseller.
pub const MAX_DOMAINS: u64 = 100_000;

/// The roles of one user in a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Who holds them.
    pub user: UserId,
    /// The roles, each once, at least one; of the domain's plan or of the domain itself.
    pub roles: Vec<RoleId>,
    /// Grows by one with each change.
    pub version: u64,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The tenant whose domain it is.
    pub reseller: TenantId,
    /// Unique among the reseller's domains, ignoring case.
    pub name: Name,
    /// The plan it runs under.
    pub plan: Name,
    /// Whose users may hold roles: of this tenant and all below it; `None`: of the reseller and
    /// all below it.
    pub tenant_id: Option<TenantId>,
    /// The user who is flagged as owner; holds the plan's Admin role.
    pub owner: Option<UserId>,
    /// Its own values; `None`: those of its plan.
    pub retention: Option<Retention>,
    /// The roles that belong to the domain itself.
    pub roles: RoleBook,
    /// The users who hold roles, by their ids.
    pub users: Vec<Assignment>,
    /// When it was created.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(rename = "updated_us")]
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
}

/// Why the roles of a user are not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignRefused {
    /// Everybody in a domain holds a role.
    NoRole,
    /// The user would hold too many.
    TooManyRoles,
    /// The domain has too many users.
    TooManyUsers,
    /// The owner is an Admin.
    OwnerIsAdmin,
    /// The owner stays.
    OwnerStays,
}

impl std::fmt::Display for AssignRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoRole => f.write_str(
                "a user of a domain has at least one role; to take the user out, send DELETE",
            ),
            Self::TooManyRoles => write!(f, "a user has at most {MAX_ROLES_PER_USER} roles"),
            Self::TooManyUsers => write!(
                f,
                "the domain has {MAX_USERS} users with roles already, which is most"
            ),
            Self::OwnerIsAdmin => f.write_str(
                "the owner of a domain is an Admin; name another owner first, or leave the role",
            ),
            Self::OwnerStays => {
                f.write_str("the owner of a domain cannot be taken out; name another owner first")
            }
        }
    }
}

impl Domain {
    /// A new domain under `plan`, which counts it.
    #[must_use]
    pub fn new(name: Name, plan: &mut Plan, now: Timestamp) -> Self {
        plan.domains = plan.domains.saturating_add(1);
        Self {
            reseller: plan.reseller,
            name,
            plan: plan.name.clone(),
            tenant_id: None,
            owner: None,
            retention: None,
            roles: RoleBook::default(),
            users: Vec::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// The roles of a user, if any.
    #[must_use]
    pub fn assignment(&self, user: UserId) -> Option<&Assignment> {
        let place = self.place(user).ok()?;
        self.users.get(place)
    }

    fn place(&self, user: UserId) -> Result<usize, usize> {
        self.users.binary_search_by_key(&user, |held| held.user)
    }

    /// Gives a user exactly these roles, and moves the counts of both books. What is in neither
    /// book must not be given.
    ///
    /// # Errors
    /// A bound is reached, or the user is the owner and would be no Admin.
    pub fn assign(
        &mut self,
        plan: &mut Plan,
        user: UserId,
        roles: &[RoleId],
    ) -> Result<(), AssignRefused> {
        let wanted = unique(roles.iter().copied());
        if wanted.is_empty() {
            return Err(AssignRefused::NoRole);
        }
        if wanted.len() > MAX_ROLES_PER_USER {
            return Err(AssignRefused::TooManyRoles);
        }
        let admin = plan.roles.of_kind(RoleKind::Admin).map(|role| role.id);
        if self.owner == Some(user) && !admin.is_some_and(|admin| wanted.contains(&admin)) {
            return Err(AssignRefused::OwnerIsAdmin);
        }
        match self.place(user) {
            Ok(place) => {
                if let Some(held) = self.users.get_mut(place) {
                    self.roles.give_back(&held.roles);
                    plan.roles.give_back(&held.roles);
                    held.version += u64::from(held.roles != wanted);
                    held.roles.clone_from(&wanted);
                }
            }
            Err(_) if self.users.len() >= MAX_USERS => return Err(AssignRefused::TooManyUsers),
            Err(place) => self.users.insert(
                place,
                Assignment {
                    user,
                    roles: wanted.clone(),
                    version: 1,
                },
            ),
        }
        self.roles.take(&wanted);
        plan.roles.take(&wanted);
        Ok(())
    }

    /// Takes a user out of the domain.
    ///
    /// # Errors
    /// The user is the owner.
    pub fn take_out(&mut self, plan: &mut Plan, user: UserId) -> Result<(), AssignRefused> {
        if self.owner == Some(user) {
            return Err(AssignRefused::OwnerStays);
        }
        if let Ok(place) = self.place(user) {
            let held = self.users.remove(place);
            self.roles.give_back(&held.roles);
            plan.roles.give_back(&held.roles);
        }
        Ok(())
    }

    /// Flags a user as owner, who becomes an Admin with it (rule
    /// `reseller-plans`). The owner before stays an Admin without the flag.
    ///
    /// # Errors
    /// A bound is reached.
    pub fn set_owner(&mut self, plan: &mut Plan, user: UserId) -> Result<(), AssignRefused> {
        let held = self.assignment(user).map(|held| held.roles.clone());
        let mut roles = held.unwrap_or_default();
        if let Some(admin) = plan.roles.of_kind(RoleKind::Admin).map(|role| role.id)
            && !roles.contains(&admin)
        {
            roles.push(admin);
        }
        self.assign(plan, user, &roles)?;
        self.owner = Some(user);
        Ok(())
    }

    /// Prepares the end of the domain: its plan counts neither it nor its users any more.
    pub fn leave(&self, plan: &mut Plan) {
        plan.domains = plan.domains.saturating_sub(1);
        for held in &self.users {
            plan.roles.give_back(&held.roles);
        }
    }

    /// Notes a change that callers can see.
    pub const fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
    }
}

/// The roles, each once, in the order of their first mention.
pub(super) fn unique(roles: impl Iterator<Item = RoleId>) -> Vec<RoleId> {
    let mut seen = Vec::new();
    for role in roles {
        if !seen.contains(&role) {
            seen.push(role);
        }
    }
    seen
}

#[cfg(test)]
mod tests;
