//! From usage to states, transitions and the decision whether to tell somebody.
//!
//! What is *shown* is computed from quota and usage at that moment. What is *sent* is held back
//! by arming: a level tells once when it is entered, and again only after usage fell below it by
//! a margin.

use super::quota::{Item, Level, Percent, Quota, State, Unit};
use super::tenant::{SoonSetting, TenantSettings};
use super::time::Timestamp;

/// The rules that states and arming follow; deployment settings with a tenant's own on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaPolicy {
    /// Per item (by [`Item::index`]): the soon threshold, `None` where the level is off.
    pub soon: [Option<Percent>; 5],
    /// How far below a level's threshold usage must fall to arm it again, in percent of the
    /// threshold, for bytes.
    pub rearm_margin_percent_bytes: u8,
    /// The same for counts.
    pub rearm_margin_percent_counts: u8,
}

impl Default for QuotaPolicy {
    /// The product's defaults: soon at 90 % for storage only; margins of 5 % and 0.
    fn default() -> Self {
        let mut soon = [None; 5];
        soon[Item::StorageSize.index()] = Percent::new(90);
        Self {
            soon,
            rearm_margin_percent_bytes: 5,
            rearm_margin_percent_counts: 0,
        }
    }
}

impl QuotaPolicy {
    /// This policy with a tenant's own settings on top.
    #[must_use]
    pub fn for_tenant(mut self, settings: &TenantSettings) -> Self {
        for (soon, own) in self.soon.iter_mut().zip(settings.soon_percent) {
            match own {
                SoonSetting::Inherit => {}
                SoonSetting::Off => *soon = None,
                SoonSetting::At(percent) => *soon = Some(percent),
            }
        }
        self
    }

    /// The soon threshold of `item`.
    #[must_use]
    pub const fn soon_percent(&self, item: Item) -> Option<Percent> {
        self.soon[item.index()]
    }

    /// The usage below which a level with this threshold is armed again.
    fn rearm_below(&self, item: Item, threshold: u64) -> u64 {
        let margin = match item.unit() {
            Unit::Bytes => self.rearm_margin_percent_bytes,
            Unit::Quantity => self.rearm_margin_percent_counts,
        };
        let kept = u128::from(threshold) * u128::from(100 - margin.min(100)) / 100;
        u64::try_from(kept).unwrap_or(threshold)
    }
}

/// One quota with the usage measured against it. An item may be backed by several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Measured {
    /// What is allowed.
    pub quota: Quota,
    /// What is used.
    pub usage: u64,
}

/// What is remembered of an item of an account between reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state as last evaluated.
    pub state: State,
    /// When that state was entered.
    pub since: Timestamp,
    /// The highest level that has told and is not armed again; all below it count as told too.
    pub fired: Option<Level>,
}

impl Standing {
    /// An item that was never measured.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self {
            state: State::Unlimited,
            since: now,
            fired: None,
        }
    }
}

/// The change of an item's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Of what.
    pub item: Item,
    /// The state before.
    pub from: State,
    /// The state now.
    pub to: State,
}

/// The outcome of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// To be remembered.
    pub standing: Standing,
    /// Where the state changed.
    pub transition: Option<Transition>,
    /// The level that is to be told now.
    pub notify: Option<Level>,
}

/// The quota that is worst off: the highest state, then the highest utilization, then the first.
#[must_use]
pub fn worst(measured: &[Measured], soon: Option<Percent>) -> Option<Measured> {
    let mut worst: Option<Measured> = None;
    for candidate in measured {
        let better_kept = worst.is_some_and(|kept| !is_worse(candidate, &kept, soon));
        if !better_kept {
            worst = Some(*candidate);
        }
    }
    worst
}

/// Compares by state, then by usage/value as fractions (cross-multiplied, so exact).
fn is_worse(candidate: &Measured, kept: &Measured, soon: Option<Percent>) -> bool {
    let state = |m: &Measured| m.quota.state(m.usage, soon);
    if state(candidate) != state(kept) {
        return state(candidate) > state(kept);
    }
    let (Some(a), Some(b)) = (candidate.quota.value, kept.quota.value) else {
        return false;
    };
    u128::from(candidate.usage) * u128::from(b) > u128::from(kept.usage) * u128::from(a)
}

