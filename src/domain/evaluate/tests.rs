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

/// What each usage of a sequence tells, from the lowest level (1) to the highest (3); 0: nothing.
#[test]
fn a_level_tells_when_it_is_entered_and_again_once_it_was_armed() {
    let (vms, soft) = (Item::VirtualMachines, Quota::soft(100));
    for (item, quota, usages, expected) in [
        (
            STORAGE,
            Quota::hard(100, 20),
            &[10, 90, 95, 100, 110, 120, 130][..],
            &[0_usize, 1, 0, 2, 0, 3, 0][..],
        ),
        // A jump tells the highest level only, and those passed count as told.
        (STORAGE, soft, &[100, 95], &[2, 0]),
        // 5 % of 100 → below 95; 5 % of 90 → below 85 (85.5 rounded down).
        (STORAGE, soft, &[100, 95, 100, 94, 100], &[2, 0, 0, 0, 2]),
        (STORAGE, soft, &[90, 85, 90, 84, 90], &[1, 0, 0, 0, 1]),
        // Counts have no margin.
        (vms, Quota::soft(10), &[10, 9, 10], &[2, 0, 2]),
    ] {
        let number = |level: Option<Level>| level.map_or(0, |level| level as usize + 1);
        let told: Vec<usize> = told(item, quota, usages).into_iter().map(number).collect();
        assert_eq!(told, expected, "{usages:?}");
    }
}

#[test]
fn raising_the_quota_resolves_and_arms() {
    let policy = QuotaPolicy::default();
    let (now, later) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
    let full = evaluate(STORAGE, &at(Quota::soft(100), 100), None, &policy, now);
    let then =
        |measured: &[Measured]| evaluate(STORAGE, measured, Some(full.standing), &policy, later);
    let raised = then(&at(Quota::soft(200), 100));
    let transition = Transition {
        item: STORAGE,
        from: State::Exceeded,
        to: State::Ok,
    };
    assert_eq!(raised.transition, Some(transition));
    let standing = Standing {
        state: State::Ok,
        since: later,
        fired: None,
    };
    assert_eq!(raised.standing, standing);
    assert_eq!(then(&at(Quota::UNLIMITED, 100)).standing.fired, None);
    assert_eq!(then(&[]).standing.state, State::Unlimited);
}

#[test]
fn the_worst_of_several_quotas_counts() {
    let measured = |quota, usage| Measured { quota, usage };
    let ok = measured(Quota::soft(100), 10);
    let fuller = measured(Quota::soft(1000), 600);
    let soon = measured(Quota::soft(100), 95);
    let free = measured(Quota::UNLIMITED, u64::MAX);
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
    for (usage, is_armed) in [
        (104, [false, false, true]),
        (94, [false, true, true]),
        (84, [true, true, true]),
    ] {
        let levels = arming(STORAGE, &at(quota, usage), Some(standing), &policy);
        let said: Vec<_> = levels
            .iter()
            .map(|a| (a.at, a.rearm_below, a.is_armed))
            .collect();
        let [soon, exceeded, hard] = is_armed;
        assert_eq!(
            said,
            [(90, 85, soon), (100, 95, exceeded), (120, 114, hard)]
        );
        let before = evaluate(STORAGE, &at(quota, usage), Some(standing), &policy, now);
        for level in levels {
            let entered = at(quota, level.at);
            let next = evaluate(STORAGE, &entered, Some(before.standing), &policy, now);
            let above = before.standing.state.level() < Some(level.level);
            let tells = next.notify == Some(level.level);
            assert!(!above || tells == level.is_armed, "{level:?}");
        }
    }
    assert_eq!(arming(STORAGE, &[], None, &policy), []);
    assert_eq!(arming(STORAGE, &at(Quota::UNLIMITED, 5), None, &policy), []);
}
