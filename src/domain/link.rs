//! STUB replaced by the conf branch.
#![allow(missing_docs)]
use super::ids::V1Id;
use super::quota::{Item, State};
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyUrl(String);
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LinkProfile {
    #[default]
    Default,
    Acronis,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ListStyle {
    #[default]
    Comma,
    Repeated,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuyUrlRules {
    pub allow_http: bool,
    pub allow_ip_hosts: bool,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuyUrlProblem {
    NotAbsolute,
}
impl std::fmt::Display for BuyUrlProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("x")
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placement {
    AlertOnStorage,
    AlertOnPhysicalMachines,
    AlertOnPhysicalServers,
    AlertOnVirtualMachines,
    AlertOnMobileDevices,
    EmailNotification,
    McUsageInfo,
}
impl Placement {
    pub const ALL: [Self; 7] = [
        Self::AlertOnStorage,
        Self::AlertOnPhysicalMachines,
        Self::AlertOnPhysicalServers,
        Self::AlertOnVirtualMachines,
        Self::AlertOnMobileDevices,
        Self::EmailNotification,
        Self::McUsageInfo,
    ];
    pub fn code(self) -> u8 {
        self as u8
    }
    pub fn from_code(c: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == c)
    }
    pub fn name(self) -> &'static str {
        "x"
    }
    pub fn from_name(_: &str) -> Option<Self> {
        None
    }
    pub fn alert(item: Item) -> Self {
        let _ = item;
        Self::AlertOnStorage
    }
}
impl BuyUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn parse(t: &str, _: &BuyUrlRules) -> Result<Self, BuyUrlProblem> {
        Ok(Self(t.into()))
    }
}
impl LinkProfile {
    pub fn name(self) -> &'static str {
        ""
    }
    pub fn from_name(_: &str) -> Option<Self> {
        None
    }
}
pub fn listed(_i: Item, _s: State) -> bool {
    true
}
pub struct BuyLink<'a> {
    pub placement: Placement,
    pub user_quota: &'a [Item],
    pub tenant_quota: &'a [Item],
    pub user_id: V1Id,
    pub tenant_id: V1Id,
    pub page: Option<&'a str>,
}
impl BuyLink<'_> {
    pub fn build(&self, u: &BuyUrl, _p: LinkProfile, _l: ListStyle) -> String {
        u.as_str().into()
    }
}
