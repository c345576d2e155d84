use super::*;
use crate::domain::ids::{ApplicationId, TenantId};
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
    let mut one = meter(vec![offering(
        key("storage", Some("standard")),
        Quota::soft(100),
    )]);
    one.report(&key("storage", None), 100, on_arrival(1))
        .unwrap();
    assert!(one.usages.get(&key("storage", Some("standard"))).is_some());

    let mut two = meter(vec![
        offering(key("storage", Some("standard")), Quota::soft(100)),
        offering(key("storage", Some("advanced")), Quota::soft(100)),
    ]);
    assert_eq!(
        two.report(&key("storage", None), 1, on_arrival(1)),
        Err(ReportRefused::Ambiguous)
    );
    assert_eq!(
        two.report(&key("storage", Some("advanced")), 1, on_arrival(1)),
        Ok(Report::Accepted)
    );
    assert_eq!(
        two.report(&key("vms", None), 1, on_arrival(1)),
        Ok(Report::Accepted)
    );
}

#[test]
fn usage_that_came_before_the_quota_counts() {
    let mut meter = meter(vec![]);
    meter
        .report(&key("storage", None), 100, on_arrival(1))
        .unwrap();
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
    meter
        .report(&key("storage", None), 10, on_arrival(1))
        .unwrap();
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
    meter
        .report(&key("storage", Some("a")), 50, on_arrival(1))
        .unwrap();
    meter
        .report(&key("storage", Some("b")), 10, on_arrival(1))
        .unwrap();
    meter.evaluate(&names(), &QuotaPolicy::default(), t(1));
    let status = meter.status(&names(), &QuotaPolicy::default());
    assert_eq!(status.len(), 1);
    assert_eq!((status[0].usage, status[0].quota), (10, Quota::soft(10)));
    assert_eq!(status[0].since, t(1));
}
