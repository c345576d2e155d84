//! How followed links are counted.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use upsell::domain::click::{Click, ClickCounts};
use upsell::domain::ids::{AccountId, AccountRef, UserId, V1Id};
use upsell::domain::link::Placement;
use upsell::domain::mail::Recipient;
use upsell::domain::quota::{Item, Quota};
use upsell::store::engine::Changes;
use upsell::store::{Store, keys};
use upsell::usecases::Env;
use upsell::usecases::clean_up::clean_up;
use upsell::usecases::count_clicks::count::ClickCounter;
use upsell::usecases::count_clicks::{channel, run_clicks, show_clicks};
use uuid::Uuid;

use crate::support::http::{FIREFOX, Site, add_shop};
use crate::support::nodes::{Failure, Shared};
use crate::support::world::{START, World, cx};

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

/// A user whom no store knows, but for the id of one that it does.
fn user_ref(id: UserId) -> AccountRef {
    let (number, ..) = id.uuid().as_fields();
    AccountRef {
        id: AccountId::User(id),
        number: V1Id(number),
    }
}

fn click(world: &World, user: UserId, secs: u64, placement: Placement) -> Click {
    Click {
        tenant: world.customer.account(),
        user: user_ref(user),
        placement,
        at: START.plus(Duration::from_secs(secs)),
        looks_human: true,
    }
}

/// Counts clicks as a node does that has counted none before.
async fn count(env: &Env, clicks: impl IntoIterator<Item = Click>) {
    let mut waiting: Vec<Click> = clicks.into_iter().collect();
    let mut counter = ClickCounter::new();
    counter.count(env, &mut waiting).await.unwrap();
    assert!(waiting.is_empty() && counter.unfinished() == 0);
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
    let mut counter = ClickCounter::new();
    let mut waiting = vec![
        click(&world, one, 5, mail),
        click(&world, one, 60, mail),
        click(&world, two, 5, mail),
        click(&world, one, 60, Placement::PortalHeader),
    ];
    counter.count(&world.env, &mut waiting).await.unwrap();
    assert!(waiting.is_empty());
    let mut waiting = vec![click(&world, one, 61, mail), click(&world, one, 7200, mail)];
    counter.count(&world.env, &mut waiting).await.unwrap();
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
    let day = click(&world, user, 0, Placement::Email).day();
    assert_eq!(day, START_DAY);
    assert_eq!(counted(&world, (day, day)).await, [2, 1, 2]);
}

#[tokio::test]
async fn revocations_go_when_their_time_is_over() {
    let world = World::new().await;
    let mut changes = Changes::new();
    let over = START.plus(Duration::from_secs(60));
    changes.put(keys::revoked_token("jti"), Vec::new());
    changes.put(keys::revoked_expiry(over, "jti"), Vec::new());
    world.env.store.commit(changes).await.unwrap();
    let early = clean_up(&world.env, START).await.unwrap();
    assert_eq!(early.revoked_tokens, 0);
    let late = START.plus(Duration::from_secs(4 * 3600));
    assert_eq!(clean_up(&world.env, late).await.unwrap().revoked_tokens, 1);
    assert_eq!(clean_up(&world.env, late).await.unwrap().revoked_tokens, 0);
    let token = keys::revoked_token("jti");
    assert_eq!(world.env.store.engine().get(&token).await.unwrap(), None);
}

/// The day of [`START`].
const START_DAY: u32 = 19_675;

/// The clicks in mails of the customer's people, by day.
async fn counted(world: &World, days: (u32, u32)) -> [u64; 3] {
    let caller = &world.root;
    let found = show_clicks(cx(&world.env, caller, START), world.customer.id, days).await;
    let found = found.unwrap().into_iter();
    let mut of_mails = found.filter(|(placement, _)| *placement == Placement::Email);
    let ClickCounts {
        raw,
        unique,
        likely_human,
    } = of_mails.next().unwrap().1;
    [raw, unique, likely_human]
}

const THAT_DAY: (u32, u32) = (START_DAY, START_DAY);

