//! Items, quotas, and the state that follows from usage. Integers only: byte counts exceed what an
//! `f64` holds exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::named::named;
use super::text::BadText;

named! {
    /// What is sold by quota (rule `buy-link-data`). The order is the order of the Buy link's lists.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Item {
        /// Bytes of storage.
        StorageSize = "storage_size",
        /// Protected workstations.
        PhysicalMachines = "physical_machines",
        /// Protected servers.
        PhysicalServers = "physical_servers",
        /// Protected virtual machines.
        VirtualMachines = "virtual_machines",
        /// Protected mobile devices.
        MobileDevices = "mobile_devices",
    }
}

impl Item {
    /// What its numbers count.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::StorageSize => Unit::Bytes,
            _ => Unit::Quantity,
        }
    }

    /// 0 for storage, 4 for mobile devices: an index into per-item tables.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Item {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::from_name(text).ok_or(BadText::Form(
            "must be one of storage_size, physical_machines, physical_servers, virtual_machines, mobile_devices",
        ))
    }
}

named! {
    /// What an item's numbers count.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Unit {
        /// Bytes.
        Bytes = "bytes",
        /// Things: machines, devices.
        Quantity = "quantity",
    }
}

named! {
    /// Whose quota: the user's own, or the tenant's.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Scope {
        /// The user's own quota.
        User = "user",
        /// The quota of the user's tenant.
        Tenant = "tenant",
    }
}

/// A percentage from 1 to 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// `None` outside 1–99: at 0 everything would be `soon`, at 100 nothing.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value >= 1 && value <= 99 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The number, 1–99.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Quota {
    /// The quota itself; `None` is unlimited, 0 is exceeded at once.
    pub value: Option<u64>,
    /// The overage allowance: how far above `value` usage may go before the service stops.
    /// `None` is a soft quota, which never stops it.
    pub overage: Option<u64>,
}

impl Quota {
    /// No limit.
    pub const UNLIMITED: Self = Self {
        value: None,
        overage: None,
    };

    /// A soft quota.
    #[must_use]
    pub const fn soft(value: u64) -> Self {
        Self {
            value: Some(value),
            overage: None,
        }
    }

    /// A hard quota: the service stops at `value + overage`.
    #[must_use]
    pub const fn hard(value: u64, overage: u64) -> Self {
        Self {
            value: Some(value),
            overage: Some(overage),
        }
    }

    /// The usage at which `level` is entered, or `None` where this quota has no such level.
    /// `soon` is the threshold for that level, `None` where it is switched off.
    ///
    /// A `soon` threshold that rounds up to the quota itself leaves no usage that is "soon and
    /// not exceeded", so the level does not exist then.
    #[must_use]
    pub fn threshold(&self, level: Level, soon: Option<Percent>) -> Option<u64> {
        let value = self.value?;
        match level {
            Level::Soon => {
                let scaled = u128::from(value) * u128::from(soon?.get());
                let threshold = u64::try_from(scaled.div_ceil(100)).ok()?;
                (threshold < value).then_some(threshold)
            }
            Level::Exceeded => Some(value),
            // Past u64::MAX no usage can be: saturate.
            Level::HardExceeded => Some(value.saturating_add(self.overage?)),
        }
    }

    /// The state of `usage` against this quota: that of the highest level whose threshold it reaches.
    #[must_use]
    pub fn state(&self, usage: u64, soon: Option<Percent>) -> State {
        if self.value.is_none() {
            return State::Unlimited;
        }
        Level::ALL
            .into_iter()
            .rev()
            .find(|level| self.threshold(*level, soon).is_some_and(|at| usage >= at))
            .map_or(State::Ok, State::from)
    }
}

named! {
    /// The levels that a standing alert can have, each above the one before.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Level {
        /// Almost reached.
        Soon = "soon",
        /// Reached.
        Exceeded = "exceeded",
        /// Reached together with its overage allowance: the service stops.
        HardExceeded = "hard_exceeded",
    }
}

impl Level {
    /// How loud a console shows it.
    #[must_use]
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Soon => "warning",
            Self::Exceeded => "error",
            Self::HardExceeded => "critical",
        }
    }
}

named! {
    /// Where usage stands against a quota; ordered from best to worst.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum State {
        /// No quota to measure against.
        Unlimited = "unlimited",
        /// Below everything.
        Ok = "ok",
        /// Almost reached.
        Soon = "soon",
        /// Reached.
        Exceeded = "exceeded",
        /// Reached together with its overage allowance.
        HardExceeded = "hard_exceeded",
    }
}

impl State {
    /// The level that a standing alert of this state has; `None` where there is no alert.
    #[must_use]
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::Unlimited | Self::Ok => None,
            Self::Soon => Some(Level::Soon),
            Self::Exceeded => Some(Level::Exceeded),
            Self::HardExceeded => Some(Level::HardExceeded),
        }
    }
}

impl From<Level> for State {
    fn from(level: Level) -> Self {
        match level {
            Level::Soon => Self::Soon,
            Level::Exceeded => Self::Exceeded,
            Level::HardExceeded => Self::HardExceeded,
        }
    }
}

/// Usage as a percentage of the quota with one decimal, rounded down, as text: `"104.2"`.
/// `None` for an unlimited quota and for a quota of 0 (nothing to divide by).
#[must_use]
pub fn utilization(usage: u64, quota: Option<u64>) -> Option<String> {
    let value = quota.filter(|value| *value > 0)?;
    let permille = u128::from(usage) * 1000 / u128::from(value);
    Some(format!("{}.{}", permille / 10, permille % 10))
}

#[cfg(test)]
mod tests;
