//! A cluster whose servers are killed, stop, or hand slots to each other while it is used.

use std::sync::Arc;
use std::time::{Duration, Instant};

use upsell::store::engine::{Changes, Engine, Key};
use upsell::store::redis::Options;

use super::across::{apart, partition_of};
use super::writers::Writers;
use super::{A_LITTLE, cluster, impatient, open, shared};
use crate::store_contract::key;
use crate::support::app::eventually;
use crate::support::redis::{Program, RedisCluster, RedisServer, Shape};

/// After this a server of the tests' clusters counts as gone.
const NODE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long it may take from the loss of a primary until its slots are written to again.
const BACK_WITHIN: Duration = Duration::from_secs(NODE_TIMEOUT.as_secs() + 5);

/// Records one by one and in pairs, which lie in partitions of all servers.
fn groups() -> Vec<Vec<Key>> {
    let alone = apart("alone", 9).into_iter().map(|key| vec![key]);
    let pairs = apart("pair", 12);
    alone.chain(pairs.chunks(2).map(<[Key]>::to_vec)).collect()
}

/// Kills a primary, starts it again as what it is then, and so on.
async fn primaries_are_lost(rounds: usize) {
    let on = cluster().await;
    let mut servers = on.server;
    let options = Options {
        wait_replicas: 1,
        ..impatient()
    };
    let engines = [
        shared(&on.url, options.clone()).await,
        shared(&on.url, options.clone()).await,
    ];
    let writers = Writers::start(&engines, groups());
    let mut took = Vec::new();
    for round in 0..rounds {
        writers.until_all_write().await;
        let slot = u16::try_from(round % 3 * 6_000).unwrap();
        let lost = servers.primary_of(slot).await;
        let begun = Instant::now();
        servers.nodes[lost].kill();
        // Its replica has none itself then: nothing of its slots can be acknowledged.
        let stand_in = servers.primary_of(slot).await;
        let promoted = begun.elapsed();
        servers.nodes[lost].restart().await;
        writers.until_all_write().await;
        took.push(begun.elapsed());
        println!(
            "round {round}: {stand_in} for {lost} after {promoted:?}, all write after {:?}",
            took[round]
        );
        servers.until_settled().await;
    }
    let answers = writers.stop(&*engines[0]).await;
    took.sort_unstable();
    println!(
        "back after {:?} in the middle, {:?} at most",
        took[rounds / 2],
        took[rounds - 1]
    );
    assert!(took[rounds - 1] < BACK_WITHIN, "{took:?}");
    assert!(
        answers.longest() < options.command_timeout * 2 + A_LITTLE,
        "{:?}",
        answers.longest()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_with_a_primary() {
    primaries_are_lost(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn nothing_acknowledged_is_lost_with_a_primary_long() {
    primaries_are_lost(30).await;
}

/// SIGSTOP of a primary: its replica takes its place, and it comes back as a replica.
async fn stopped_for(pause: Duration) {
    let on = cluster().await;
    let mut servers = on.server;
    let engine = shared(&on.url, impatient()).await;
    let writers = Writers::start(std::slice::from_ref(&engine), groups());
    writers.until_all_write().await;
    let begun = Instant::now();
    servers.nodes[0].pause();
    servers.primary_of(0).await;
    let promoted = begun.elapsed();
    writers.until_all_write().await;
    let back = begun.elapsed();
    println!("promoted {promoted:?} and all write {back:?} after the primary stopped");
    assert!(back < BACK_WITHIN);
    // Who starts now asks the servers that are named, the one that stopped among them.
    let opening = Instant::now();
    drop(open(&on.url, impatient()).await);
    println!(
        "opened in {:?} beside a server that stopped",
        opening.elapsed()
    );
    while begun.elapsed() < pause {
        writers.until_all_write().await;
    }
    servers.nodes[0].resume();
    servers.until_settled().await;
    writers.until_all_write().await;
    // What the server that stopped had acknowledged alone is lost: nobody was asked to wait.
    assert!(
        writers.answers.longest() < impatient().command_timeout * 2 + A_LITTLE,
        "{:?}",
        writers.answers.longest()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_stops_for_a_while() {
    stopped_for(Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes 20 s"]
async fn a_primary_that_stops_for_a_while_long() {
    stopped_for(Duration::from_secs(20)).await;
}

/// A server that does not answer holds up only what is on it, and for as long as one call may take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_locks_nothing_of_the_others() {
    let on = cluster().await;
    let mut servers = on.server;
    let engine = shared(&on.url, impatient()).await;
    // One record on each server; the first server of three has the first third of the slots.
    let slot = |key: &Key| servers.slot_of(&format!("upsell:{{{:03}}}", partition_of(key)));
    let all = apart("held", 60);
    let of = |server: u16| all.iter().filter(move |key| slot(key) / 5_462 == server);
    let pairs: Vec<Changes> = of(0)
        .zip(of(1))
        .take(6)
        .map(|(here, there)| {
            let mut changes = Changes::new();
            changes
                .put(here.clone(), vec![1])
                .put(there.clone(), vec![1]);
            changes
        })
        .collect();
    let held: Vec<Key> = of(0).take(6).cloned().collect();
    let healthy: Vec<Key> = of(1).take(6).cloned().collect();
    assert_eq!(pairs.len(), 6);
    for outcome in engine.commit_each(pairs.clone()).await {
        outcome.unwrap();
    }
    // Nobody takes its place, and the others go on.
    for node in &servers.nodes {
        node.command(&["CONFIG", "SET", "cluster-replica-no-failover", "yes"]);
        node.command(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    servers.nodes[0].pause();
    let begun = Instant::now();
    let outcomes = engine.commit_each(pairs).await;
    println!("six changes failed within {:?}", begun.elapsed());
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    assert!(begun.elapsed() < impatient().command_timeout * 2 + A_LITTLE);
    let begun = Instant::now();
    let mut changes = Changes::new();
    for key in &healthy {
        changes.put(key.clone(), vec![2]);
    }
    engine.commit(changes).await.unwrap();
    println!("the others are written to after {:?}", begun.elapsed());
    assert!(begun.elapsed() < impatient().command_timeout * 2);
    // What the others have is read, and of the rest it is said that it is not.
    let both = [held, healthy].concat();
    eventually("the others are read", async || {
        let read = engine.get_each(&both).await;
        assert!(read[..6].iter().all(Result::is_err), "{read:?}");
        let found = read[6..].iter().all(|one| matches!(one, Ok(Some(_))));
        found.then_some(())
    })
    .await;
}

/// So many keys of one partition.
fn together(partition: u64, count: usize) -> Vec<Key> {
    let all = (0..).map(|number| key(&format!("near/{number}")));
    all.filter(|key| partition_of(key) == partition)
        .take(count)
        .collect()
}

/// Moves the slot of a partition to another server and back, while it is read and written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_a_slot_is_moved() {
    const PARTITION: u64 = 7;
    let on = cluster().await;
    let engines: [Arc<dyn Engine>; 2] = [
        shared(&on.url, on.options.clone()).await,
        shared(&on.url, on.options.clone()).await,
    ];
    let near = together(PARTITION, 9);
    let mut groups: Vec<Vec<Key>> = near[..6].iter().map(|key| vec![key.clone()]).collect();
    groups.push(vec![near[6].clone(), near[7].clone()]);
    groups.push(vec![near[8].clone(), key("far")]);
    let writers = Writers::start(&engines, groups);
    writers.until_all_write().await;
    let slot = on.server.slot_of("upsell:{007}");
    for _ in 0..2 {
        let from = on.server.primary_of(slot).await;
        let to = (from + 1) % 3;
        let begun = Instant::now();
        on.server.begin_move(slot, from, to);
        // Reads go on, wherever the records are; scripts wait until they are all in one place.
        let read = engines[0].get(&near[0]).await.unwrap();
        assert!(read.is_some());
        on.server.move_keys(slot, from, to);
        let asked = engines[0].get(&near[0]).await.unwrap();
        assert!(asked.is_some());
        on.server.end_move(slot, from, to);
        println!("moved in {:?}", begun.elapsed());
        let back = writers.until_all_write().await;
        println!("all write {back:?} after that");
    }
    let answers = writers.stop(&*engines[1]).await;
    assert_eq!(answers.failures(), 0, "{}", answers.last_failure());
}

/// All servers are killed at once and started again, with what they had on disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_with_all_servers() {
    let lines = ["appendonly yes", "appendfsync always"];
    let shape = Shape {
        lines: lines.map(str::to_owned).to_vec(),
        ..Shape::default()
    };
    let mut servers = RedisCluster::start(Program::Redis, &shape).await;
    let engine = shared(&servers.url(), impatient()).await;
    let writers = Writers::start(std::slice::from_ref(&engine), groups());
    writers.until_all_write().await;
    servers.nodes.iter_mut().for_each(RedisServer::kill);
    let begun = Instant::now();
    for server in &mut servers.nodes {
        server.restart().await;
    }
    servers.until_settled().await;
    let settled = begun.elapsed();
    writers.until_all_write().await;
    let back = begun.elapsed();
    println!("settled after {settled:?}, all write after {back:?}");
    assert!(back < settled + BACK_WITHIN);
    let answers = writers.stop(&*engine).await;
    assert!(
        answers.longest() < impatient().command_timeout * 2 + A_LITTLE,
        "{:?}",
        answers.longest()
    );
}