#[tokio::test]
async fn days_that_are_over_are_kept_and_go_with_the_tenant() {
    const DAY: u64 = 86_400;
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let on_days = (0..5).map(|day| click(&world, user, day * DAY, Placement::Email));
    count(&world.env, on_days).await;
    for day in 0..5 {
        let day = START_DAY + day;
        assert_eq!(counted(&world, (day, day)).await, [1, 1, 1]);
    }
    assert_eq!(
        counted(&world, (START_DAY + 1, START_DAY + 3)).await,
        [3; 3]
    );
    assert_eq!(counted(&world, (START_DAY, START_DAY + 9)).await, [5; 3]);
    let engine = world.env.store.engine();
    let days = keys::clicks::closed_days(world.customer.id);
    assert_eq!(engine.scan(&days, None, 9).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_was_cut_off_while_counting_is_counted_once() {
    for failure in [Failure::Before, Failure::After] {
        let world = World::new().await;
        let user = world.add_user("one", true).await;
        let cut = node(&world, Shared::failing(&world.env.store, 0, failure));
        let mut counter = ClickCounter::new();
        let twice = [60, 70].map(|secs| click(&world, user, secs, Placement::Email));
        let mut waiting = twice.to_vec();
        counter.count(&cut, &mut waiting).await.unwrap_err();
        assert_eq!((waiting.len(), counter.unfinished()), (0, 2));
        // Others come in meanwhile, and another node counts.
        count(&world.env, [click(&world, user, 80, Placement::Email)]).await;
        let mut waiting = vec![click(&world, user, 90, Placement::Email)];
        counter.count(&cut, &mut waiting).await.unwrap();
        assert_eq!(counted(&world, THAT_DAY).await, [4, 1, 4], "{failure:?}");
    }
}

#[tokio::test]
async fn nodes_know_of_each_others_clicks() {
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let other = world.add_user("other", true).await;
    let nodes = [(); 2].map(|()| node(&world, Shared::node(&world.env.store)));
    for (counts, who) in [(0, user), (1, other), (0, other), (0, user), (1, user)] {
        count(&nodes[counts], [click(&world, who, 60, Placement::Email)]).await;
    }
    assert_eq!(counted(&world, THAT_DAY).await, [5, 2, 5]);
    // At once, too.
    for minute in 5..15 {
        let one = [click(&world, user, 60 * minute, Placement::Email)];
        tokio::join!(count(&nodes[0], one), count(&nodes[1], one));
    }
    assert_eq!(counted(&world, THAT_DAY).await, [25, 2, 25]);
}

#[tokio::test]
async fn very_many_clicks_are_told_apart() {
    const USERS: u32 = 70_000;
    let world = World::new().await;
    let user = |number| UserId::new(Uuid::from_fields(number, 0, 0, &[0; 8]));
    let clicks: Vec<Click> = (0..USERS)
        .map(|number| click(&world, user(number), 60, Placement::Email))
        .collect();
    for number in 1..=2 {
        let counts = node(&world, Shared::node(&world.env.store));
        count(&counts, clicks.clone()).await;
        let raw = number * u64::from(USERS);
        assert_eq!(
            counted(&world, THAT_DAY).await,
            [raw, u64::from(USERS), raw]
        );
    }
}

#[tokio::test]
async fn a_damaged_record_holds_up_no_other() {
    let world = World::new().await;
    let user = world.add_user("one", true).await;
    let mut changes = Changes::new();
    let root = world.env.store.tenant(world.root.root).await.unwrap();
    let root = root.unwrap().account();
    let latest = keys::clicks::latest(root);
    changes.put(latest, b"?".to_vec());
    world.env.store.commit(changes).await.unwrap();
    let good = click(&world, user, 60, Placement::Email);
    let lost = Click {
        tenant: root,
        ..good
    };
    count(&world.env, [lost, good]).await;
    assert_eq!(counted(&world, THAT_DAY).await, [1, 1, 1]);
}

/// A node of its own on the world's store.
fn node(world: &World, store: Store) -> Env {
    Env {
        store,
        ..world.env.clone()
    }
}
