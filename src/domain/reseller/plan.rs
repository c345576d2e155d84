//! Price plans of a reseller.

use serde::{Deserialize, Serialize};

use super::book::RoleBook;
use super::name::Name;
use super::retention::Retention;
use super::role::{Role, RoleId, RoleKind};
use crate::ids::TenantId;
use crate::time::Timestamp;

/// The most plans of a reseller: all of them stand on one list.
pub const MAX_PLANS: usize = 200;

/// A price plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The tenant whose plan it is.
    pub reseller: TenantId,
    /// Its number; unlike the name it never comes back after a delete.
    pub id: u64,
    /// Unique among the reseller's plans, ignoring case.
    pub name: Name,
    /// The values of domains that have none of their own.
    pub retention: Option<Retention>,
    /// Its roles; the two basic ones come first.
    pub roles: RoleBook,
    /// How many domains run under it.
    pub domains: u64,
    /// When it was created.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(rename = "updated_us")]
    pub updated_at: Timestamp,
    /// Grows by one with each change of the plan or one of its roles.
    pub version: u64,
}

impl Plan {
    /// A new plan, and its two basic roles with these numbers (rule
    /// `reseller-plans`).
    #[must_use]
    pub fn new(
        reseller: TenantId,
        name: Name,
        id: u64,
        (admin, none): (RoleId, RoleId),
        now: Timestamp,
    ) -> (Self, Vec<Role>) {
        let kinds = [(admin, RoleKind::Admin), (none, RoleKind::NoPrivileges)];
        let basic = kinds.into_iter().filter_map(|(id, kind)| {
            let name = Name::parse(kind.basic_name()?).ok()?;
            Some(Role::new(id, name, kind))
        });
        let basic: Vec<Role> = basic.collect();
        let mut roles = RoleBook::default();
        for role in &basic {
            // The book is empty: nothing can be taken.
            let _ = roles.add(role);
        }
        let plan = Self {
            reseller,
            id,
            name,
            retention: None,
            roles,
            domains: 0,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        (plan, basic)
    }

    /// Notes a change that callers can see.
    pub const fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
    }
}
