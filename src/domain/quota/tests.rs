use super::*;

const NINETY: Option<Percent> = Percent::new(90);

#[test]
fn states_at_their_exact_boundaries() {
    let soft = Quota::soft(100);
    let hard = Quota::hard(100, 20);
    for (quota, usage, soon, expected) in [
        (Quota::UNLIMITED, u64::MAX, NINETY, State::Unlimited),
        (soft, 0, NINETY, State::Ok),
        (soft, 89, NINETY, State::Ok),
        (soft, 90, NINETY, State::Soon),
        (soft, 99, NINETY, State::Soon),
        (soft, 99, None, State::Ok),
        (soft, 100, NINETY, State::Exceeded),
        (soft, u64::MAX, NINETY, State::Exceeded),
        (hard, 119, NINETY, State::Exceeded),
        (hard, 120, NINETY, State::HardExceeded),
        (Quota::hard(100, 0), 100, NINETY, State::HardExceeded),
        (Quota::soft(0), 0, NINETY, State::Exceeded),
        (Quota::hard(0, 0), 0, NINETY, State::HardExceeded),
        // ceil(1 × 0.9) = 1 is the quota itself: no room for soon.
        (Quota::soft(1), 0, NINETY, State::Ok),
        (Quota::soft(1), 1, NINETY, State::Exceeded),
        // ceil(11 × 0.9) = ceil(9.9) = 10
        (Quota::soft(11), 9, NINETY, State::Ok),
        (Quota::soft(11), 10, NINETY, State::Soon),
    ] {
        let state = quota.state(usage, soon);
        assert_eq!(state, expected, "{quota:?} at {usage}, {soon:?}");
    }
}

#[test]
fn numbers_beyond_f64_are_exact() {
    let value = (1 << 53) + 1;
    let most = Quota::hard(u64::MAX, u64::MAX);
    assert_eq!(Quota::soft(value).state(value - 1, None), State::Ok);
    assert_eq!(Quota::soft(value).state(value, None), State::Exceeded);
    assert_eq!(most.state(u64::MAX - 1, NINETY), State::Soon);
    assert_eq!(most.state(u64::MAX, NINETY), State::HardExceeded);
}

#[test]
fn utilization_has_one_decimal_and_rounds_down() {
    for (usage, quota, expected) in [
        (0, Some(3), Some("0.0")),
        (1, Some(3), Some("33.3")),
        (2, Some(3), Some("66.6")),
        (1042, Some(1000), Some("104.2")),
        (u64::MAX, Some(1), Some("1844674407370955161500.0")),
        (5, Some(0), None),
        (5, None, None),
    ] {
        let shown = utilization(usage, quota);
        assert_eq!(shown.as_deref(), expected, "{usage}/{quota:?}");
    }
}

#[test]
fn items_are_read_by_their_names() {
    for item in Item::ALL {
        assert_eq!(item.name().parse(), Ok(item));
    }
    assert!("Storage_Size".parse::<Item>().is_err());
}
