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
    let mut own = [SoonSetting::Inherit; 5];
    own[0] = SoonSetting::Off;
    own[3] = SoonSetting::At(Percent::new(50).unwrap());
    let policy = QuotaPolicy::default().for_tenant(&own);
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

/// What is said of the arming is what the next evaluation does.
#[test]
fn arming_says_what_evaluating_does() {
    let policy = QuotaPolicy::default();
    let quota = Quota::hard(100, 20);
    let now = Timestamp::from_secs(0);
    let standing = evaluate(STORAGE, &at(quota, 104), None, &policy, now).standing;
    let said = |usage| {
        let arming = arming(STORAGE, &at(quota, usage), Some(standing), &policy);
        let levels = arming.iter().map(|a| (a.at, a.rearm_below, a.is_armed));
        levels.collect::<Vec<_>>()
    };
    assert_eq!(
        said(104),
        [(90, 85, false), (100, 95, false), (120, 114, true)]
    );
    assert_eq!(
        said(94),
        [(90, 85, false), (100, 95, true), (120, 114, true)]
    );
    assert_eq!(
        said(84),
        [(90, 85, true), (100, 95, true), (120, 114, true)]
    );
    for usage in [84, 94, 104] {
        let before = evaluate(STORAGE, &at(quota, usage), Some(standing), &policy, now);
        for level in arming(STORAGE, &at(quota, usage), Some(standing), &policy) {
            let entered = at(quota, level.at);
            let next = evaluate(STORAGE, &entered, Some(before.standing), &policy, now);
            let above = before.standing.state.level() < Some(level.level);
            if above {
                assert_eq!(
                    next.notify == Some(level.level),
                    level.is_armed,
                    "{level:?}"
                );
            }
        }
    }
    assert_eq!(arming(STORAGE, &[], None, &policy), []);
    assert_eq!(arming(STORAGE, &at(Quota::UNLIMITED, 5), None, &policy), []);
}
