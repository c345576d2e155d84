//! Messages get lost, subscriptions end, servers go away.

use std::time::{Duration, Instant};

use upsell::store::engine::Engine;
use upsell::store::redis::{Options, RedisEngine};

use super::{Heard, until_current};
use crate::store_contract::{key, put};
use crate::store_redis::{A_LITTLE, cluster, impatient, one, open};
use crate::support::app::eventually;
use crate::support::redis::{Access, Program, Proxy, RedisServer, Setup};
use upsell::store::keys::place::PLACES;

const CACHE_TTL: Duration = Duration::from_secs(1);

fn short() -> Options {
    Options {
        cache_ttl: CACHE_TTL,
        ..impatient()
    }
}

/// The other node's changes are told of again.
async fn is_told(one: &RedisEngine, heard: &Heard, name: &str) {
    one.commit(put(name, "1")).await.unwrap();
    heard.until(&key(name)).await;
}

/// Nothing more is to be forgotten for some time.
async fn stays_current(engine: &dyn Engine, heard: &Heard) {
    let (before, begun) = (heard.losses(), Instant::now());
    eventually("some time passes", async || {
        assert!(engine.is_current());
        (begun.elapsed() > CACHE_TTL * 3 / 2).then_some(())
    })
    .await;
    assert_eq!(heard.losses(), before, "all is heard, and yet forgotten");
}

async fn subscriptions_are_killed(url: &str, kill: impl Fn()) {
    let one = open(url, short()).await;
    let other = open(url, short()).await;
    let heard = Heard::of(&other).await;
    is_told(&one, &heard, "before").await;
    kill();
    let took = heard.until_lost().await;
    println!("told that messages may be missing after {took:?}");
    assert!(took < CACHE_TTL / 2 + A_LITTLE);
    until_current(&other).await;
    is_told(&one, &heard, "after").await;
    stays_current(&other, &heard).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_is_killed_is_made_again() {
    let on = one(Program::Redis).await;
    subscriptions_are_killed(&on.url, || {
        on.server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_to_a_cluster_that_are_killed_are_made_again() {
    let on = cluster().await;
    subscriptions_are_killed(&on.url, || {
        for node in &on.server.nodes {
            node.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        }
    })
    .await;
}

/// The connection stays, and says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_noticed() {
    let on = one(Program::Redis).await;
    let proxy = Proxy::to(on.server.address()).await;
    let direct = open(&on.url, short()).await;
    let behind = open(&proxy.url(), short()).await;
    let heard = Heard::of(&behind).await;
    assert_eq!(proxy.subscriptions(), 1);
    is_told(&direct, &heard, "before").await;
    proxy.mute(true);
    let mut longest = heard.until_lost().await;
    // Each new attempt is as silent. What is read meanwhile is remembered for as short.
    for _ in 0..4 {
        longest = longest.max(heard.until_lost().await);
    }
    println!("during silence, told at least every {longest:?}");
    assert!(longest < CACHE_TTL + A_LITTLE / 2);
    assert!(!behind.is_current());
    direct.commit(put("meanwhile", "1")).await.unwrap();
    assert!(behind.get(&key("meanwhile")).await.unwrap().is_some());
    proxy.mute(false);
    until_current(&behind).await;
    is_told(&direct, &heard, "after").await;
    stays_current(&behind, &heard).await;
    assert_eq!(heard.when(&key("meanwhile")), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_listen_forgets_again_and_again() {
    let user = "user node on >secret ~* &* +@all".to_owned();
    let setup = Setup {
        access: Access::Users(vec![user]),
        ..Setup::default()
    };
    let server = RedisServer::with(Program::Redis, setup).await;
    let url = server.url().replace("redis://", "redis://node:secret@");
    let other = open(&url, short()).await;
    let heard = Heard::of(&other).await;
    server.command(&["ACL", "SETUSER", "node", "resetchannels"]);
    let mut longest = heard.until_lost().await;
    for _ in 0..4 {
        longest = longest.max(heard.until_lost().await);
        assert!(!other.is_current());
    }
    println!("without permission to listen, told at least every {longest:?}");
    assert!(longest < CACHE_TTL + A_LITTLE / 2);
    server.command(&["ACL", "SETUSER", "node", "allchannels"]);
    until_current(&other).await;
    stays_current(&other, &heard).await;
}

/// While a server is away nobody can change anything: what is remembered survives.
async fn is_kept_while_away(engine: &RedisEngine, heard: &Heard) {
    eventually("it is noticed", async || {
        (!engine.is_current()).then_some(())
    })
    .await;
    let (before, begun) = (heard.losses(), Instant::now());
    eventually("some time passes", async || {
        assert!(!engine.is_current());
        (begun.elapsed() > CACHE_TTL * 3).then_some(())
    })
    .await;
    assert_eq!(
        heard.losses(),
        before,
        "forgotten while the server was away"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_survives_a_server_that_is_away() {
    let lines = ["appendonly yes", "appendfsync always"];
    let mut server = RedisServer::start(Program::Redis, &lines).await;
    let options = Options {
        places: PLACES,
        ..short()
    };
    let one = open(&server.url(), options.clone()).await;
    let other = open(&server.url(), options).await;
    let heard = Heard::of(&other).await;
    is_told(&one, &heard, "before").await;

    server.pause();
    is_kept_while_away(&other, &heard).await;
    server.resume();
    println!("after a pause, told after {:?}", heard.until_lost().await);
    until_current(&other).await;
    is_told(&one, &heard, "after the pause").await;
    stays_current(&other, &heard).await;

    server.kill();
    is_kept_while_away(&other, &heard).await;
    server.restart().await;
    println!("after a restart, told after {:?}", heard.until_lost().await);
    until_current(&other).await;
    is_told(&one, &heard, "after the restart").await;
    stays_current(&other, &heard).await;
}

/// The change comes after the answer that nobody knows of it: its own node must be told then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_change_is_told_to_its_own_node() {
    let on = one(Program::Redis).await;
    let proxy = Proxy::to(on.server.address()).await;
    let behind = open(&proxy.url(), impatient()).await;
    let heard = Heard::of(&behind).await;
    behind.commit(put("early", "1")).await.unwrap();
    proxy.hold(true);
    let answer = behind.commit(put("late", "1")).await.unwrap_err();
    assert!(answer.to_string().contains("may still be made"), "{answer}");
    let told = heard.until(&key("late")).await;
    assert!(
        open(&on.url, impatient())
            .await
            .get(&key("late"))
            .await
            .unwrap()
            .is_none()
    );
    proxy.hold(false);
    eventually("it is told once more", async || {
        heard.when(&key("late")).filter(|later| *later > told)
    })
    .await;
}
