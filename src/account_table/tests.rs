use std::mem::size_of;

use super::slot::Slot;
use super::*;
use crate::domain::ids::{AccountRef, UserId};
use crate::domain::item_set::ItemSet;
use crate::domain::link::{BuyUrl, BuyUrlRules, LinkProfile, LinkTemplate, ListStyle};
use crate::domain::proposal::{Reader, Shop};
use crate::domain::quota::{Item, Percent};
use crate::store::keys;

const ROOM: usize = 100_000;

pub(super) fn user(number: u32, tenant: u32) -> UserFields {
    UserFields {
        id: UserId::new(Uuid::from_u128(u128::from(number))),
        number: V1Id(number),
        tenant: V1Id(tenant),
        reader: Reader {
            company_admin: true,
            buyer: false,
        },
        enabled: true,
        items: None,
    }
}

fn tenant(number: u32, parent: Option<u32>, policy: PolicyId) -> TenantFields {
    TenantFields {
        id: TenantId::new(Uuid::from_u128(u128::from(number))),
        number: V1Id(number),
        parent: parent.map(V1Id),
        enabled: true,
        policy,
        has_brand: false,
        items: None,
    }
}

pub(super) fn of_user(number: u32) -> AccountId {
    AccountId::User(user(number, 1).id)
}

fn metered(number: u32) -> AccountRef {
    AccountRef {
        id: of_user(number),
        number: V1Id(number),
    }
}

fn put_user(table: &AccountTable, user: &UserFields) {
    table.publish_user(user, table.begin_read(AccountId::User(user.id)));
}

fn put_tenant(table: &AccountTable, tenant: &TenantFields, brand: BrandState) {
    let token = table.begin_read(AccountId::Tenant(tenant.id));
    table.publish_tenant(tenant, brand, token);
}

fn shop() -> BrandState {
    let url = BuyUrl::parse("https://shop.example/", BuyUrlRules::default()).unwrap();
    let template = LinkTemplate::new(&url, LinkProfile::Default, ListStyle::Comma);
    BrandState::Enabled(Arc::new(ReadyShop {
        shop: Shop {
            branding_enabled: true,
            buy_url_set: true,
        },
        link: Some((url, template)),
    }))
}

#[test]
fn a_slot_is_thirty_two_bytes() {
    assert_eq!(size_of::<Slot>(), 32);
}

#[test]
fn what_went_in_comes_out() {
    let table = AccountTable::new(ROOM);
    let policy = table.intern(QuotaPolicy::default());
    let flags = [false, true];
    for bits in 0..64_usize {
        let [a, b, c] = [0, 1, 2].map(|at| flags[bits >> at & 1]);
        let items = ItemSet::from_bits(u8::try_from(bits % 32).unwrap());
        let found = LinkItems { items, policy };
        let number = 1000 + u32::try_from(bits).unwrap();
        let user = UserFields {
            reader: Reader {
                company_admin: a,
                buyer: b,
            },
            enabled: c,
            items: flags[bits >> 5].then_some(found),
            ..user(number, u32::MAX)
        };
        put_user(&table, &user);
        assert_eq!(table.user(user.number), Some(user));
        assert_eq!(table.tenant(user.number), None);
        assert_eq!(table.number(AccountId::User(user.id)), Some(user.number));
        let tenant = TenantFields {
            enabled: a,
            has_brand: b,
            items: c.then_some(items),
            ..tenant(u32::MAX - number, flags[bits >> 5].then_some(7), policy)
        };
        put_tenant(&table, &tenant, BrandState::Disabled);
        assert_eq!(table.tenant(tenant.number), Some(tenant));
        assert_eq!(table.user(tenant.number), None);
    }
    assert_eq!(table.len(), 128);
}

#[test]
fn what_was_read_before_a_change_is_not_taken_in() {
    type Publish = fn(&AccountTable, ReadToken);
    let key = keys::user(user(1000, 1).id);
    let meter = keys::meter(metered(1000));
    let profile: Publish = |table, token| table.publish_user(&user(1000, 1), token);
    let table = AccountTable::new(ROOM);
    // Nobody has a slot yet: a count alone says that something changed.
    let token = table.begin_read(of_user(1000));
    table.changed(&[&key]);
    profile(&table, token);
    assert_eq!(
        (table.user(V1Id(1000)), table.len(), table.chunks.len()),
        (None, 0, 0)
    );
    profile(&table, table.begin_read(of_user(1000)));
    assert!(table.user(V1Id(1000)).is_some());
    // The same with one.
    let token = table.begin_read(of_user(1000));
    table.changed(&[&key]);
    profile(&table, token);
    assert_eq!(table.user(V1Id(1000)), None);
    profile(&table, table.begin_read(of_user(1000)));
    let policy = table.intern(QuotaPolicy::default());
    let found = LinkItems {
        items: ItemSet::from([Item::StorageSize]),
        policy,
    };
    let token = table.begin_read(of_user(1000));
    table.changed(&[&meter]);
    table.publish_items(V1Id(1000), found, token);
    assert_eq!(table.user(V1Id(1000)), Some(user(1000, 1)));
    table.publish_items(V1Id(1000), found, table.begin_read(of_user(1000)));
    assert_eq!(table.user(V1Id(1000)).unwrap().items, Some(found));
    // And where any change may have been missed.
    let token = table.begin_read(of_user(1000));
    table.lost();
    profile(&table, token);
    assert_eq!(table.user(V1Id(1000)), None);
}

