use super::*;
use crate::ids::{ApplicationId, TenantId};
use proptest::prelude::*;
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
        name: key.usage_name.to_string(),
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
        ("storage".into(), Item::StorageSize),
        ("vms".into(), Item::VirtualMachines),
    ]
    .into()
}

fn t(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn on_arrival(secs: i64) -> Observed {
    Observed::OnArrival(t(secs))
}

/// What a collector says at `now`, whose clock may be five seconds ahead.
fn observed(at: i64, now: i64) -> Observed {
    let (at, latest) = (t(at), t(now + 5));
    Observed::At { at, latest }
}

#[test]
fn the_newer_report_counts() {
    use Report::{Accepted, Skipped};
    const DAY: i64 = 86_400;
    // The time of the value that is stored, and what becomes of a report.
    let table = [
        (100, observed(99, 101), Skipped),
        (100, observed(100, 101), Accepted),
        (100, observed(101, 101), Accepted),
        // Both within what clocks may be ahead.
        (104, observed(103, 101), Skipped),
        (106, observed(104, 101), Skipped),
        // A clock that ran ahead left the stored time.
        (107, observed(104, 101), Accepted),
        (8 * DAY, observed(50, 101), Accepted),
        // By arrival: always the newer one.
        (104, on_arrival(101), Accepted),
        (8 * DAY, on_arrival(101), Accepted),
        (50, on_arrival(101), Accepted),
    ];
    for (stored, report, expected) in table {
        let mut meter = meter(vec![]);
        let storage = key("storage", None);
        meter.report(&storage, 5, on_arrival(stored)).unwrap();
        let row = (stored, report);
        assert_eq!(meter.report(&storage, 6, report), Ok(expected), "{row:?}");
        let value = meter.usages.get(&storage).unwrap().absolute;
        assert_eq!(value, if expected == Skipped { 5 } else { 6 }, "{row:?}");
        let same = meter.report(&storage, value, on_arrival(200));
        assert_eq!(same, Ok(Report::Unchanged), "{row:?}");
    }
}

proptest! {
    /// The clock jumps to any time before each report.
    #[test]
    fn a_report_without_a_time_is_never_skipped(
        reports in proptest::collection::vec((0_u64..3, 0_i64..1_000_000, any::<bool>()), 1..20),
    ) {
        let storage = key("storage", None);
        let mut meter = meter(vec![offering(storage.clone(), Quota::soft(2))]);
        for (value, now, has_time) in reports {
            let report = if has_time { observed(now, now) } else { on_arrival(now) };
            let taken = meter.report(&storage, value, report).unwrap();
            prop_assert!(has_time || taken != Report::Skipped);
            if taken != Report::Skipped {
                prop_assert_eq!(meter.usages.get(&storage).unwrap().absolute, value);
            }
            let outcomes = meter.evaluate(&names(), &QuotaPolicy::default(), t(now));
            prop_assert!(outcomes[0].1.standing.since <= t(now));
        }
    }
}

#[test]
fn a_report_finds_the_one_offering_item_it_can_mean() {
    let report = |meter: &mut Meter, name, edition| {
        let key = key(name, edition);
        meter.report(&key, 100, on_arrival(1))
    };
    let edition = |name| offering(key("storage", Some(name)), Quota::soft(100));
    let mut one = meter(vec![edition("standard")]);
    assert_eq!(report(&mut one, "storage", None), Ok(Report::Accepted));
    assert!(one.usages.get(&key("storage", Some("standard"))).is_some());

    let mut two = meter(vec![edition("standard"), edition("advanced")]);
    for (name, edition, expected) in [
        ("storage", None, Err(ReportRefused::Ambiguous)),
        ("storage", Some("advanced"), Ok(Report::Accepted)),
        ("vms", None, Ok(Report::Accepted)),
    ] {
        assert_eq!(report(&mut two, name, edition), expected, "{name}");
    }
}

/// A meter with these offering items, and the use of those that have one.
fn used(offerings: Vec<OfferingItem>, usages: &[(UsageKey, u64)]) -> Meter {
    let mut meter = meter(offerings);
    for (key, absolute) in usages {
        meter.report(key, *absolute, on_arrival(1)).unwrap();
    }
    meter
}

#[test]
fn usage_that_came_before_the_quota_counts() {
    let policy = QuotaPolicy::default();
    let mut meter = used(vec![], &[(key("storage", None), 100)]);
    assert!(meter.evaluate(&names(), &policy, t(1)).is_empty());
    let standard = offering(key("storage", Some("standard")), Quota::soft(100));
    meter.offering_items.push(standard);
    let outcomes = meter.evaluate(&names(), &policy, t(2));
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].1.standing.state, State::Exceeded);
    assert!(outcomes[0].1.notify.is_some());
}

#[test]
fn what_is_switched_off_or_removed_resolves() {
    let (policy, storage) = (QuotaPolicy::default(), key("storage", None));
    let sold = vec![offering(storage.clone(), Quota::soft(10))];
    let mut meter = used(sold, &[(storage, 10)]);
    meter.evaluate(&names(), &policy, t(1));
    meter.offering_items[0].active = false;
    let outcomes = meter.evaluate(&names(), &policy, t(2));
    assert_eq!(outcomes[0].1.standing.state, State::Unlimited);
    assert!(meter.status(&names(), &policy).is_empty());
}

#[test]
fn status_shows_the_worst_quota_behind_an_item() {
    let policy = QuotaPolicy::default();
    let [a, b] = ["a", "b"].map(|edition| key("storage", Some(edition)));
    let sold = vec![
        offering(a.clone(), Quota::soft(100)),
        offering(b.clone(), Quota::soft(10)),
    ];
    let mut meter = used(sold, &[(a, 50), (b, 10)]);
    meter.evaluate(&names(), &policy, t(1));
    let status = meter.status(&names(), &policy);
    assert_eq!(status.len(), 1);
    assert_eq!((status[0].usage, status[0].quota), (10, Quota::soft(10)));
    assert_eq!(status[0].since, t(1));
}
