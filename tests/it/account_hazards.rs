//! What must not make links of others ask the store, or lead astray: edits of brands, reports of
//! unknown ids, and a policy that changes while a meter is read.

use std::process::id;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::spawn_blocking;
use upsell::account_table::AccountTable;
use upsell::domain::brand::Brand;
use upsell::domain::client::ApiScopes;
use upsell::domain::ids::{AccountId, ClientId, TenantId, UserId};
use upsell::domain::link::{BuyUrl, Placement};
use upsell::domain::meter::UsageKey;
use upsell::domain::quota::{Item, Percent, Quota};
use upsell::domain::tenant::{SoonSetting, Tenant};
use upsell::store::engine::Changes;
use upsell::tracked_link::Purpose;
use upsell::usecases::Env;
use upsell::usecases::access::Caller;
use upsell::usecases::destination::Destination;
use upsell::usecases::report_usage::{Mode, UsageReport, report_usages};
use uuid::Uuid;

use crate::account_table::{change_tenant, find, link, try_cached};
use crate::server_unread::resident_kib;
use crate::support::http::add_shop;
use crate::support::world::{START, World, cx};

const SHOP: &str = "https://shop.example/";

/// A customer of the root with an admin who is a buyer.
async fn add_buyer(world: &World, name: &str) -> (TenantId, UserId) {
    let (store, id) = (&world.env.store, TenantId::random());
    let tenant = Tenant {
        id,
        v1_id: store.next_v1_id().await.unwrap(),
        name: name.to_owned(),
        ..world.customer.clone()
    };
    let user = world.add_user(name, true).await;
    let user = store.user(user).await.unwrap().unwrap();
    let mut moved = user.value.clone();
    moved.tenant_id = id;
    for policy in &mut moved.policies {
        policy.tenant_id = id;
    }
    let mut changes = Changes::new();
    changes.create_tenant(tenant.clone());
    changes.update_user(&user, moved, &tenant);
    store.commit(changes).await.unwrap();
    (id, user.id)
}

/// Enables the brand of a tenant, with a shop of this number.
pub(crate) async fn edit_brand(world: &World, tenant: TenantId, number: usize) {
    let found = world.env.store.brand(tenant).await.unwrap();
    let mut brand = Brand::unset(tenant);
    brand.enabled = true;
    let url = format!("{SHOP}{number}");
    brand.buy_url = BuyUrl::parse(&url, world.env.settings.buy_url_rules).ok();
    let mut changes = Changes::new();
    changes.put_brand(upsell::store::unchanged(found.as_ref()), brand);
    world.env.store.commit(changes).await.unwrap();
}

/// Somebody reads a meter, the tenant's policy changes, and then what was found by the old one comes in.
#[tokio::test]
async fn an_item_found_by_an_old_policy_does_not_hold() {
    let world = World::new().await;
    add_shop(&world, SHOP).await;
    let (env, user) = (&world.env, world.add_user("ann", true).await);
    let account = AccountId::User(user);
    let quota = [(Item::StorageSize, Quota::hard(100, 10))];
    world.set_quotas(account, &quota).await;
    world.report(account, Item::StorageSize, 60, START).await;
    let link = link(&world, user, Purpose::Quota(Placement::Email)).await;
    let lists = |found: Option<Destination>| match found {
        Some(Destination::Shop(url)) => url.contains("user_quota=storage_size"),
        other => panic!("{other:?}"),
    };
    assert!(!lists(find(env, &link).await));
    let found = env.accounts.user(link.user).unwrap().items.unwrap();
    let token = env.accounts.begin_read(account);
    let percent = Percent::new(50).unwrap();
    let soon = SoonSetting::At(percent);
    change_tenant(&world, |tenant| tenant.settings.soon_percent[0] = soon).await;
    env.accounts.publish_items(link.user, found, token);
    assert!(lists(find(env, &link).await));
    env.accounts.publish_items(link.user, found, token);
    assert!(lists(try_cached(env, &link)));
    // With the old policy what was found by it holds again, and is not read again.
    let inherit = SoonSetting::Inherit;
    change_tenant(&world, |tenant| tenant.settings.soon_percent[0] = inherit).await;
    assert!(!lists(find(env, &link).await));
}

