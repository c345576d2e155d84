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
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;
    use uuid::Uuid;

    fn key(usage_name: &str, edition: Option<&str>) -> UsageKey {
        UsageKey {
            usage_name: usage_name.into(),
            edition: edition.map(Into::into),
            infra_id: None,
        }
    }

    fn offering(key: UsageKey, quota: Quota) -> OfferingItem {
        OfferingItem {
            application_id: ApplicationId::new(Uuid::nil()),
            name: key.usage_name.clone(),
            key,
            measurement_unit: MeasurementUnit::Bytes,
            kind: OfferingType::Count,
            active: true,
            locked: false,
            quota: Some(quota),
            quota_version: 1,
            updated_at: Timestamp::default(),
        }
    }

    fn meter(offerings: Vec<OfferingItem>) -> Meter {
        let mut meter = Meter::new(AccountId::Tenant(TenantId::new(Uuid::nil())));
        meter.offering_items = offerings;
        meter
    }

    fn names() -> UsageNames {
        [
            ("storage".to_owned(), Item::StorageSize),
            ("vms".to_owned(), Item::VirtualMachines),
        ]
        .into()
    }

    fn t(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn older_reports_are_skipped() {
        let mut meter = meter(vec![]);
        let storage = key("storage", None);
        assert_eq!(meter.report(&storage, 5, t(10)), Ok(Report::Accepted));
        assert_eq!(meter.report(&storage, 6, t(9)), Ok(Report::Skipped));
        assert_eq!(meter.report(&storage, 5, t(11)), Ok(Report::Unchanged));
        assert_eq!(meter.report(&storage, 6, t(11)), Ok(Report::Accepted));
        assert_eq!(meter.usages[&storage].absolute, 6);
    }

    #[test]
    fn a_report_finds_the_one_offering_item_it_can_mean() {
        let mut one = meter(vec![offering(
            key("storage", Some("standard")),
            Quota::soft(100),
        )]);
        one.report(&key("storage", None), 100, t(1)).unwrap();
        assert!(one.usages.contains_key(&key("storage", Some("standard"))));

        let mut two = meter(vec![
            offering(key("storage", Some("standard")), Quota::soft(100)),
            offering(key("storage", Some("advanced")), Quota::soft(100)),
        ]);
        assert_eq!(
            two.report(&key("storage", None), 1, t(1)),
            Err(ReportRefused::Ambiguous)
        );
        assert_eq!(
            two.report(&key("storage", Some("advanced")), 1, t(1)),
            Ok(Report::Accepted)
        );
        assert_eq!(two.report(&key("vms", None), 1, t(1)), Ok(Report::Accepted));
    }

    #[test]
    fn usage_that_came_before_the_quota_counts() {
        let mut meter = meter(vec![]);
        meter.report(&key("storage", None), 100, t(1)).unwrap();
        assert!(
            meter
                .evaluate(&names(), &QuotaPolicy::default(), t(1))
                .is_empty()
        );
        meter
            .offering_items
            .push(offering(key("storage", Some("standard")), Quota::soft(100)));
        let outcomes = meter.evaluate(&names(), &QuotaPolicy::default(), t(2));
        assert_eq!(outcomes.len(), 1);
        assert_eq!(outcomes[0].1.standing.state, State::Exceeded);
        assert!(outcomes[0].1.notify.is_some());
    }

    #[test]
    fn what_is_switched_off_or_removed_resolves() {
        let mut meter = meter(vec![offering(key("storage", None), Quota::soft(10))]);
        meter.report(&key("storage", None), 10, t(1)).unwrap();
        meter.evaluate(&names(), &QuotaPolicy::default(), t(1));
        meter.offering_items[0].active = false;
        let outcomes = meter.evaluate(&names(), &QuotaPolicy::default(), t(2));
        assert_eq!(outcomes[0].1.standing.state, State::Unlimited);
        assert!(meter.status(&names(), &QuotaPolicy::default()).is_empty());
    }

    #[test]
    fn status_shows_the_worst_quota_behind_an_item() {
        let mut meter = meter(vec![
            offering(key("storage", Some("a")), Quota::soft(100)),
            offering(key("storage", Some("b")), Quota::soft(10)),
        ]);
        meter.report(&key("storage", Some("a")), 50, t(1)).unwrap();
        meter.report(&key("storage", Some("b")), 10, t(1)).unwrap();
        meter.evaluate(&names(), &QuotaPolicy::default(), t(1));
        let status = meter.status(&names(), &QuotaPolicy::default());
        assert_eq!(status.len(), 1);
        assert_eq!((status[0].usage, status[0].quota), (10, Quota::soft(10)));
        assert_eq!(status[0].since, t(1));
    }
}
