//! One server that is killed, stopped or slow: calls fail in time, and go on when it is back.

use std::time::{Duration, Instant};

use upsell::store::engine::{CommitError, Engine, StoreError};
use upsell::store::redis::Options;

use super::writers::Writers;
use super::{A_LITTLE, impatient, one, open, shared};
use crate::store_contract::{key, put};
use crate::support::redis::{Program, RedisServer};

/// What a call may take at most.
fn deadline(options: &Options) -> Duration {
    options.command_timeout * 2 + A_LITTLE
}

fn groups(count: usize) -> Vec<Vec<upsell::store::engine::Key>> {
    (0..count)
        .map(|number| vec![key(&format!("counter/{number}"))])
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_restarted() {
    let lines = ["appendonly yes", "appendfsync always"];
    let mut server = RedisServer::start(Program::Redis, &lines).await;
    let engine = shared(&server.url(), impatient()).await;
    let writers = Writers::start(std::slice::from_ref(&engine), groups(8));
    for _ in 0..3 {
        writers.until_all_write().await;
        server.kill();
        writers.until_failures(8).await;
        assert!(engine.health().await.is_err());
        server.restart().await;
        println!(
            "all write again {:?} after the restart",
            writers.until_all_write().await
        );
    }
    let why = writers.answers.last_failure();
    assert!(why.contains("the store is not available: Redis: "), "{why}");
    let answers = writers.stop(&*engine).await;
    assert!(
        answers.longest() < deadline(&impatient()),
        "{:?}",
        answers.longest()
    );
}

/// SIGSTOP: connections stay and nothing is answered.
async fn stopped_for(pause: Duration) {
    let on = one(Program::Redis).await;
    let mut server = on.server;
    let engine = shared(&on.url, impatient()).await;
    let writers = Writers::start(std::slice::from_ref(&engine), groups(8));
    writers.until_all_write().await;
    server.pause();
    let begun = Instant::now();
    while begun.elapsed() < pause {
        writers.until_failures(8).await;
    }
    server.resume();
    let took = writers.until_all_write().await;
    println!("all write again {took:?} after the pause");
    let answers = writers.stop(&*engine).await;
    assert!(
        answers.longest() < deadline(&impatient()),
        "{:?}",
        answers.longest()
    );
    assert!(took < deadline(&impatient()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_for_a_while() {
    stopped_for(Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes 20 s"]
async fn a_server_that_stops_for_a_while_long() {
    stopped_for(Duration::from_secs(20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_of_a_server_that_stops_all_end() {
    const CALLS: usize = 10_000;
    let on = one(Program::Redis).await;
    let mut server = on.server;
    let options = Options {
        max_calls: 1000,
        queue_wait: Duration::from_secs(1),
        ..impatient()
    };
    let engine = shared(&on.url, options.clone()).await;
    engine.commit(put("there", "1")).await.unwrap();
    server.pause();
    let begun = Instant::now();
    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.get(&key("there")).await })
        })
        .collect();
    let mut overloaded = 0;
    for call in calls {
        match call.await.unwrap() {
            Err(StoreError::Unavailable(why)) => {
                overloaded += usize::from(why.contains("overloaded"));
            }
            other => panic!("{other:?}"),
        }
    }
    println!(
        "{CALLS} calls failed within {:?}, {overloaded} because of too many",
        begun.elapsed()
    );
    assert!(overloaded > 0);
    assert!(begun.elapsed() < deadline(&options) + options.queue_wait);
    server.resume();
    assert!(engine.get(&key("there")).await.unwrap().is_some());
}

/// It answers all the same: only who writes learns of it.
#[tokio::test]
async fn a_server_that_is_full_is_not_ready() {
    let on = one(Program::Redis).await;
    let engine = open(&on.url, impatient()).await;
    engine.health().await.unwrap();
    on.server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let refused = engine.commit(put("a", "1")).await;
    let Err(StoreError::Unavailable(why)) = engine.health().await else {
        panic!("{refused:?}, and ready");
    };
    assert!(why.contains("OOM") || why.contains("maxmemory"), "{why}");
    assert!(refused.is_err(), "{refused:?}");
    on.server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    engine.health().await.unwrap();
    engine.commit(put("a", "1")).await.unwrap();
}

#[tokio::test]
async fn replicas_that_are_not_there_are_missed() {
    let on = one(Program::Redis).await;
    let options = Options {
        wait_replicas: 1,
        wait_timeout: Duration::from_millis(100),
        ..on.options
    };
    let engine = open(&on.url, options).await;
    let refused = engine.commit(put("a", "1")).await;
    let Err(CommitError::Store(StoreError::Unavailable(why))) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        why.contains("0 of 1 replicas") && why.contains("may still be made"),
        "{why}"
    );
    let unready = engine.health().await.unwrap_err().to_string();
    assert!(unready.contains("0 of 1 replicas"), "{unready}");
}
