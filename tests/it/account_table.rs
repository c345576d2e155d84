//! What is remembered of accounts says the same as the store, after every change and in the middle
//! of changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use upsell::account_table::AccountTable;
use upsell::domain::brand::Brand;
use upsell::domain::ids::{AccountId, TenantId, UserId, V1Id};
use upsell::domain::link::{BuyUrl, LinkProfile, Placement};
use upsell::domain::quota::{Item, Percent, Quota};
use upsell::domain::tenant::{SoonSetting, Tenant};
use upsell::domain::user::{COMPANY_ADMIN, User};
use upsell::store::engine::Changes;
use upsell::tracked_link::{Purpose, TrackedLink};
use upsell::usecases::Env;
use upsell::usecases::account_fields::load_accounts;
use upsell::usecases::destination::{self, Destination};

use crate::reseller_races::Dice;
use crate::support::http::add_shop;
use crate::support::world::{START, World};

const STEPS: usize = 300;

pub(crate) async fn link(world: &World, user: UserId, purpose: Purpose) -> TrackedLink {
    let found = world.env.store.user(user).await.unwrap().unwrap();
    link_of(found.v1_id, purpose)
}

fn link_of(user: V1Id, purpose: Purpose) -> TrackedLink {
    TrackedLink::new(purpose, user, START, Duration::from_secs(86_400))
}

/// The same with a table that knows nothing.
fn cold(env: &Env) -> Env {
    Env {
        accounts: AccountTable::watching(&env.store, 10_000),
        ..env.clone()
    }
}

pub(crate) fn try_cached(env: &Env, link: &TrackedLink) -> Option<Destination> {
    destination::try_cached(env, link, None).map(|decided| decided.to)
}

pub(crate) async fn find(env: &Env, link: &TrackedLink) -> Option<Destination> {
    let decided = destination::find(env, link, None).await.unwrap();
    decided.map(|decided| decided.to)
}

pub(crate) async fn change_tenant(world: &World, change: impl FnOnce(&mut Tenant)) {
    let store = &world.env.store;
    let found = store.tenant(world.customer.id).await.unwrap().unwrap();
    let mut tenant = found.value.clone();
    change(&mut tenant);
    let mut changes = Changes::new();
    changes.update_tenant(&found, tenant);
    store.commit(changes).await.unwrap();
}

async fn set_brand(world: &World, dice: &mut Dice) {
    let store = &world.env.store;
    // Its own, or that of the partner above.
    let owner = [world.customer.id, world.root.root][dice.roll(2)];
    let found = store.brand(owner).await.unwrap();
    let expect = upsell::store::unchanged(found.as_ref());
    let mut brand = found.map_or_else(|| Brand::unset(owner), |found| found.value);
    brand.enabled = dice.roll(6) > 0;
    let shop = dice.pick(&["https://a.example/buy?x=1", "https://b.example", ""]);
    brand.buy_url = BuyUrl::parse(shop, world.env.settings.buy_url_rules).ok();
    brand.link_profile = [None, Some(LinkProfile::Acronis)][dice.roll(2)];
    let mut changes = Changes::new();
    changes.put_brand(expect, brand);
    store.commit(changes).await.unwrap();
}

/// One random change.
pub(crate) async fn step(world: &World, dice: &mut Dice, users: &[UserId]) {
    let user = users[dice.roll(users.len())];
    let on = dice.roll(5) > 0;
    match dice.roll(8) {
        0 => world.change_user(user, |user| user.buyer = on).await,
        1 => world.change_user(user, |user| user.enabled = on).await,
        2 => {
            let change = |user: &mut User| {
                for policy in &mut user.policies {
                    policy.role = if on { COMPANY_ADMIN } else { "backup_user" };
                }
            };
            world.change_user(user, change).await;
        }
        3 => change_tenant(world, |tenant| tenant.enabled = on).await,
        4 => {
            let percent = Percent::new(50).unwrap();
            let soon = [
                SoonSetting::Inherit,
                SoonSetting::Off,
                SoonSetting::At(percent),
            ];
            let soon = soon[dice.roll(3)];
            change_tenant(world, |tenant| tenant.settings.soon_percent[0] = soon).await;
        }
        5 => set_brand(world, dice).await,
        _ => {
            let account = [AccountId::User(user), world.tenant_account()][dice.roll(2)];
            let item = [Item::StorageSize, Item::VirtualMachines][dice.roll(2)];
            let usage = [10, 60, 95, 150][dice.roll(4)];
            world.report(account, item, usage, START).await;
        }
    }
}

