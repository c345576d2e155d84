//! Who is not told by mail is counted, with the reason, where operators look.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use upsell::domain::ids::UserId;
use upsell::domain::quota::{Item, Quota};
use upsell::domain::user::User;
use upsell::usecases::fan_out::{self, FanOut};

use crate::support::http::{Site, json as json_of};
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;

/// `upsell_people_not_told_total` by reason, where it is not 0.
fn counted(world: &World) -> BTreeMap<String, u64> {
    let text = world.env.metrics.encode().unwrap();
    let prefix = "upsell_people_not_told_total{reason=\"";
    let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
    let pairs = lines.map(|line| line.split_once("\"} ").unwrap());
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.parse().unwrap()));
    pairs.filter(|(_, count)| *count > 0).collect()
}

fn reasons(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    let counts = counts.iter();
    counts
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

/// The tenant goes beyond its storage quota, and whoever is to be told is told.
async fn enter(world: &World) {
    let account = world.tenant_account();
    for usage in [0, 100] {
        world.report(account, STORAGE, usage, START).await;
    }
    while fan_out::run_some(&world.env, START).await.unwrap() != FanOut::Idle {}
}

async fn quota_of_100() -> World {
    let world = World::new().await;
    let quotas = [(STORAGE, Quota::soft(100))];
    world.set_quotas(world.tenant_account(), &quotas).await;
    world
}

async fn explained(site: &Site, user: UserId, token: Option<String>) -> Value {
    let path = format!("/users/{}/explain", user.uuid());
    let request = match token {
        None => site.api(Method::GET, &path),
        Some(token) => site
            .public(Method::GET, &format!("/api/upsell/v1{path}"))
            .bearer_auth(token),
    };
    json_of(request.send().await.unwrap()).await["mail"]["tenant"].clone()
}

#[tokio::test]
async fn people_who_are_not_told_are_counted_by_reason() {
    type Change = fn(&mut User);
    let world = quota_of_100().await;
    for (login, change) in [
        ("disabled", (|user| user.enabled = false) as Change),
        ("new1", |user| user.activated = false),
        ("new2", |user| user.activated = false),
        ("no-address", |user| user.contact.email = None),
        ("no-thanks", |user| user.notifications.clear()),
    ] {
        let user = world.add_user(login, false).await;
        world.change_user(user, change).await;
    }
    let told = world.add_user("told", false).await;
    assert_eq!(counted(&world), reasons(&[]));
    enter(&world).await;
    let expected = [
        ("user_disabled", 1),
        ("not_activated", 2),
        ("no_address", 1),
        ("not_subscribed", 1),
    ];
    assert_eq!(counted(&world), reasons(&expected));

    let site = Site::serve(world).await;
    let not_told = expected.map(|(reason, count)| json!({"reason": reason, "count": count}));
    assert_eq!(
        explained(&site, told, None).await,
        json!({"told": 1, "not_told": not_told})
    );
    // A token of one user says nothing of colleagues.
    let token = site.token_for(site.world.customer.id, Some(told)).await;
    assert_eq!(explained(&site, told, Some(token)).await, Value::Null);
}

#[tokio::test]
async fn an_account_without_people_is_counted_too() {
    let world = quota_of_100().await;
    enter(&world).await;
    assert_eq!(counted(&world), reasons(&[("no_users", 1)]));
}

#[tokio::test]
async fn a_disabled_tenant_is_counted_too() {
    let mut world = quota_of_100().await;
    world.add_user("told", false).await;
    let found = world
        .env
        .store
        .tenant(world.customer.id)
        .await
        .unwrap()
        .unwrap();
    let mut tenant = found.value.clone();
    tenant.enabled = false;
    let mut changes = upsell::store::engine::Changes::new();
    changes.update_tenant(&found, tenant.clone());
    world.env.store.commit(changes).await.unwrap();
    world.customer = tenant;
    enter(&world).await;
    assert_eq!(counted(&world), reasons(&[("tenant_disabled", 1)]));
}