/// How often `ask` says no until `stop`, and how often it was asked.
fn misses(stop: &AtomicBool, ask: impl Fn() -> bool) -> (usize, usize) {
    let (mut no, mut asked) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        no += usize::from(!ask());
        asked += 1;
    }
    (no, asked)
}

/// Links of two tenants with brands of their own and of one with the brand of the partner above. The others are
/// followed all the time, so one that lost its place for a moment would be seen.
#[tokio::test(flavor = "multi_thread")]
async fn the_edit_of_a_brand_makes_no_other_link_ask_the_store() {
    let world = World::new().await;
    let env = &world.env;
    let mut links = Vec::new();
    for name in ["edited", "other", "unbranded"] {
        let (tenant, user) = add_buyer(&world, name).await;
        if name != "unbranded" {
            edit_brand(&world, tenant, 0).await;
        }
        links.push((tenant, link(&world, user, Purpose::Edition).await));
    }
    edit_brand(&world, world.root.root, 0).await;
    for (_, link) in &links {
        assert!(matches!(find(env, link).await, Some(Destination::Shop(_))));
    }
    let [(edited, own), (_, other), (_, unbranded)] = &links[..] else {
        unreachable!("three links were made");
    };
    let stop = Arc::new(AtomicBool::new(false));
    let readers = [*other, *unbranded].map(|link| {
        let (env, stop) = (env.clone(), Arc::clone(&stop));
        spawn_blocking(move || misses(&stop, || try_cached(&env, &link).is_some()))
    });
    for number in 1..100 {
        edit_brand(&world, *edited, number).await;
        let Some(Destination::Shop(url)) = find(env, own).await else {
            panic!("edit {number}");
        };
        assert!(url.contains(&format!("/{number}")), "{url}");
        assert!(try_cached(env, own).is_some(), "edit {number}");
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        let (no, asked) = reader.await.unwrap();
        assert!(no == 0 && asked > 1000, "{no} of {asked} asked the store");
    }
    // The brand above counts for whoever has none, and for nobody else.
    edit_brand(&world, world.root.root, 100).await;
    assert!(try_cached(env, own).is_some() && try_cached(env, other).is_some());
    assert_eq!(try_cached(env, unbranded), None);
    find(env, unbranded).await;
    assert!(try_cached(env, unbranded).is_some());
}

/// `UPSELL_TEST_IDS` says how many ids; with it, as nothing else runs, memory is looked at too.
#[tokio::test]
async fn reports_of_unknown_ids_take_no_room_from_accounts_that_are_known() {
    const IDS: u128 = 20_000;
    const MOST_MORE_KIB: usize = 16 << 10;
    let given = std::env::var("UPSELL_TEST_IDS").ok();
    let ids = given.as_ref().map_or(IDS, |ids| ids.parse().unwrap());
    let world = World::new().await;
    add_shop(&world, SHOP).await;
    // Room for one chunk.
    let env = Env {
        accounts: AccountTable::watching(&world.env.store, 1),
        ..world.env.clone()
    };
    let user = world.add_user("ann", true).await;
    let link = link(&world, user, Purpose::Edition).await;
    assert!(find(&env, &link).await.is_some());
    let known = env.accounts.len();
    let caller = Caller::of_client(ClientId::random(), world.root.root, ApiScopes::all());
    let report = |number: u128| UsageReport {
        account: AccountId::User(UserId::new(Uuid::from_u128(number << 64 | 7))),
        key: UsageKey {
            usage_name: "storage".into(),
            edition: None,
            infra_id: None,
        },
        absolute: 1,
        observed_at: None,
    };
    let mut early_kib = usize::MAX;
    for first in (0..ids).step_by(1000) {
        if first == IDS {
            early_kib = resident_kib(id());
        }
        let reports = (first..first + 1000).map(report).collect();
        let outcome = report_usages(cx(&env, &caller, START), reports, Mode::Commit).await;
        assert!(outcome.lines.iter().all(Result::is_err));
        assert_eq!(env.accounts.len(), known);
        assert!(try_cached(&env, &link).is_some(), "after {first}");
    }
    if given.is_some() {
        let more = resident_kib(id()).saturating_sub(early_kib);
        assert!(more < MOST_MORE_KIB, "{more} KiB more");
    }
}
