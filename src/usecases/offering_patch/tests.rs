use super::*;
use crate::domain::ids::{AccountId, TenantId};

fn names() -> UsageNames {
    [
        ("storage".into(), Item::StorageSize),
        ("vms".into(), Item::VirtualMachines),
    ]
    .into()
}

fn patch(usage_name: &str, quota: Option<(Quota, Option<u64>)>) -> OfferingPatch {
    OfferingPatch {
        usage_name: Some(usage_name.to_owned()),
        quota: quota.map(|(quota, version)| QuotaInput { quota, version }),
        ..OfferingPatch::default()
    }
}

fn run(meter: &mut Meter, patches: &[OfferingPatch], secs: i64) -> Result<(), Error> {
    merge(meter, patches, &names(), Timestamp::from_secs(secs))
}

fn empty() -> Meter {
    Meter::new(AccountId::Tenant(TenantId::random()))
}

#[test]
fn a_quota_has_a_version_of_its_own() {
    let mut meter = empty();
    let stale = Error::VersionMismatch {
        given: 1,
        current: 2,
    };
    let (hard, unlimited) = (Quota::hard(200, 5), Quota::UNLIMITED);
    let with_overage = Quota {
        value: None,
        overage: Some(9),
    };
    for (quota, version, done, stored, stored_version) in [
        (Quota::soft(100), Some(0), Ok(()), Quota::soft(100), 1),
        (hard, Some(1), Ok(()), hard, 2),
        (Quota::soft(7), Some(1), Err(stale), hard, 2),
        // The same quota again is no change.
        (hard, Some(2), Ok(()), hard, 2),
        (with_overage, Some(2), Ok(()), unlimited, 0),
        (Quota::soft(0), None, Ok(()), Quota::soft(0), 1),
    ] {
        let patches = [patch("storage", Some((quota, version)))];
        assert_eq!(run(&mut meter, &patches, 1), done, "{quota:?}");
        let item = &meter.offering_items[0];
        assert_eq!(item.quota, Some(stored), "{quota:?}");
        assert_eq!(item.quota_version, stored_version, "{quota:?}");
    }
}

#[test]
fn new_items_have_sensible_defaults() {
    let mut meter = empty();
    let mut feature = patch("local_backup", None);
    feature.kind = Some(OfferingType::Feature);
    let mut infra = patch("storage", None);
    infra.infra_id = Some(InfraId::new(Uuid::from_u128(1)));
    infra.name = Some("pw_base_storage".to_owned());
    run(&mut meter, &[patch("vms", None), feature, infra], 1).unwrap();
    let shown: Vec<_> = meter
        .offering_items
        .iter()
        .map(|item| {
            (
                item.name.as_str(),
                item.measurement_unit,
                item.kind,
                item.quota,
            )
        })
        .collect();
    use MeasurementUnit::{Bytes, NotApplicable, Quantity};
    assert_eq!(
        shown,
        [
            ("vms", Quantity, OfferingType::Count, Some(Quota::UNLIMITED)),
            ("local_backup", NotApplicable, OfferingType::Feature, None),
            (
                "pw_base_storage",
                Bytes,
                OfferingType::Infra,
                Some(Quota::UNLIMITED)
            ),
        ]
    );
}

#[test]
fn an_item_is_found_by_name_or_by_what_it_measures() {
    let mut meter = empty();
    let mut named = patch("storage", Some((Quota::soft(1), None)));
    named.name = Some("pw_base_storage".to_owned());
    named.edition = Some("standard".to_owned());
    run(&mut meter, &[named.clone()], 1).unwrap();
    let mut by_usage = patch("storage", Some((Quota::soft(2), None)));
    by_usage.edition = Some("standard".to_owned());
    run(&mut meter, &[by_usage], 2).unwrap();
    named.usage_name = None;
    named.quota = None;
    named.active = Some(false);
    run(&mut meter, &[named], 3).unwrap();
    assert_eq!(meter.offering_items.len(), 1);
    let item = &meter.offering_items[0];
    assert_eq!((item.quota, item.active), (Some(Quota::soft(2)), false));
    assert_eq!(item.updated_at, Timestamp::from_secs(3));
    // Another edition is another item.
    run(&mut meter, &[patch("storage", None)], 4).unwrap();
    assert_eq!(meter.offering_items.len(), 2);
}

#[test]
fn one_bad_item_leaves_all_as_they_were() {
    let mut meter = empty();
    let first = patch("storage", Some((Quota::soft(1), None)));
    run(&mut meter, &[first], 1).unwrap();
    let before = meter.clone();
    let nameless = OfferingPatch {
        name: Some("new".to_owned()),
        ..OfferingPatch::default()
    };
    let change = patch("storage", Some((Quota::soft(5), None)));
    for (second, field) in [
        (nameless, "offering_items[1].usage_name"),
        (change.clone(), "offering_items[1].name"),
        (patch("a\nb", None), "offering_items[1].usage_name"),
    ] {
        let patches = [change.clone(), second];
        let Err(Error::Invalid { field: found, .. }) = run(&mut meter, &patches, 2) else {
            panic!("{patches:?}");
        };
        assert_eq!(found, field);
        assert_eq!(meter, before);
    }
    let many: Vec<_> = (0..300).map(|n| patch(&format!("u{n}"), None)).collect();
    assert!(matches!(run(&mut meter, &many, 2), Err(Error::Refused(_))));
    assert_eq!(meter, before);
}