pub(crate) async fn world() -> (World, [UserId; 2]) {
    let world = World::new().await;
    let users = [
        world.add_user("ann", true).await,
        world.add_user("bob", true).await,
    ];
    let quotas =
        [Item::StorageSize, Item::VirtualMachines].map(|item| (item, Quota::hard(100, 10)));
    for account in [AccountId::User(users[0]), world.tenant_account()] {
        world.set_quotas(account, &quotas).await;
    }
    set_brand(&world, &mut Dice(0)).await;
    (world, users)
}

#[tokio::test]
async fn what_is_remembered_is_what_is_stored() {
    let (world, users) = world().await;
    let mut dice = Dice(20_261_121);
    let (mut shops, mut sales, mut answered_at_once) = (0, 0, 0);
    for number in 0..STEPS {
        step(&world, &mut dice, &users).await;
        let (cold, loaded) = (cold(&world.env), cold(&world.env));
        load_accounts(&loaded).await.unwrap();
        for user in users {
            for purpose in [Purpose::Quota(Placement::Email), Purpose::Edition] {
                let link = link(&world, user, purpose).await;
                let get_cached = try_cached(&world.env, &link);
                let stored = find(&cold, &link).await;
                assert_eq!(find(&world.env, &link).await, stored, "step {number}");
                assert_eq!(try_cached(&loaded, &link), stored, "step {number}");
                if get_cached.is_some() {
                    answered_at_once += 1;
                    assert_eq!(get_cached, stored, "step {number}");
                }
                assert_eq!(try_cached(&world.env, &link), stored, "step {number}");
                match stored {
                    Some(Destination::Shop(_)) => shops += 1,
                    _ => sales += 1,
                }
            }
        }
    }
    assert!(shops > STEPS / 10 && sales > STEPS / 10, "{shops} {sales}");
    assert!(answered_at_once > STEPS, "{answered_at_once}");
}

#[tokio::test]
async fn who_is_gone_leads_nowhere() {
    let (world, users) = world().await;
    let env = &world.env;
    let link = link(&world, users[0], Purpose::Edition).await;
    assert!(find(env, &link).await.is_some());
    assert!(find(&cold(env), &link).await.is_some());
    let found = env.store.user(users[0]).await.unwrap().unwrap();
    let before = env.accounts.len();
    let mut changes = Changes::new();
    changes.delete_user(&found, &world.customer);
    env.store.commit(changes).await.unwrap();
    assert_eq!(env.accounts.len(), before - 1);
    for env in [env, &cold(env)] {
        assert_eq!(
            (try_cached(env, &link), find(env, &link).await),
            (None, None)
        );
    }
}

#[tokio::test]
async fn a_link_leads_by_the_tenant_that_its_reader_has_now() {
    let world = World::new().await;
    add_shop(&world, "https://shop.example/").await;
    let (env, user) = (&world.env, world.add_user("ann", true).await);
    let link = link(&world, user, Purpose::Edition).await;
    assert!(matches!(find(env, &link).await, Some(Destination::Shop(_))));
    let elsewhere = world.add_stranger().await;
    let to = env.store.tenant(elsewhere).await.unwrap().unwrap();
    let found = env.store.user(user).await.unwrap().unwrap();
    let mut moved = found.value.clone();
    moved.tenant_id = elsewhere;
    let mut changes = Changes::new();
    changes.update_user(&found, moved, &to);
    env.store.commit(changes).await.unwrap();
    for env in [env, &cold(env)] {
        let decided = destination::find(env, &link, None).await.unwrap().unwrap();
        // The role was on the tenant of before.
        assert_eq!(decided.to, Destination::Sales);
        assert_eq!(decided.reader.tenant.id, AccountId::Tenant(elsewhere));
    }
}

