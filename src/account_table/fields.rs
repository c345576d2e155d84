//! The fields of accounts as the table takes them in and gives them out.

use std::sync::Arc;

use super::policies::PolicyId;
use crate::domain::ids::{TenantId, UserId, V1Id};
use crate::domain::item_set::ItemSet;
use crate::domain::link::{BuyUrl, LinkTemplate};
use crate::domain::proposal::{Reader, Shop};

/// The items that a Buy link names for an account, and the policy by which they were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkItems {
    /// The items.
    pub items: ItemSet,
    /// They hold only while it is the policy of the account's tenant.
    pub policy: PolicyId,
}

/// What the table has of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserFields {
    /// The user.
    pub id: UserId,
    /// The user's number.
    pub number: V1Id,
    /// The number of the user's tenant.
    pub tenant: V1Id,
    /// What the proposal depends on.
    pub reader: Reader,
    /// Whether the account is in use.
    pub enabled: bool,
    /// What a Buy link names, where that is known.
    pub items: Option<LinkItems>,
}

/// What the table has of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantFields {
    /// The tenant.
    pub id: TenantId,
    /// The tenant's number.
    pub number: V1Id,
    /// The number of the tenant above; `None` for the root.
    pub parent: Option<V1Id>,
    /// The people of a disabled tenant are offered nothing, and notified of no quota.
    pub enabled: bool,
    /// By what the tenant and its users are evaluated.
    pub policy: PolicyId,
    /// Whether there is a brand record, enabled or not.
    pub has_brand: bool,
    /// What a Buy link names, where that is known.
    pub items: Option<ItemSet>,
}

/// The brand record of one tenant, as far as links need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrandState {
    /// There is none, or it is not enabled: the tenant above decides.
    Disabled,
    /// It decides.
    Enabled(Arc<ReadyShop>),
}

/// A shop, ready for links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyShop {
    /// What the proposal depends on.
    pub shop: Shop,
    /// The bare Buy URL, and the same ready for parameters; `None` where there is none to use.
    pub link: Option<(BuyUrl, LinkTemplate)>,
}

impl ReadyShop {
    /// Where no brand is enabled.
    pub const NONE: Self = Self {
        shop: Shop {
            branding_enabled: false,
            buy_url_set: false,
        },
        link: None,
    };
}
