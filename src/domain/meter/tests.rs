use super::*;
use crate::domain::ids::{ApplicationId, TenantId};
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

#[test]
fn older_reports_are_skipped() {
    let mut meter = meter(vec![]);
    let storage = key("storage", None);
    assert_eq!(meter.report(&storage, 5, t(10)), Ok(Report::Accepted));
    assert_eq!(meter.report(&storage, 6, t(9)), Ok(Report::Skipped));
    assert_eq!(meter.report(&storage, 5, t(11)), Ok(Report::Unchanged));
    assert_eq!(meter.report(&storage, 6, t(11)), Ok(Report::Accepted));
    assert_eq!(meter.usages.get(&storage).unwrap().absolute, 6);
}

#[test]
fn a_report_finds_the_one_offering_item_it_can_mean() {
    let mut one = meter(vec![offering(
        key("storage", Some("standard")),
        Quota::soft(100),
    )]);
    one.report(&key("storage", None), 100, t(1)).unwrap();
    assert!(one.usages.get(&key("storage", Some("standard"))).is_some());

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
