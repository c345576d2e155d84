//! The Buy link (rule `buy-link-data`): the configured Buy URL, plus parameters that tell the shop
//! which user comes from which placement, and which quotas are exceeded.

mod buy_url;
mod host;
mod query;
mod template;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub(crate) use buy_url::is_invisible;
pub use buy_url::{BuyUrl, BuyUrlError, BuyUrlRules, MAX_BUY_URL_BYTES};
pub use template::LinkTemplate;

use crate::ids::V1Id;
use crate::item_set::ItemSet;
use crate::named::named;
use crate::quota::{Item, State};
use crate::text::BadText;

/// The longest `page` parameter before encoding, in bytes.
pub const MAX_PAGE_BYTES: usize = 2_000;

/// Where the reader meets a Buy link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placement {
    /// The console's alert on this item.
    Alert(Item),
    /// An e-mail notification.
    Email,
    /// The header of the management portal.
    PortalHeader,
}

impl Placement {
    /// All seven, in the order of rule `buy-link-data`.
    pub const ALL: [Self; 7] = [
        Self::Alert(Item::StorageSize),
        Self::Alert(Item::PhysicalMachines),
        Self::Alert(Item::PhysicalServers),
        Self::Alert(Item::VirtualMachines),
        Self::Alert(Item::MobileDevices),
        Self::Email,
        Self::PortalHeader,
    ];

    /// The name in the Buy link; its casing is that of rule `buy-link-data`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert(Item::StorageSize) => "Alert_on_Storage",
            Self::Alert(Item::PhysicalMachines) => "alert_on_physical_machines",
            Self::Alert(Item::PhysicalServers) => "alert_on_physical_servers",
            Self::Alert(Item::VirtualMachines) => "alert_on_virtual_machines",
            Self::Alert(Item::MobileDevices) => "alert_on_mobile_devices",
            Self::Email => "email_notification",
            Self::PortalHeader => "mc_usage_info",
        }
    }

    /// The number in tracked links and stored clicks. It outlives every release: numbers are
    /// never changed and never reused.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Alert(Item::StorageSize) => 1,
            Self::Alert(Item::PhysicalMachines) => 2,
            Self::Alert(Item::PhysicalServers) => 3,
            Self::Alert(Item::VirtualMachines) => 4,
            Self::Alert(Item::MobileDevices) => 5,
            Self::Email => 6,
            Self::PortalHeader => 7,
        }
    }

    /// The placement of a code; `None` for a number that was never given.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|placement| placement.code() == code)
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Placement {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let mut all = Self::ALL.into_iter();
        let named = all.find(|placement| placement.name() == text);
        named.ok_or(BadText::Form(
            "must be one of Alert_on_Storage, alert_on_physical_machines, alert_on_physical_servers, \
             alert_on_virtual_machines, alert_on_mobile_devices, email_notification, mc_usage_info",
        ))
    }
}

named! {
    /// How the parameters of a Buy link are named.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum LinkProfile {
        /// The names of this service (the vendor describes the parameters without naming them all).
        #[default]
        Default = "default",
        /// The names that the vendor publishes today, so that an existing shop keeps working.
        Acronis = "acronis",
    }
}

impl LinkProfile {
    /// The parameter names of placement, user quotas, tenant quotas, user, tenant and page, in the
    /// order in which they are written.
    #[must_use]
    pub const fn parameters(self) -> [&'static str; 6] {
        match self {
            Self::Default => [
                "placement",
                "user_quota",
                "tenant_quota",
                "user_id",
                "tenant_id",
                "page",
            ],
            Self::Acronis => [
                "origin",
                "user_quotas",
                "tenant_quotas",
                "user_account_id",
                "tenant_id",
                "redirect_url",
            ],
        }
    }
}

/// How several items stand in one Buy link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ListStyle {
    /// One parameter, values separated by commas (encoded as `%2C`).
    #[default]
    Comma,
    /// One parameter per value.
    Repeated,
}

/// Whether an item in `state` is named in a Buy link's lists (rule `buy-link-data`): storage from "will be
/// exceeded soon" on, the others once exceeded.
#[must_use]
pub const fn listed(item: Item, state: State) -> bool {
    match state {
        State::Unlimited | State::Ok => false,
        State::Soon => matches!(item, Item::StorageSize),
        State::Exceeded | State::HardExceeded => true,
    }
}

/// What is added to the Buy URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuyLink<'a> {
    /// Where the link was followed.
    pub placement: Placement,
    /// The items whose user-level quota is [`listed`].
    pub user_quota: ItemSet,
    /// The same for the tenant's quotas.
    pub tenant_quota: ItemSet,
    /// The user that followed the link; left out where not known.
    pub user_id: Option<V1Id>,
    /// The tenant whose quota is exceeded; left out where not known.
    pub tenant_id: Option<V1Id>,
    /// The page from where the link was followed, as the browser named it: any text.
    pub page: Option<&'a str>,
}

impl BuyLink<'_> {
    /// The link, as [`LinkTemplate::build`] makes it.
    #[must_use]
    pub fn build(&self, url: &BuyUrl, profile: LinkProfile, style: ListStyle) -> String {
        LinkTemplate::new(url, profile, style).build(self)
    }
}

/// The page without control characters and line separators, cut to [`MAX_PAGE_BYTES`].
fn clean_page(page: &str) -> String {
    let mut cleaned = String::with_capacity(page.len().min(MAX_PAGE_BYTES));
    for c in page.chars().filter(|c| !is_invisible(*c)) {
        if cleaned.len() + c.len_utf8() > MAX_PAGE_BYTES {
            break;
        }
        cleaned.push(c);
    }
    cleaned
}