#[test]
fn a_version_is_another_after_every_change_and_never_returns() {
    let table = AccountTable::new(ROOM);
    let id = user(1000, 1).id;
    let account = AccountId::User(id);
    let mut seen = vec![table.version(account)];
    let keys = [
        keys::user(id),
        keys::meter(metered(1000)),
        keys::snoozes(id),
    ];
    for round in 0..3 {
        for key in &keys {
            table.changed(&[key]);
            seen.push(table.version(account));
            assert_eq!(table.version(account), *seen.last().unwrap());
        }
        match round {
            0 => put_user(&table, &user(1000, 1)),
            1 => table.remove(V1Id(1000)),
            _ => table.lost(),
        }
        seen.push(table.version(account));
    }
    let steps = seen.len();
    seen.sort_unstable();
    seen.dedup();
    // The account that is gone has the version of one that is not known, as it had at the end of round 1.
    assert_eq!(seen.len(), steps, "{seen:?}");
}

#[test]
fn an_id_that_names_nobody_takes_no_room() {
    let table = AccountTable::new(ROOM);
    put_user(&table, &user(1000, 1));
    let before = table.version(of_user(1000));
    for number in 0..1_000_000_u128 {
        let account = AccountId::User(UserId::new(Uuid::from_u128(number << 64 | number)));
        let _token = table.begin_read(account);
        assert_eq!(table.number(account), None);
        let _version = table.version(account);
    }
    assert_eq!((table.len(), table.chunks.len()), (1, 1));
    assert!(table.user(V1Id(1000)).is_some());
    assert_eq!(table.version(of_user(1000)), before);
}

#[test]
fn a_removed_account_leaves_nothing_and_the_last_one_takes_the_chunk_with_it() {
    let table = AccountTable::new(ROOM);
    put_user(&table, &user(1000, 1));
    put_user(&table, &user(1001, 1));
    table.changed(&[&keys::user(user(1000, 1).id)]);
    assert_eq!(table.user(V1Id(1000)), None);
    assert_eq!(table.account(V1Id(1000)), Some(of_user(1000)));
    table.changed(&[&keys::v1_id(V1Id(1000))]);
    assert_eq!(table.account(V1Id(1000)), None);
    assert_eq!(table.number(of_user(1000)), None);
    assert_eq!((table.len(), table.chunks.len()), (1, 1));
    table.remove(V1Id(1001));
    assert_eq!((table.len(), table.chunks.len()), (0, 0));
    put_user(&table, &user(1001, 1));
    assert_eq!(table.user(V1Id(1001)), Some(user(1001, 1)));
}

#[test]
fn there_are_never_more_than_there_is_room_for() {
    const CHUNKS: u32 = 4;
    let table = AccountTable::new(CHUNKS as usize * chunks::CHUNK);
    for number in 1000..11_000 {
        put_user(&table, &user(number, 1));
        assert!(table.chunks.len() <= CHUNKS as usize);
    }
    assert_eq!(table.chunks.len(), CHUNKS as usize);
    let known = (1000..11_000).filter(|number| table.user(V1Id(*number)).is_some());
    let known: Vec<u32> = known.collect();
    // The newest, each found by its id, and the index has nothing else.
    assert_eq!(known.last(), Some(&10_999));
    assert!(
        known.len() > (CHUNKS as usize - 1) * chunks::CHUNK,
        "{}",
        known.len()
    );
    assert!(
        known
            .iter()
            .all(|number| table.number(of_user(*number)) == Some(V1Id(*number)))
    );
    assert_eq!(table.len(), known.len());
}