/// Evaluates one item of one account.
#[must_use]
pub fn evaluate(
    item: Item,
    measured: &[Measured],
    previous: Option<Standing>,
    policy: &QuotaPolicy,
    now: Timestamp,
) -> Evaluation {
    let previous = previous.unwrap_or_else(|| Standing::new(now));
    let soon = policy.soon_percent(item);
    let state = worst(measured, soon).map_or(State::Unlimited, |m| m.quota.state(m.usage, soon));
    let still_fired = Level::ALL
        .into_iter()
        .rev()
        .filter(|level| previous.fired.is_some_and(|fired| *level <= fired))
        .find(|level| !is_armed_again(item, *level, measured, policy));
    let level = state.level();
    let notify = level.filter(|level| still_fired.is_none_or(|fired| *level > fired));
    let changed = state != previous.state;
    Evaluation {
        standing: Standing {
            state,
            since: if changed { now } else { previous.since },
            fired: still_fired.max(level),
        },
        transition: changed.then_some(Transition {
            item,
            from: previous.state,
            to: state,
        }),
        notify,
    }
}

/// A level is armed again when every quota behind the item is clearly below it.
fn is_armed_again(item: Item, level: Level, measured: &[Measured], policy: &QuotaPolicy) -> bool {
    measured.iter().all(|m| {
        m.quota
            .threshold(level, policy.soon_percent(item))
            .is_none_or(|threshold| m.usage < policy.rearm_below(item, threshold))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORAGE: Item = Item::StorageSize;

    fn at(quota: Quota, usage: u64) -> Vec<Measured> {
        vec![Measured { quota, usage }]
    }

    /// Feeds usages one after the other and collects which level told at each.
    fn told(item: Item, quota: Quota, usages: &[u64]) -> Vec<Option<Level>> {
        let policy = QuotaPolicy::default();
        let mut standing = None;
        usages
            .iter()
            .map(|usage| {
                let now = Timestamp::from_secs(0);
                let outcome = evaluate(item, &at(quota, *usage), standing, &policy, now);
                standing = Some(outcome.standing);
                outcome.notify
            })
            .collect()
    }

    #[test]
    fn each_level_tells_once_when_it_is_entered() {
        use Level::{Exceeded, HardExceeded, Soon};
        assert_eq!(
            told(
                STORAGE,
                Quota::hard(100, 20),
                &[10, 90, 95, 100, 110, 120, 130]
            ),
            [
                None,
                Some(Soon),
                None,
                Some(Exceeded),
                None,
                Some(HardExceeded),
                None
            ]
        );
        // A jump tells the highest level only, and those passed count as told.
        assert_eq!(
            told(STORAGE, Quota::soft(100), &[100, 95]),
            [Some(Exceeded), None]
        );
    }

    #[test]
    fn a_level_is_armed_again_only_below_its_margin() {
        use Level::{Exceeded, Soon};
        // 5 % of 100 → below 95; 5 % of 90 → below 85 (85.5 rounded down).
        assert_eq!(
            told(STORAGE, Quota::soft(100), &[100, 95, 100, 94, 100]),
            [Some(Exceeded), None, None, None, Some(Exceeded)]
        );
        assert_eq!(
            told(STORAGE, Quota::soft(100), &[90, 85, 90, 84, 90]),
            [Some(Soon), None, None, None, Some(Soon)]
        );
        // Counts have no margin.
        assert_eq!(
            told(Item::VirtualMachines, Quota::soft(10), &[10, 9, 10]),
            [Some(Exceeded), None, Some(Exceeded)]
        );
    }

    #[test]
    fn raising_the_quota_resolves_and_arms() {
        let policy = QuotaPolicy::default();
        let now = Timestamp::from_secs(1);
        let full = evaluate(STORAGE, &at(Quota::soft(100), 100), None, &policy, now);
        let later = Timestamp::from_secs(2);
        let raised = evaluate(
            STORAGE,
            &at(Quota::soft(200), 100),
            Some(full.standing),
            &policy,
            later,
        );
        assert_eq!(
            raised.transition,
            Some(Transition {
                item: STORAGE,
                from: State::Exceeded,
                to: State::Ok
            })
        );
        assert_eq!(
            raised.standing,
            Standing {
                state: State::Ok,
                since: later,
                fired: None
            }
        );
        let unlimited = evaluate(
            STORAGE,
            &at(Quota::UNLIMITED, 100),
            Some(full.standing),
            &policy,
            later,
        );
        assert_eq!(unlimited.standing.fired, None);
        let gone = evaluate(STORAGE, &[], Some(full.standing), &policy, later);
        assert_eq!(gone.standing.state, State::Unlimited);
    }

    #[test]
    fn the_worst_of_several_quotas_counts() {
        let ok = Measured {
            quota: Quota::soft(100),
            usage: 10,
        };
        let fuller = Measured {
            quota: Quota::soft(1000),
            usage: 600,
        };
        let soon = Measured {
            quota: Quota::soft(100),
            usage: 95,
        };
        let free = Measured {
            quota: Quota::UNLIMITED,
            usage: u64::MAX,
        };
        let ninety = Percent::new(90);
        assert_eq!(worst(&[ok, soon, fuller], ninety), Some(soon));
        assert_eq!(worst(&[free, ok, fuller], ninety), Some(fuller));
        assert_eq!(worst(&[free], ninety), Some(free));
        assert_eq!(worst(&[], ninety), None);
    }

    #[test]
    fn a_tenants_own_threshold_wins() {
        let mut settings = TenantSettings::default();
        settings.soon_percent[0] = SoonSetting::Off;
        settings.soon_percent[3] = SoonSetting::At(Percent::new(50).unwrap());
        let policy = QuotaPolicy::default().for_tenant(&settings);
        assert_eq!(policy.soon_percent(STORAGE), None);
        assert_eq!(policy.soon_percent(Item::VirtualMachines), Percent::new(50));
        assert_eq!(policy.soon_percent(Item::MobileDevices), None);
    }

    fn any_quota() -> impl Strategy<Value = Quota> {
        (any::<Option<u64>>(), any::<Option<u64>>())
            .prop_map(|(value, overage)| Quota { value, overage })
    }

    proptest! {
        #[test]
        fn more_usage_never_lowers_the_state(
            quota in any_quota(), a in any::<u64>(), b in any::<u64>(), soon in 1u8..=99
        ) {
            let soon = Percent::new(soon);
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(quota.state(low, soon) <= quota.state(high, soon));
        }

        #[test]
        fn a_higher_quota_never_worsens_the_state(
            a in any::<u64>(), b in any::<u64>(), usage in any::<u64>(), soon in 1u8..=99
        ) {
            let soon = Percent::new(soon);
            let (low, high) = (Quota::soft(a.min(b)), Quota::soft(a.max(b)));
            prop_assert!(high.state(usage, soon) <= low.state(usage, soon));
        }

        /// Between two tellings of the same level there was always a usage below its margin.
        #[test]
        fn no_level_tells_twice_without_falling_below_its_margin(
            value in 0u64..2000, usages in proptest::collection::vec(0u64..2500, 1..60)
        ) {
            let quota = Quota::hard(value, 100);
            let policy = QuotaPolicy::default();
            for level in Level::ALL {
                let Some(threshold) = quota.threshold(level, policy.soon_percent(STORAGE)) else {
                    continue;
                };
                let mut armed = true;
                for (usage, told) in usages.iter().zip(told(STORAGE, quota, &usages)) {
                    if *usage < policy.rearm_below(STORAGE, threshold) {
                        armed = true;
                    }
                    if told == Some(level) {
                        prop_assert!(armed, "{level:?} told twice in {usages:?}");
                    }
                    if told.is_some_and(|told| told >= level) {
                        armed = false;
                    }
                }
            }
        }

        /// Whatever stands has told: an account in a level always has that level fired.
        #[test]
        fn what_stands_has_told(
            quota in any_quota(), usages in proptest::collection::vec(any::<u64>(), 1..20)
        ) {
            let policy = QuotaPolicy::default();
            let mut standing = None;
            for usage in usages {
                let now = Timestamp::from_secs(0);
                let outcome = evaluate(STORAGE, &at(quota, usage), standing, &policy, now);
                prop_assert!(outcome.standing.fired >= outcome.standing.state.level());
                standing = Some(outcome.standing);
            }
        }
    }
}
