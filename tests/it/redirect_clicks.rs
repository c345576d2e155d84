//! How followed links are counted.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use upsell::domain::click::{Click, ClickCounts};
use upsell::domain::ids::{TenantId, UserId};
use upsell::domain::link::Placement;
use upsell::domain::notification::Recipient;
use upsell::domain::quota::{Item, Quota};
use upsell::store::engine::Changes;
use upsell::store::record::clicks::decode_day;
use upsell::store::{Store, keys};
use upsell::usecases::Env;
use upsell::usecases::clean_up::clean_up;
use upsell::usecases::count_clicks::count::count_logged;
use upsell::usecases::count_clicks::log::append;
use upsell::usecases::count_clicks::{channel, run_clicks};

use crate::support::http::{FIREFOX, Site, add_shop};
use crate::support::nodes::{Failure, Shared};
use crate::support::world::{START, World};

async fn site() -> (Site, UserId) {
    let world = World::new().await;
    add_shop(&world, "https://shop.example.com/buy").await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    world
        .set_quotas(tenant, &[(Item::StorageSize, Quota::soft(100))])
        .await;
    world.report(tenant, Item::StorageSize, 100, START).await;
    (Site::serve(world).await, admin)
}

fn counts(answer: &Value, placement: &str) -> Vec<u64> {
    let placements = answer["placements"].as_array().unwrap();
    let found = placements
        .iter()
        .find(|entry| entry["placement"] == placement)
        .unwrap();
    ["raw", "unique", "likely_human"]
        .map(|kind| found[kind].as_u64().unwrap())
        .to_vec()
}

