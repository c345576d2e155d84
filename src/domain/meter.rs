//! A meter: the offering items of an account, their usage, and the standing of each item.
//!
//! Usage reports change it through [`Meter::report`] and [`Meter::evaluate`]; alerts, mails and the
//! header read it through [`Meter::status`].

mod held;
mod hot;
mod measured;
mod offering;
mod usage_name;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evaluate::{Evaluation, Measured, QuotaPolicy, evaluate, worst};
use super::ids::{AccountId, InfraId};
use super::quota::{Item, Quota, State};
use super::time::Timestamp;

use measured::ByItem;

pub use held::{Standings, Usages};
pub use hot::HotMeter;
pub use offering::{Limit, MeasurementUnit, Offered, OfferingItem, OfferingType};
pub use usage_name::UsageName;

/// No account has more offering items, and none more usage entries.
pub const MAX_OFFERING_ITEMS: usize = 256;

/// What distinguishes several offerings or measurements of one `usage_name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UsageKey {
    /// What is measured: `storage`, `vms`, …
    pub usage_name: UsageName,
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

/// What is used, as last reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageValue {
    /// The absolute value: bytes or things in use.
    pub absolute: u64,
    /// When it was true; see [`Observed`].
    pub observed_at: Timestamp,
}

/// When a reported value was true. It decides which of two reports is the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// When it arrived, which is now. Always stored, whatever time an earlier report left behind.
    OnArrival(Timestamp),
    /// When a collector says. A newer value outranks it, unless that is from after `latest`, the
    /// latest time that a correct clock can say now: a clock that ran ahead wrote it.
    At {
        /// What the collector says.
        at: Timestamp,
        /// Now, plus how far a collector's clock may be ahead.
        latest: Timestamp,
    },
}

impl Observed {
    /// The time to store.
    const fn at(self) -> Timestamp {
        match self {
            Self::OnArrival(at) | Self::At { at, .. } => at,
        }
    }

    /// Whether a value of that time is the newer one.
    fn is_outranked_by(self, stored: Timestamp) -> bool {
        match self {
            Self::OnArrival(_) => false,
            Self::At { at, latest } => at < stored && stored <= latest,
        }
    }
}

/// Which `usage_name` counts as which item; from the configuration.
pub type UsageNames = BTreeMap<UsageName, Item>;

/// The meter of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter<O = OfferingItem> {
    /// Whose meter.
    pub account: AccountId,
    /// What is sold to the account.
    pub offering_items: Vec<O>,
    /// What it uses.
    pub usages: Usages,
    /// How each item stands.
    pub standings: Standings,
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
            usages: Usages::new(),
            standings: Standings::new(),
        }
    }
}

impl<O: Offered> Meter<O> {
    /// What is used of an offering item: reported for exactly it, else for its usage name without
    /// saying which.
    #[must_use]
    pub fn usage_of(&self, offering: &O) -> Option<UsageValue> {
        self.usages.get(offering.key()).copied().or_else(|| {
            self.usages
                .iter()
                .find(|(reported, _)| reported.fits(offering.key()))
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
        observed: Observed,
    ) -> Result<Report, ReportRefused> {
        let value = UsageValue {
            absolute,
            observed_at: observed.at(),
        };
        let key = Self::resolve(&self.offering_items, reported)?;
        if let Some(stored) = self.usages.get_mut(key) {
            if observed.is_outranked_by(stored.observed_at) {
                return Ok(Report::Skipped);
            }
            let unchanged = stored.absolute == absolute;
            *stored = value;
            return Ok(if unchanged {
                Report::Unchanged
            } else {
                Report::Accepted
            });
        }
        if self.usages.len() >= MAX_OFFERING_ITEMS {
            return Err(ReportRefused::TooMany);
        }
        self.usages.insert(key.clone(), value);
        Ok(Report::Accepted)
    }

    /// Which usage entry a report means: that of the one offering item it fits, or its own.
    fn resolve<'a>(
        offering_items: &'a [O],
        reported: &'a UsageKey,
    ) -> Result<&'a UsageKey, ReportRefused> {
        let fitting = offering_items
            .iter()
            .filter(|offering| offering.is_active() && reported.fits(offering.key()))
            .map(Offered::key);
        let (mut only, mut several) = (None, false);
        for key in fitting {
            if key == reported {
                return Ok(reported);
            }
            several |= only.is_some_and(|known| known != key);
            only = Some(key);
        }
        match only {
            None => Ok(reported),
            Some(_) if several => Err(ReportRefused::Ambiguous),
            Some(key) => Ok(key),
        }
    }

    /// The quotas behind `item` with what is used of each.
    #[must_use]
    pub fn measured(&self, item: Item, names: &UsageNames) -> Vec<Measured> {
        self.all_measured(names).of(item).to_vec()
    }

    fn all_measured(&self, names: &UsageNames) -> ByItem {
        let mut all = ByItem::with_capacity(self.offering_items.len());
        for offering in &self.offering_items {
            let Some(quota) = offering.quota().filter(|_| offering.is_active()) else {
                continue;
            };
            if let Some(item) = names.get(&offering.key().usage_name) {
                let usage = self.usage_of(offering).map_or(0, |value| value.absolute);
                all.push(*item, Measured { quota, usage });
            }
        }
        all
    }

    /// Evaluates every item and remembers how each stands; the outcomes in item order.
    pub fn evaluate(
        &mut self,
        names: &UsageNames,
        policy: &QuotaPolicy,
        now: Timestamp,
    ) -> Vec<(Item, Evaluation)> {
        let mut outcomes = Vec::with_capacity(Item::ALL.len());
        let all = self.all_measured(names);
        for item in Item::ALL {
            let measured = all.of(item);
            let previous = self.standings.get(item);
            if measured.is_empty() && previous.is_none() {
                continue;
            }
            let outcome = evaluate(item, measured, previous, policy, now);
            self.standings.insert(item, outcome.standing);
            outcomes.push((item, outcome));
        }
        outcomes
    }

    /// How every item that has a quota stands now, in item order.
    #[must_use]
    pub fn status(&self, names: &UsageNames, policy: &QuotaPolicy) -> Vec<ItemStatus> {
        let all = self.all_measured(names);
        Item::ALL
            .into_iter()
            .filter_map(|item| {
                let soon = policy.soon_percent(item);
                let found = worst(all.of(item), soon)?;
                let since = self.standings.get(item).map(|standing| standing.since);
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
