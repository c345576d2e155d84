//! Roles: policies (what their holders may do) and resources (what they may reach).

use serde::{Deserialize, Serialize};

use super::book::MAX_CUSTOM_ROLES;
use super::name::Name;
use crate::link::is_invisible;
use crate::named::named;
use crate::text::{BadText, check_line};

/// The most policies of a role, and the most resources.
pub const MAX_ENTRIES: usize = 1_000;
/// The most bytes of all policies and resources of a role: a list holds all roles of a plan.
pub const MAX_ROLE_BYTES: usize = 64 * 1_024;
/// Longest part of a policy, in characters.
const MAX_POLICY_CHARS: usize = 200;
/// Longest resource, in bytes of JSON.
const MAX_RESOURCE_BYTES: usize = 4_096;

/// The number of a role: given once over the deployment, kept through renames, never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoleId(pub u64);

named! {
    /// What kind of role it is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    pub enum RoleKind {
        /// The basic role that every plan has for admins.
        Admin = "ADMIN",
        /// The basic role that every plan has for people who may do nothing.
        NoPrivileges = "NO_PRIVILEGES",
        /// Made by the reseller, or for a domain.
        Custom = "CUSTOM",
    }
}

impl RoleKind {
    /// What the basic role of this kind is called (rule `reseller-plans`).
    #[must_use]
    pub const fn basic_name(self) -> Option<&'static str> {
        match self {
            Self::Admin => Some("Admin"),
            Self::NoPrivileges => Some("No Privileges"),
            Self::Custom => None,
        }
    }

    /// The kind of the basic role that `name` names, by its own name or its type's.
    #[must_use]
    pub fn of_basic(name: &Name) -> Option<Self> {
        let folded = name.folded();
        Self::ALL.into_iter().find(|kind| {
            kind.basic_name().is_some_and(|basic| {
                folded == basic.to_lowercase() || folded == kind.name().to_lowercase()
            })
        })
    }
}

/// Something that holders of a role may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedPolicy")]
pub struct Policy {
    op: String,
    action: String,
    label: String,
}

/// As it is stored.
#[derive(Deserialize)]
struct UncheckedPolicy {
    op: String,
    action: String,
    label: String,
}

impl TryFrom<UncheckedPolicy> for Policy {
    type Error = String;

    fn try_from(stored: UncheckedPolicy) -> Result<Self, String> {
        let policy = Self::new(&stored.op, &stored.action, &stored.label);
        policy.map_err(|(part, why)| format!("{part}: {why}"))
    }
}

impl Policy {
    /// A policy such as `op_view`, `credentials`, `policy.credentials.view`; only the label may
    /// be empty.
    ///
    /// # Errors
    /// Which part is wrong, and why.
    pub fn new(op: &str, action: &str, label: &str) -> Result<Self, (&'static str, BadText)> {
        for (part, text) in [("op", op), ("action", action), ("label", label)] {
            check_line(text, MAX_POLICY_CHARS).map_err(|bad| (part, bad))?;
            if text.chars().any(is_invisible) {
                return Err((part, BadText::Control));
            }
            if text.trim().is_empty() && part != "label" {
                return Err((part, BadText::Empty));
            }
        }
        Ok(Self {
            op: op.to_owned(),
            action: action.to_owned(),
            label: label.to_owned(),
        })
    }

    /// How it may be done.
    #[must_use]
    pub fn op(&self) -> &str {
        &self.op
    }

    /// What may be done.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The key of its words for people.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }
}

/// Something that holders of a role may reach: a JSON value of the reseller's own making, kept as
/// it came, because the vendor does not show its form and nothing here looks into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Resource(String);

impl Resource {
    /// A JSON text, which the caller has parsed. Line breaks can stand only between its tokens
    /// and are left out, so that it is one line.
    ///
    /// # Errors
    /// It is too long, or holds characters that cannot be seen.
    pub fn new(json: &str) -> Result<Self, BadText> {
        let line: String = json
            .chars()
            .filter(|c| !matches!(c, '\n' | '\r' | '\t'))
            .collect();
        if line.len() > MAX_RESOURCE_BYTES {
            return Err(BadText::TooLong(MAX_RESOURCE_BYTES));
        }
        if line.chars().any(is_invisible) {
            return Err(BadText::Control);
        }
        Ok(Self(line))
    }