/// A tenant has a lower number than the one above it where that one's was given to another node.
#[tokio::test]
async fn all_accounts_are_loaded_at_a_start_and_answer_at_once() {
    const USERS: usize = 5000;
    let (world, users) = world().await;
    let store = &world.env.store;
    let mut changes = Changes::new();
    let child = Tenant {
        id: TenantId::random(),
        v1_id: store.next_v1_id().await.unwrap(),
        name: "child".to_owned(),
        ..world.customer.clone()
    };
    let above = Tenant {
        id: TenantId::random(),
        v1_id: store.next_v1_id().await.unwrap(),
        name: "above".to_owned(),
        ..world.customer.clone()
    };
    let child = Tenant {
        ancestors: above.ancestors.iter().copied().chain([above.id]).collect(),
        ..child
    };
    changes
        .create_tenant(above.clone())
        .create_tenant(child.clone());
    let ann = store.user(users[0]).await.unwrap().unwrap().value;
    let mut last = None;
    for number in 0..USERS {
        let user = User {
            id: UserId::random(),
            v1_id: store.next_v1_id().await.unwrap(),
            login: format!("user{number}"),
            tenant_id: child.id,
            ..ann.clone()
        };
        last = Some(user.v1_id);
        changes.create_user(user, &child);
    }
    store.commit(changes).await.unwrap();
    let loaded = cold(&world.env);
    let count = load_accounts(&loaded).await.unwrap();
    assert_eq!(
        count,
        2 + 2 + 2 + USERS,
        "root, customer, ann, bob and these"
    );
    assert_eq!(loaded.accounts.len(), count);
    let placement = Purpose::Quota(Placement::Email);
    for number in [ann.v1_id, last.unwrap()] {
        let link = link_of(number, placement);
        let found = try_cached(&loaded, &link);
        assert!(found.is_some());
        assert_eq!(found, find(&world.env, &link).await);
    }
}

/// Readers fill what a writer makes stale, all the time; what the writer was told is done is seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_is_seen_as_soon_as_it_is_acknowledged() {
    const CHANGES: u64 = 200;
    let (world, users) = world().await;
    let mut brand = Brand::unset(world.customer.id);
    brand.enabled = true;
    brand.buy_url = BuyUrl::parse("https://shop.example/", world.env.settings.buy_url_rules).ok();
    let mut changes = Changes::new();
    let found = world.env.store.brand(world.customer.id).await.unwrap();
    changes.put_brand(upsell::store::unchanged(found.as_ref()), brand);
    world.env.store.commit(changes).await.unwrap();

    let link = link(&world, users[1], Purpose::Quota(Placement::Email)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let readers = [0; 3].map(|_| {
        let (env, stop) = (world.env.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                find(&env, &link).await;
                tokio::task::yield_now().await;
            }
        })
    });
    let env = &world.env;
    find(env, &link).await;
    for number in 0..CHANGES {
        let is_over = number % 2 == 0;
        let usage = if is_over { 150 } else { 10 };
        let account = world.tenant_account();
        world
            .report(account, Item::VirtualMachines, usage, START)
            .await;
        // After a report nobody has to ask the store: the meter is at hand.
        let found = try_cached(env, &link);
        let Some(Destination::Shop(url)) = found else {
            panic!("{found:?}");
        };
        let expected = url.contains("tenant_quota=virtual_machines");
        assert_eq!(expected, is_over, "{number}: {url}");
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}