#[tokio::test]
async fn clicks_are_counted_three_ways() {
    let (site, admin) = site().await;
    let alerts = site.get(&format!("/users/{admin}/alerts")).await;
    let href = alerts["items"][0]["proposal"]["href"]
        .as_str()
        .unwrap()
        .to_owned();
    for (method, agent) in [
        (Method::GET, FIREFOX),
        (Method::GET, FIREFOX),
        (Method::GET, "SomeBot/1.0"),
        (Method::HEAD, FIREFOX),
    ] {
        let request = site.public(method, &href).header("user-agent", agent);
        request.send().await.unwrap();
    }
    site.public(Method::GET, "/r/wrong").send().await.unwrap();
    let Site { world, clicks, .. } = site;
    // The stop counts the rest: nothing is lost in a clean one.
    let day = Duration::from_secs(86_400);
    run_clicks(world.env.clone(), clicks, day, std::future::ready(())).await;
    let site = Site::serve(world).await;
    let path = format!("/tenants/{}/clicks", site.world.customer.id);
    let answer = site.get(&path).await;
    assert_eq!(counts(&answer, "Alert_on_Storage"), [3, 1, 2]);
    assert_eq!(counts(&answer, "email_notification"), [0, 0, 0]);
    assert_eq!(
        answer["total"],
        json!({ "raw": 3, "unique": 1, "likely_human": 2 })
    );
    assert_eq!(answer["to"], "2023-11-14");
    let earlier = site
        .get(&format!("{path}?from=2023-11-01&to=2023-11-13"))
        .await;
    assert_eq!(earlier["total"]["raw"], 0);
    let one_day = site
        .get(&format!("{path}?from=2023-11-14&to=2023-11-14"))
        .await;
    assert_eq!(one_day["total"]["raw"], 3);
    for query in ["?from=2023-11-15", "?from=x", "?from=2020-01-01", "?days=3"] {
        let refused = site
            .api(Method::GET, &format!("{path}{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 400, "{query}");
    }
}

fn click(world: &World, user: UserId, secs: u64, placement: Placement) -> Click {
    Click {
        tenant_id: world.customer.id,
        user_id: user,
        placement,
        at: START.plus(Duration::from_secs(secs)),
        looks_human: true,
    }
}

#[tokio::test]
async fn unique_is_per_user_placement_and_hour_and_scanners_burst() {
    let world = World::new().await;
    let (one, two) = (
        world.add_user("one", true).await,
        world.add_user("two", true).await,
    );
    let mut changes = Changes::new();
    let sent = Recipient::after_sending(one, START, Duration::ZERO);
    changes.put_recipient(None, sent);
    world.env.store.commit(changes).await.unwrap();
    let mail = Placement::Email;
    let mut waiting = vec![
        click(&world, one, 5, mail),
        click(&world, one, 60, mail),
        click(&world, two, 5, mail),
        click(&world, one, 60, Placement::PortalHeader),
    ];
    append(&world.env, &mut waiting).await.unwrap();
    assert!(waiting.is_empty());
    let mut waiting = vec![click(&world, one, 61, mail), click(&world, one, 7200, mail)];
    append(&world.env, &mut waiting).await.unwrap();
    let site = Site::serve(world).await;
    let path = format!(
        "/tenants/{}/clicks?to=2023-11-15&from=2023-11-14",
        site.world.customer.id
    );
    let answer = site.get(&path).await;
    // Within 10 seconds of the mail it is a scanner; the rest is people.
    assert_eq!(counts(&answer, "email_notification"), [5, 3, 4]);
    assert_eq!(counts(&answer, "mc_usage_info"), [1, 1, 1]);
}

#[tokio::test]
async fn what_finds_no_room_is_dropped_and_counted() {
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let (sink, source) = channel(2);
    for _ in 0..5 {
        sink.count(click(&world, user, 0, Placement::Email));
    }
    assert_eq!(sink.dropped(), 3);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(run_clicks(
        world.env.clone(),
        source,
        Duration::from_millis(1),
        async {
            let _ = stopped.await;
        },
    ));
    stop.send(()).unwrap();
    running.await.unwrap();
    count_logged(&world.env).await.unwrap();
    let day = click(&world, user, 0, Placement::Email).day();
    assert_eq!(day, START_DAY);
    assert_eq!(counted(&world.env, world.customer.id).await, [2, 1, 2]);
}

#[tokio::test]
async fn marks_and_revocations_go_when_their_time_is_over() {
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let mut waiting = vec![click(&world, user, 0, Placement::Email)];
    append(&world.env, &mut waiting).await.unwrap();
    count_logged(&world.env).await.unwrap();
    let mut changes = Changes::new();
    let over = START.plus(Duration::from_secs(60));
    changes.put(keys::revoked_token("jti"), Vec::new());
    changes.put(keys::revoked_expiry(over, "jti"), Vec::new());
    world.env.store.commit(changes).await.unwrap();
    let early = clean_up(&world.env, START).await.unwrap();
    assert_eq!((early.click_marks, early.revoked_tokens), (0, 0));
    let late = START.plus(Duration::from_secs(4 * 3600));
    let cleaned = clean_up(&world.env, late).await.unwrap();
    assert_eq!((cleaned.click_marks, cleaned.revoked_tokens), (1, 1));
    let again = clean_up(&world.env, late).await.unwrap();
    assert_eq!((again.click_marks, again.revoked_tokens), (0, 0));
    let engine = world.env.store.engine();
    assert!(
        engine
            .get(&keys::revoked_token("jti"))
            .await
            .unwrap()
            .is_none()
    );
}

/// A node of its own on the world's store: it knows of no marks yet.
fn node(world: &World, store: Store) -> Env {
    Env {
        store,
        click_marks: Arc::default(),
        ..world.env.clone()
    }
}

/// The day of [`START`].
const START_DAY: u32 = 19_675;

async fn counted(env: &Env, tenant: TenantId) -> [u64; 3] {
    let key = keys::clicks::of_day(tenant, START_DAY);
    let record = env.store.engine().get(&key).await.unwrap();
    let day = record.map(|record| decode_day(&record.body).unwrap());
    let counts = day.and_then(|day| day.of_tenant(tenant).next());
    let (_, counts) = counts.unwrap_or((Placement::Email, ClickCounts::default()));
    [counts.raw, counts.unique, counts.likely_human]
}

/// So many, each in a bucket of its own.
const TENANTS: u16 = 640;

/// Commits that a window of so many takes: its begin, five of counts, its end.
const COMMITS: usize = 7;

fn tenant_in_bucket(bucket: u16) -> TenantId {
    let mut bytes = *TenantId::random().bytes();
    bytes[..2].copy_from_slice(&(bucket << 6).to_be_bytes());
    TenantId::new(uuid::Uuid::from_bytes(bytes))
}

#[tokio::test]
async fn what_is_cut_off_while_counting_is_counted_once() {
    let world = World::new().await;
    for cut_at in [0, 1, 2, COMMITS - 2, COMMITS - 1] {
        for failure in [Failure::Before, Failure::After] {
            let users: Vec<_> = (0..TENANTS)
                .map(|bucket| (tenant_in_bucket(bucket), UserId::random()))
                .collect();
            for _ in 0..2 {
                let mut waiting = users.iter().map(|(tenant, user)| Click {
                    tenant_id: *tenant,
                    ..click(&world, *user, 60, Placement::Email)
                });
                let mut waiting = waiting.by_ref().collect();
                append(&world.env, &mut waiting).await.unwrap();
            }
            let cut = node(&world, Shared::failing(&world.env.store, cut_at, failure));
            count_logged(&cut).await.unwrap_err();
            // The same node goes on, or another one does.
            let next = node(&world, Shared::node(&world.env.store));
            let goes_on = if cut_at % 2 == 0 { &cut } else { &next };
            count_logged(goes_on).await.unwrap();
            for (tenant, _) in users {
                let counts = counted(&world.env, tenant).await;
                assert_eq!(counts, [2, 1, 2], "cut off at {cut_at}, {failure:?}");
            }
        }
    }
    let log = keys::clicks::entries();
    let left = world.env.store.engine().scan(&log, None, 1).await.unwrap();
    assert_eq!(left, [], "what is counted is not kept");
}

#[tokio::test]
async fn nodes_know_of_each_others_clicks() {
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let other = world.add_user("other", true).await;
    let nodes = [(); 2].map(|()| node(&world, Shared::node(&world.env.store)));
    // Each in turn counts what the other one has marked since it last looked.
    for (counts, who) in [(0, user), (1, other), (0, other), (0, user), (1, user)] {
        let mut waiting = vec![click(&world, who, 60, Placement::Email)];
        append(&nodes[1 - counts], &mut waiting).await.unwrap();
        count_logged(&nodes[counts]).await.unwrap();
    }
    assert_eq!(counted(&world.env, world.customer.id).await, [5, 2, 5]);
    // At once, too.
    for minute in 5..25 {
        let mut waiting = vec![click(&world, user, 60 * minute, Placement::Email)];
        append(&world.env, &mut waiting).await.unwrap();
        let (one, other) = tokio::join!(count_logged(&nodes[0]), count_logged(&nodes[1]));
        one.and(other).unwrap();
    }
    assert_eq!(counted(&world.env, world.customer.id).await, [25, 2, 25]);
}

#[tokio::test]
async fn marks_of_very_many_clicks_are_all_found_again() {
    const USERS: usize = 70_000;
    let world = World::new().await;
    let mut clicks = Vec::with_capacity(USERS);
    for _ in 0..USERS {
        clicks.push(click(&world, UserId::random(), 60, Placement::Email));
    }
    for number in 1..=2 {
        append(&world.env, &mut clicks.clone()).await.unwrap();
        // Who counts the second time has all marks from the store.
        let counts = node(&world, Shared::node(&world.env.store));
        count_logged(&counts).await.unwrap();
        let raw = number * USERS as u64;
        let expected = [raw, USERS as u64, raw];
        assert_eq!(counted(&world.env, world.customer.id).await, expected);
    }
}

#[tokio::test]
async fn a_damaged_entry_of_the_log_holds_up_no_other() {
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let mut waiting = vec![click(&world, user, 60, Placement::Email)];
    append(&world.env, &mut waiting).await.unwrap();
    let mut waiting = vec![click(&world, user, 61, Placement::Email)];
    append(&world.env, &mut waiting).await.unwrap();
    let mut changes = Changes::new();
    changes.put(keys::clicks::entry(1), b"?".to_vec());
    world.env.store.commit(changes).await.unwrap();
    count_logged(&world.env).await.unwrap();
    assert_eq!(counted(&world.env, world.customer.id).await, [1, 1, 1]);
}
