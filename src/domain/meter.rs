//! A meter: the offering items of an account, what is used of them, and how each item stands.

use std::collections::BTreeMap;

use super::evaluate::{Evaluation, Measured, QuotaPolicy, Standing, evaluate, worst};
use super::ids::{AccountId, ApplicationId, InfraId};
use super::quota::{Item, Quota, State};
use super::time::Timestamp;

/// No account has more offering items, and none more usage entries.
pub const MAX_OFFERING_ITEMS: usize = 256;

/// What distinguishes several offerings or measurements of one `usage_name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageKey {
    /// What is measured: `storage`, `vms`, …
    pub usage_name: String,
    /// The edition it is sold in.
    pub edition: Option<String>,
    /// The infrastructure component it is bound to.
    pub infra_id: Option<InfraId>,
}

impl UsageKey {
    /// Whether `self`, read as a filter whose `None` means "any", fits `other`.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        self.usage_name == other.usage_name
            && (self.edition.is_none() || self.edition == other.edition)
            && (self.infra_id.is_none() || self.infra_id == other.infra_id)
    }
}

/// How the vendor classes an offering item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OfferingType {
    /// Measured and limited.
    #[default]
    Count,
    /// On or off.
    Feature,
    /// Measured per infrastructure component.
    Infra,
}

impl OfferingType {
    /// The name in the account dialect.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Feature => "feature",
            Self::Infra => "infra",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Count, Self::Feature, Self::Infra]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// The unit that the account dialect gives an offering item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MeasurementUnit {
    /// Bytes.
    Bytes,
    /// Things.
    #[default]
    Quantity,
    /// Nothing is measured.
    NotApplicable,
}

impl MeasurementUnit {
    /// The name in the account dialect.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Quantity => "quantity",
            Self::NotApplicable => "n/a",
        }
    }

    /// The unit of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Bytes, Self::Quantity, Self::NotApplicable]
            .into_iter()
            .find(|unit| unit.name() == name)
    }
}

/// Something sold to an account, with its quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferingItem {
    /// The service it belongs to.
    pub application_id: ApplicationId,
    /// The vendor's name of it (`pw_base_storage`, …); with `key` it names the item.
    pub name: String,
    /// What usage counts against it.
    pub key: UsageKey,
    /// What the numbers count.
    pub measurement_unit: MeasurementUnit,
    /// How the vendor classes it.
    pub kind: OfferingType,
    /// Whether it is switched on (`status` 1). What is off has no quota to exceed.
    pub active: bool,
    /// Whether the tenant itself may change it.
    pub locked: bool,
    /// What is allowed; `None` where nothing is limited (features).
    pub quota: Option<Quota>,
    /// Grows by one with each change of the quota; 0 for an unlimited one.
    pub quota_version: u64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What is used, as last reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageValue {
    /// The absolute value: bytes or things in use.
    pub absolute: u64,
    /// When it was true. An older report is not stored.
    pub observed_at: Timestamp,
}

/// Which `usage_name` counts as which item; from the configuration.
pub type UsageNames = BTreeMap<String, Item>;

/// The meter of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// Whose meter.
    pub account: AccountId,
    /// What is sold to the account.
    pub offering_items: Vec<OfferingItem>,
    /// What it uses.
    pub usages: BTreeMap<UsageKey, UsageValue>,
    /// How each item stands; missing where never evaluated.
    pub standings: BTreeMap<Item, Standing>,
}

/// What became of one usage report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Stored; the value is another than before.
    Accepted,
    /// The same value as before.
    Unchanged,
    /// Older than what is stored: not taken.
    Skipped,
}

/// Why a usage report cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportRefused {
    /// Several offering items have this `usage_name`: `edition` or `infra_id` must say which.
    Ambiguous,
    /// The account has [`MAX_OFFERING_ITEMS`] usage entries already.
    TooMany,
}

impl std::fmt::Display for ReportRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ambiguous => {
                "several offering items have this usage name: give `edition` or `infra_id`"
            }
            Self::TooMany => "the account has too many usage entries",
        })
    }
}

impl std::error::Error for ReportRefused {}

/// One item of one account as it stands now: what alerts, mails and the header show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemStatus {
    /// Which item.
    pub item: Item,
    /// How it stands, computed now.
    pub state: State,
    /// Usage of the quota that is worst off.
    pub usage: u64,
    /// That quota.
    pub quota: Quota,
    /// When the state was entered, as far as is known.
    pub since: Timestamp,
}