#[test]
fn a_brand_leads_those_below_until_a_nearer_one_does() {
    let table = AccountTable::new(ROOM);
    let policy = table.intern(QuotaPolicy::default());
    let branded = |number, parent| TenantFields {
        has_brand: true,
        ..tenant(number, parent, policy)
    };
    let (root, partner, customer) = (
        branded(1000, None),
        branded(1001, Some(1000)),
        tenant(1002, Some(1001), policy),
    );
    let buys = |of: &TenantFields| table.with_shop(of, |shop| shop.shop.buy_url_set);
    assert_eq!(buys(&customer), None, "the tenant above is not known");
    put_tenant(&table, &root, shop());
    put_tenant(&table, &partner, BrandState::Disabled);
    put_tenant(&table, &customer, BrandState::Disabled);
    assert_eq!([&root, &partner, &customer].map(buys), [Some(true); 3]);
    // A brand of the tenant's own that nobody has read yet.
    let version = table.version(AccountId::Tenant(customer.id));
    table.changed(&[&keys::brand(partner.id)]);
    assert_eq!(
        [&root, &partner, &customer].map(buys),
        [Some(true), None, None]
    );
    assert_eq!(table.version(AccountId::Tenant(customer.id)), version);
    let token = table.begin_read(AccountId::Tenant(partner.id));
    table.publish_brand(partner.number, None, token);
    let unbranded = table.tenant(partner.number).unwrap();
    assert!(!unbranded.has_brand);
    assert_eq!([&root, &unbranded, &customer].map(buys), [Some(true); 3]);
    // Read before a change, taken in after it: not taken in.
    let token = table.begin_read(AccountId::Tenant(partner.id));
    table.changed(&[&keys::brand(partner.id)]);
    table.publish_brand(partner.number, Some(shop()), token);
    assert_eq!(buys(&customer), None);
}

#[test]
fn reach_is_known_where_all_above_are() {
    let table = AccountTable::new(ROOM);
    let policy = table.intern(QuotaPolicy::default());
    let below = tenant(1002, Some(1001), policy);
    let id = |number| tenant(number, None, policy).id;
    put_tenant(&table, &below, BrandState::Disabled);
    assert_eq!(table.is_within(&below, id(1002)), Some(true));
    assert_eq!(table.is_within(&below, id(1000)), None);
    put_tenant(
        &table,
        &tenant(1001, Some(1000), policy),
        BrandState::Disabled,
    );
    put_tenant(&table, &tenant(1000, None, policy), BrandState::Disabled);
    assert_eq!(table.is_within(&below, id(1000)), Some(true));
    assert_eq!(table.is_within(&below, id(1003)), Some(false));
    // A ring of parents, which no store holds, ends.
    put_tenant(
        &table,
        &tenant(1000, Some(1002), policy),
        BrandState::Disabled,
    );
    assert_eq!(table.is_within(&below, id(1003)), None);
    assert_eq!(table.with_shop(&below, |_| ()), None);
}

#[test]
fn a_policy_keeps_its_id_and_none_is_given_twice() {
    let policies = Policies::new();
    let mut ids = std::collections::HashSet::new();
    let policy = |number: usize| {
        let digit =
            |place: u32| Percent::new(u8::try_from(number / 99_usize.pow(place) % 99 + 1).unwrap());
        QuotaPolicy {
            soon: [digit(0), digit(1), digit(2), None, None],
            ..QuotaPolicy::default()
        }
    };
    let most = usize::from(u16::MAX);
    for number in 0..most {
        let id = policies.intern(policy(number));
        assert!(ids.insert(id.0) && id != PolicyId::NONE);
    }
    for number in [0, 255, 256, most - 1] {
        let id = policies.intern(policy(number));
        assert_eq!(policies.get(id), Some(policy(number)));
    }
    assert_eq!(policies.intern(policy(most)), PolicyId::NONE);
    assert_eq!(policies.get(PolicyId::NONE), None);
}

#[test]
fn items_hold_by_the_policy_that_they_were_found_by() {
    let table = AccountTable::new(ROOM);
    let old = table.intern(QuotaPolicy::default());
    let new = table.intern(QuotaPolicy {
        soon: [None; 5],
        ..QuotaPolicy::default()
    });
    let found = |policy| LinkItems {
        items: ItemSet::from([Item::StorageSize]),
        policy,
    };
    let publish = |number, account, policy| {
        table.publish_items(V1Id(number), found(policy), table.begin_read(account));
    };
    let home = tenant(1000, None, new);
    put_tenant(&table, &home, BrandState::Disabled);
    put_user(&table, &user(1001, 1000));
    // A tenant's own, found by a policy that it has no more, are not taken in.
    publish(1000, AccountId::Tenant(home.id), old);
    assert_eq!(table.tenant(home.number), Some(home));
    publish(1000, AccountId::Tenant(home.id), new);
    assert_eq!(
        table.tenant(home.number).unwrap().items,
        Some(found(new).items)
    );
    // A user's say by which; who reads them compares it with the tenant's.
    publish(1001, of_user(1001), old);
    assert_eq!(table.user(V1Id(1001)).unwrap().items, Some(found(old)));
    publish(1001, of_user(1001), PolicyId::NONE);
    assert_eq!(table.user(V1Id(1001)).unwrap().items, Some(found(old)));
}
