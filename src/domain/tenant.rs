//! Tenants: the tree of partners, folders, customers and units.

use serde::{Deserialize, Serialize};

use super::contact::Contact;
use super::ids::{AccountId, AccountRef, TenantId, V1Id};
use super::plan::{Currency, PlanRef};
use super::quota::Percent;
use super::time::Timestamp;
use crate::named::named;

/// A tree deeper than this is refused: every tenant is indexed under each of its ancestors.
pub const MAX_TENANT_DEPTH: usize = 16;

named! {
    /// What a tenant is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum TenantKind {
        /// Sells; may have every kind below it.
        Partner = "partner",
        /// Groups partners and customers.
        Folder = "folder",
        /// A company that is protected.
        Customer = "customer",
        /// A part of a customer.
        Unit = "unit",
    }
}

impl TenantKind {
    /// Whether a tenant of this kind may have children of kind `child`.
    #[must_use]
    pub const fn may_hold(self, child: Self) -> bool {
        match self {
            Self::Partner | Self::Folder => !matches!(child, Self::Unit),
            Self::Customer | Self::Unit => matches!(child, Self::Unit),
        }
    }
}

/// The language of a tenant that names none.
const DEFAULT_LANGUAGE: &str = "en";

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its UUID.
    pub id: TenantId,
    /// Its API v1 id, the `tenant_id` of Buy links.
    pub v1_id: V1Id,
    /// Shown to people; unique among its siblings, ignoring case.
    pub name: String,
    /// What it is for.
    pub kind: TenantKind,
    /// All ancestors, the root first, the parent last; empty for the root.
    pub ancestors: Vec<TenantId>,
    /// A disabled tenant's people are not notified; only a disabled tenant can be deleted.
    pub enabled: bool,
    /// The language of its people, where a user has none (`en`, `de`, …).
    pub language: String,
    /// How to reach it.
    pub contact: Contact,
    /// A mark of its partner's own.
    pub internal_tag: Option<String>,
    /// Its own settings; what is `None` there comes from the deployment.
    pub settings: TenantSettings,
    /// When it was created.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(rename = "updated_us")]
    pub updated_at: Timestamp,
    /// Grows by one with each change of the tenant or its brand.
    pub version: u64,
}

impl Tenant {
    /// A new tenant without a name and without one above it.
    #[must_use]
    pub fn new(v1_id: V1Id, kind: TenantKind, now: Timestamp) -> Self {
        Self {
            id: TenantId::random(),
            v1_id,
            name: String::new(),
            kind,
            ancestors: Vec::new(),
            enabled: true,
            language: DEFAULT_LANGUAGE.to_owned(),
            contact: Contact::default(),
            internal_tag: None,
            settings: TenantSettings::default(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// The account that the tenant is.
    #[must_use]
    pub const fn account(&self) -> AccountRef {
        AccountRef {
            id: AccountId::Tenant(self.id),
            number: self.v1_id,
        }
    }

    /// The tenant above, `None` for the root.
    #[must_use]
    pub fn parent_id(&self) -> Option<TenantId> {
        self.ancestors.last().copied()
    }

    /// Whether this tenant is `root` or below it.
    #[must_use]
    pub fn is_within(&self, root: TenantId) -> bool {
        self.id == root || self.ancestors.contains(&root)
    }

    /// This tenant, then its ancestors from the parent up to the root.
    pub fn lineage(&self) -> impl Iterator<Item = TenantId> + '_ {
        std::iter::once(self.id).chain(self.ancestors.iter().rev().copied())
    }
}

/// What is set for a tenant and its users: what it has instead of the deployment's, and what ties
/// it to its partners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TenantSettings {
    /// Per item (by [`super::quota::Item::index`]): the soon threshold.
    pub soon_percent: [SoonSetting; 5],
    /// The plan of an ancestor partner by which it buys.
    pub partner_plan: Option<PlanRef>,
    /// The currency of its own plans, where it is a partner.
    pub currency: Option<Currency>,
}

/// A tenant's setting of the soon threshold of one item. Stored as nothing, 0 or the percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Option<u8>", into = "Option<u8>")]
pub enum SoonSetting {
    /// As the deployment has it.
    #[default]
    Inherit,
    /// No soon level.
    Off,
    /// Its own threshold.
    At(Percent),
}

impl SoonSetting {
    /// Whether the tenant has a setting of its own.
    #[must_use]
    pub const fn is_own(self) -> bool {
        !matches!(self, Self::Inherit)
    }
}

impl From<SoonSetting> for Option<u8> {
    fn from(soon: SoonSetting) -> Self {
        match soon {
            SoonSetting::Inherit => None,
            SoonSetting::Off => Some(0),
            SoonSetting::At(percent) => Some(percent.get()),
        }
    }
}

impl TryFrom<Option<u8>> for SoonSetting {
    type Error = &'static str;

    fn try_from(stored: Option<u8>) -> Result<Self, Self::Error> {
        match stored {
            None => Ok(Self::Inherit),
            Some(0) => Ok(Self::Off),
            Some(percent) => match Percent::new(percent) {
                Some(percent) => Ok(Self::At(percent)),
                None => Err("the soon threshold must be below 100"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_hold_whom() {
        use TenantKind::{Customer, Folder, Partner, Unit};
        for (parent, child, allowed) in [
            (Partner, Partner, true),
            (Partner, Folder, true),
            (Partner, Customer, true),
            (Partner, Unit, false),
            (Folder, Customer, true),
            (Folder, Unit, false),
            (Customer, Unit, true),
            (Customer, Customer, false),
            (Customer, Partner, false),
            (Unit, Unit, true),
            (Unit, Folder, false),
        ] {
            assert_eq!(parent.may_hold(child), allowed, "{parent:?} over {child:?}");
        }
    }
}