    /// The JSON.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Resource {
    type Error = BadText;

    fn try_from(stored: String) -> Result<Self, BadText> {
        Self::new(&stored)
    }
}

/// A role, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its number.
    pub id: RoleId,
    /// What people call it.
    pub name: Name,
    /// What kind it is.
    pub kind: RoleKind,
    /// What its holders may do.
    pub policies: Vec<Policy>,
    /// What its holders may reach.
    pub resources: Vec<Resource>,
    /// Grows by one with each change.
    pub version: u64,
}

/// Why a role, or the book of roles, is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleRefused {
    /// A basic role is not deleted, not renamed, and stays of its kind.
    Basic,
    /// A custom role stays one.
    Kind,
    /// No Privileges gives none.
    NoPrivileges,
    /// The name means something else already.
    Reserved,
    /// Another role of the book has the name.
    Taken,
    /// The book is full.
    TooManyRoles,
    /// The role has too many policies or resources, or too long ones.
    TooManyEntries,
    /// This many users hold the role.
    Assigned(u64),
}

impl std::fmt::Display for RoleRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Basic => f.write_str(
                "every plan has the basic roles Admin and No Privileges; they are not deleted, not \
                 renamed, and keep their type",
            ),
            Self::Kind => f.write_str("the type of a role made here is CUSTOM and stays so"),
            Self::NoPrivileges => f.write_str(
                "No Privileges takes no policies and no resources; make a role of your own",
            ),
            Self::Reserved => f.write_str(
                "no role of your own can be called Admin, ADMIN, No Privileges, NO_PRIVILEGES, \
                 true or false (these mean something in keepRole)",
            ),
            Self::Taken => f.write_str("a role of this name exists already"),
            Self::TooManyRoles => {
                write!(
                    f,
                    "there are {MAX_CUSTOM_ROLES} custom roles already, which is most"
                )
            }
            Self::TooManyEntries => {
                write!(
                    f,
                    "a role has at most {MAX_ENTRIES} policies and as many resources, in all \
                     {MAX_ROLE_BYTES} bytes of text"
                )
            }
            Self::Assigned(users) => write!(
                f,
                "the role is assigned to {users} users; give them other roles first"
            ),
        }
    }
}

impl Role {
    /// A new role without policies and resources.
    #[must_use]
    pub const fn new(id: RoleId, name: Name, kind: RoleKind) -> Self {
        Self {
            id,
            name,
            kind,
            policies: Vec::new(),
            resources: Vec::new(),
            version: 1,
        }
    }

    fn size_bytes(&self) -> usize {
        let of_policy =
            |policy: &Policy| policy.op.len() + policy.action.len() + policy.label.len();
        let policies: usize = self.policies.iter().map(of_policy).sum();
        let resources: usize = self.resources.iter().map(|one| one.0.len()).sum();
        policies + resources
    }

    /// What the role becomes where somebody wants it to be `new`; the version is the caller's to
    /// move.
    ///
    /// # Errors
    /// The kind of the role is against it, or it is too much.
    pub fn changed(&self, new: Self) -> Result<Self, RoleRefused> {
        let mut role = new;
        let basic = self.kind != RoleKind::Custom;
        if role.kind != self.kind {
            return Err(if basic {
                RoleRefused::Basic
            } else {
                RoleRefused::Kind
            });
        }
        if basic && role.name != self.name {
            if RoleKind::of_basic(&role.name) != Some(self.kind) {
                return Err(RoleRefused::Basic);
            }
            role.name = self.name.clone();
        }
        if self.kind == RoleKind::NoPrivileges
            && !(role.policies.is_empty() && role.resources.is_empty())
        {
            return Err(RoleRefused::NoPrivileges);
        }
        let too_many = role.policies.len() > MAX_ENTRIES || role.resources.len() > MAX_ENTRIES;
        if too_many || role.size_bytes() > MAX_ROLE_BYTES {
            return Err(RoleRefused::TooManyEntries);
        }
        Ok(role)
    }
}

#[cfg(test)]
mod tests;
