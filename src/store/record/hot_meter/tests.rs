use super::*;
use crate::domain::ids::{ApplicationId, TenantId};
use crate::domain::meter::{MeasurementUnit, Meter, Observed, OfferingItem, OfferingType};
use proptest::prelude::*;
use uuid::Uuid;

fn account() -> AccountId {
    AccountId::Tenant(TenantId::new(Uuid::from_u128(7)))
}

fn keys() -> impl Strategy<Value = UsageKey> {
    let name = prop_oneof![
        proptest::sample::select(&KNOWN_NAMES[..]).prop_map(String::from),
        "[a-zä]{1,9}",
    ];
    let infra = proptest::option::of(any::<u128>());
    let edition = proptest::option::of("[a-z]{0,5}");
    (name, edition, infra).prop_map(|(usage_name, edition, infra)| UsageKey {
        usage_name: usage_name.into(),
        edition,
        infra_id: infra.map(|id| InfraId::new(Uuid::from_u128(id))),
    })
}

fn times() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_micros)
}

fn offerings() -> impl Strategy<Value = OfferingItem> {
    let quota = proptest::option::of((any::<Option<u64>>(), any::<Option<u64>>()));
    let flags = (any::<bool>(), any::<bool>(), any::<u64>());
    (keys(), quota, flags, times(), "[a-z]{0,20}").prop_map(
        |(key, quota, (active, locked, quota_version), updated_at, name)| OfferingItem {
            application_id: ApplicationId::new(Uuid::from_u128(9)),
            name,
            key,
            measurement_unit: MeasurementUnit::Bytes,
            kind: OfferingType::Infra,
            active,
            locked,
            quota: quota.map(|(value, overage)| Quota { value, overage }),
            quota_version,
            updated_at,
        },
    )
}

fn values() -> impl Strategy<Value = UsageValue> {
    (any::<u64>(), times()).prop_map(|(absolute, observed_at)| UsageValue {
        absolute,
        observed_at,
    })
}

fn meters() -> impl Strategy<Value = Meter> {
    let standing = (
        proptest::sample::select(&STATES[..]),
        times(),
        proptest::option::of(proptest::sample::select(&Level::ALL[..])),
    );
    let standing = standing.prop_map(|(state, since, fired)| Standing {
        state,
        since,
        fired,
    });
    let offerings = proptest::collection::vec(offerings(), 0..6);
    let usages = proptest::collection::btree_map(keys(), values(), 0..4);
    let of_offerings = proptest::collection::vec(values(), 0..6);
    let item = proptest::sample::select(&Item::ALL[..]);
    let standings = proptest::collection::btree_map(item, standing, 0..5);
    (offerings, usages, of_offerings, standings).prop_map(
        |(offering_items, mut usages, of_offerings, standings)| {
            let keys = offering_items.iter().map(|item| item.key.clone());
            usages.extend(keys.zip(of_offerings));
            Meter {
                account: account(),
                offering_items,
                usages: usages.into_iter().collect(),
                standings: standings.into_iter().collect(),
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(meter in meters()) {
        let (hot, items) = meter.clone().split();
        let stored = decode(account(), &encode(&hot)).unwrap();
        prop_assert_eq!(&stored, &hot);
        prop_assert_eq!(stored.join(items), meter);
    }

    #[test]
    fn both_meters_decide_alike(meter in meters(), key in keys(), absolute: u64, at in times()) {
        let names = KNOWN_NAMES.iter().zip(Item::ALL);
        let names = names.map(|(name, item)| (name.clone(), item)).collect();
        let policy = crate::domain::evaluate::QuotaPolicy::default();
        let mut whole = meter;
        let (mut hot, _) = whole.clone().split();
        let observed = Observed::At { at, latest: at };
        let outcome = hot.report(&key, absolute, observed);
        prop_assert_eq!(whole.report(&key, absolute, observed), outcome);
        let outcomes = whole.evaluate(&names, &policy, at);
        prop_assert_eq!(outcomes, hot.evaluate(&names, &policy, at));
        prop_assert_eq!(whole.status(&names, &policy), hot.status(&names, &policy));
        prop_assert_eq!(whole.split().0, hot);
    }

    #[test]
    fn damage_is_refused_or_read_and_never_panics(meter in meters(), at: usize, byte: u8) {
        let mut bytes = encode(&meter.split().0);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = decode(account(), &bytes);
        for end in 0..bytes.len() {
            let _ = decode(account(), &bytes[..end]);
        }
    }
}

#[test]
fn the_form_stays_as_it_is() {
    // Written by the first program that knew the form; a later one that cannot read it is wrong.
    let stored = [
        1, 128, 128, 242, 129, 131, 137, 133, 6, 1, 28, 1, 128, 128, 128, 128, 128, 32, 0, 1, 1, 5,
        0, 72, 2,
    ];
    let meter = decode(account(), &stored).unwrap();
    let key = UsageKey {
        usage_name: "storage".into(),
        edition: None,
        infra_id: None,
    };
    let at = Timestamp::from_secs(1_700_000_000);
    let limit = Limit {
        key: key.clone(),
        quota: Some(Quota::hard(1 << 40, 0)),
    };
    let value = UsageValue {
        absolute: 5,
        observed_at: at,
    };
    let standing = Standing {
        state: State::Ok,
        since: Timestamp::from_micros(at.micros() - 1),
        fired: Some(Level::Soon),
    };
    let expected = HotMeter {
        account: account(),
        offering_items: vec![limit],
        usages: Usages::from_iter([(key, value)]),
        standings: Standings::from_iter([(Item::StorageSize, standing)]),
    };
    assert_eq!(meter, expected);
    assert_eq!(encode(&expected), stored);
}

#[test]
fn newer_forms_and_overlong_numbers_are_refused() {
    let newer = decode(account(), &[3]).unwrap_err();
    assert!(newer.to_string().contains("newer upsell"), "{newer}");
    for broken in [
        &[][..],
        &[1],
        &[1, 0, 1],
        &[1, 0, 0, 0, 7, 0, 0],
        &[
            1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2, 0, 0,
        ],
        &[
            1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1,
        ],
    ] {
        assert!(decode(account(), broken).is_err(), "{broken:?}");
    }
}
