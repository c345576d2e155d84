//! LOCAL PLACEHOLDER until the link branch is merged.
use super::quota::Item;
/// x
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyUrl(String);
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum LinkProfile {
    Default,
    Acronis,
}
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Placement {
    AlertOnStorage,
    AlertOnPhysicalMachines,
    AlertOnPhysicalServers,
    AlertOnVirtualMachines,
    AlertOnMobileDevices,
    EmailNotification,
    McUsageInfo,
}
#[allow(missing_docs)]
impl Placement {
    pub fn code(self) -> u8 {
        self as u8
    }
    pub fn alert(item: Item) -> Self {
        let _ = item;
        Self::AlertOnStorage
    }
}
impl BuyUrl {
    /// x
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LinkProfile {
    /// x
    pub fn name(self) -> &'static str {
        ""
    }
    /// x
    pub fn from_name(_: &str) -> Option<Self> {
        None
    }
}
impl BuyUrl {
    /// x
    pub fn stored(t: &str) -> Option<Self> {
        Some(Self(t.into()))
    }
}