impl Meter {
    /// The meter of an account that has nothing yet.
    #[must_use]
    pub const fn new(account: AccountId) -> Self {
        Self {
            account,
            offering_items: Vec::new(),
            usages: BTreeMap::new(),
            standings: BTreeMap::new(),
        }
    }

    /// What is used of an offering item: reported for exactly it, else for its usage name without
    /// saying which.
    #[must_use]
    pub fn usage_of(&self, offering: &OfferingItem) -> Option<UsageValue> {
        self.usages.get(&offering.key).copied().or_else(|| {
            self.usages
                .iter()
                .find(|(reported, _)| reported.fits(&offering.key))
                .map(|(_, value)| *value)
        })
    }

    /// Takes a report. Does not evaluate.
    ///
    /// # Errors
    /// Where it is not clear which offering item is meant, or there is no room.
    pub fn report(
        &mut self,
        reported: &UsageKey,
        absolute: u64,
        observed_at: Timestamp,
    ) -> Result<Report, ReportRefused> {
        let key = self.resolve(reported)?;
        if let Some(stored) = self.usages.get_mut(&key) {
            if observed_at < stored.observed_at {
                return Ok(Report::Skipped);
            }
            let unchanged = stored.absolute == absolute;
            *stored = UsageValue {
                absolute,
                observed_at,
            };
            return Ok(if unchanged {
                Report::Unchanged
            } else {
                Report::Accepted
            });
        }
        if self.usages.len() >= MAX_OFFERING_ITEMS {
            return Err(ReportRefused::TooMany);
        }
        self.usages.insert(
            key,
            UsageValue {
                absolute,
                observed_at,
            },
        );
        Ok(Report::Accepted)
    }

    /// Which usage entry a report means: that of the one offering item it fits, or its own.
    fn resolve(&self, reported: &UsageKey) -> Result<UsageKey, ReportRefused> {
        let mut keys: Vec<&UsageKey> = self
            .offering_items
            .iter()
            .filter(|offering| offering.active && reported.fits(&offering.key))
            .map(|offering| &offering.key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        match keys.as_slice() {
            [] => Ok(reported.clone()),
            [only] => Ok((*only).clone()),
            several if several.contains(&reported) => Ok(reported.clone()),
            _ => Err(ReportRefused::Ambiguous),
        }
    }

    /// The quotas behind `item` with what is used of each.
    #[must_use]
    pub fn measured(&self, item: Item, names: &UsageNames) -> Vec<Measured> {
        self.offering_items
            .iter()
            .filter(|offering| offering.active)
            .filter(|offering| names.get(&offering.key.usage_name) == Some(&item))
            .filter_map(|offering| {
                let quota = offering.quota?;
                let usage = self.usage_of(offering).map_or(0, |value| value.absolute);
                Some(Measured { quota, usage })
            })
            .collect()
    }

    /// Evaluates every item and remembers how each stands; the outcomes in item order.
    pub fn evaluate(
        &mut self,
        names: &UsageNames,
        policy: &QuotaPolicy,
        now: Timestamp,
    ) -> Vec<(Item, Evaluation)> {
        let mut outcomes = Vec::new();
        for item in Item::ALL {
            let measured = self.measured(item, names);
            let previous = self.standings.get(&item).copied();
            if measured.is_empty() && previous.is_none() {
                continue;
            }
            let outcome = evaluate(item, &measured, previous, policy, now);
            self.standings.insert(item, outcome.standing);
            outcomes.push((item, outcome));
        }
        outcomes
    }

    /// How every item that has a quota stands now, in item order.
    #[must_use]
    pub fn status(&self, names: &UsageNames, policy: &QuotaPolicy) -> Vec<ItemStatus> {
        Item::ALL
            .into_iter()
            .filter_map(|item| {
                let soon = policy.soon_percent(item);
                let found = worst(&self.measured(item, names), soon)?;
                let since = self.standings.get(&item).map(|standing| standing.since);
                Some(ItemStatus {
                    item,
                    state: found.quota.state(found.usage, soon),
                    usage: found.usage,
                    quota: found.quota,
                    since: since.unwrap_or_default(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
