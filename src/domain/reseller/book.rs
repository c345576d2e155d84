//! The list that a plan or a domain keeps of its roles, with the number of users who hold each.

use serde::{Deserialize, Serialize};

use super::name::Name;
use super::role::{Role, RoleId, RoleKind, RoleRefused};

/// The most custom roles of a plan or a domain.
pub const MAX_CUSTOM_ROLES: usize = 200;

/// What a plan or a domain knows of one of its roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleEntry {
    /// Its number.
    pub id: RoleId,
    /// What people call it.
    pub name: Name,
    /// What kind it is.
    pub kind: RoleKind,
    /// How many users hold it, over all domains of the plan.
    pub assigned: u64,
}

/// The roles of a plan or a domain, and how many users hold each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleBook {
    entries: Vec<RoleEntry>,
}

impl RoleBook {
    /// The roles, in the order they were made.
    #[must_use]
    pub fn entries(&self) -> &[RoleEntry] {
        &self.entries
    }

    /// The role of that number.
    #[must_use]
    pub fn get(&self, id: RoleId) -> Option<&RoleEntry> {
        self.entries.iter().find(|role| role.id == id)
    }

    /// The basic role of that kind.
    #[must_use]
    pub fn of_kind(&self, kind: RoleKind) -> Option<&RoleEntry> {
        self.entries.iter().find(|role| role.kind == kind)
    }

    /// The role of that name, ignoring case; a basic role also by the name of its type.
    #[must_use]
    pub fn find(&self, name: &Name) -> Option<&RoleEntry> {
        let own = self.entries.iter().find(|role| role.name.is(name));
        own.or_else(|| self.of_kind(RoleKind::of_basic(name)?))
    }

    /// Adds a role. Only a new plan adds basic ones, see [`super::plan::Plan::new`].
    ///
    /// # Errors
    /// The name means something else or is taken, or the book is full.
    pub fn add(&mut self, role: &Role) -> Result<(), RoleRefused> {
        if role.kind == RoleKind::Custom {
            check_custom_name(&role.name)?;
        }
        if self.find(&role.name).is_some() {
            return Err(RoleRefused::Taken);
        }
        let custom = |role: &&RoleEntry| role.kind == RoleKind::Custom;
        if self.entries.iter().filter(custom).count() >= MAX_CUSTOM_ROLES {
            return Err(RoleRefused::TooManyRoles);
        }
        self.entries.push(RoleEntry {
            id: role.id,
            name: role.name.clone(),
            kind: role.kind,
            assigned: 0,
        });
        Ok(())
    }

    /// Takes over the name of a role that was patched.
    ///
    /// # Errors
    /// The name means something else or is taken.
    pub fn rename(&mut self, role: &Role) -> Result<(), RoleRefused> {
        let taken = |other: &RoleEntry| other.id != role.id && other.name.is(&role.name);
        if self.entries.iter().any(taken) {
            return Err(RoleRefused::Taken);
        }
        if role.kind == RoleKind::Custom {
            check_custom_name(&role.name)?;
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.id == role.id) {
            entry.name = role.name.clone();
        }
        Ok(())
    }

    /// Removes a role that nobody holds (rule `reseller-plans`).
    ///
    /// # Errors
    /// It is a basic one, or assigned.
    pub fn remove(&mut self, id: RoleId) -> Result<(), RoleRefused> {
        let entry = self.get(id);
        if entry.is_some_and(|role| role.kind != RoleKind::Custom) {
            return Err(RoleRefused::Basic);
        }
        if let Some(users) = entry.map(|role| role.assigned).filter(|users| *users > 0) {
            return Err(RoleRefused::Assigned(users));
        }
        self.entries.retain(|role| role.id != id);
        Ok(())
    }

    /// Counts a user who now holds these roles, as far as they are in this book.
    pub(super) fn take(&mut self, roles: &[RoleId]) {
        for role in self.among(roles) {
            role.assigned = role.assigned.saturating_add(1);
        }
    }

    /// Counts a user who holds these roles no more, as far as they are in this book.
    pub(super) fn give_back(&mut self, roles: &[RoleId]) {
        for role in self.among(roles) {
            role.assigned = role.assigned.saturating_sub(1);
        }
    }

    fn among(&mut self, roles: &[RoleId]) -> impl Iterator<Item = &mut RoleEntry> {
        let entries = self.entries.iter_mut();
        entries.filter(move |role| roles.contains(&role.id))
    }
}

/// `true` and `false` say something else in `keepRole`, and the basic roles' names are theirs.
fn check_custom_name(name: &Name) -> Result<(), RoleRefused> {
    let folded = name.folded();
    if RoleKind::of_basic(name).is_some() || folded == "true" || folded == "false" {
        return Err(RoleRefused::Reserved);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
