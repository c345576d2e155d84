//! Whoever makes a change is killed in the middle of it.

use std::time::{Duration, Instant};

use upsell::store::engine::{Changes, Engine, Expect, Key};
use upsell::store::redis::Options;

use super::{apart, random_below};
use crate::store_redis::coherence::Heard;
use crate::store_redis::{A_LITTLE, On, cluster, open};
use crate::support::app::eventually;
use crate::support::redis::RedisCluster;

/// Soon enough that a test can wait for it a hundred times.
const UNDECIDED: Duration = Duration::from_millis(200);

/// As many as it takes to see each state, and no more than that.
const ROUNDS: usize = 100;
const MOST_ROUNDS: usize = 400;

/// Changes that were met in the middle of it.
#[derive(Debug, Default)]
struct Seen {
    made: usize,
    not_made: usize,
    undecided: usize,
    decided: usize,
    longest: Duration,
}

impl Seen {
    fn is_enough(&self, rounds: usize) -> bool {
        rounds >= ROUNDS && self.undecided > 2 && self.decided > 2
    }
}

fn short() -> Options {
    Options {
        undecided_ttl: UNDECIDED,
        ..Options::new(super::super::SCATTERED)
    }
}

/// The keys of a round: one that is reserved, and four that are written.
fn keys_of(round: usize) -> Vec<Key> {
    apart(&format!("round-{round}"), 5)
}

fn change(keys: &[Key], value: &str) -> Changes {
    let mut changes = Changes::new();
    changes.expect(keys[0].clone(), Expect::Absent);
    for key in keys {
        changes.put(key.clone(), value.as_bytes().to_vec());
    }
    changes
}

/// A process of its own, as far as the servers can tell: everything it does ends at a random moment.
async fn commit_and_die(url: String, changes: Changes) {
    let die = move || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let engine = runtime.block_on(open(&url, short()));
        let (started, has_started) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            let _ = started.send(());
            let _nobody_waits = engine.commit(changes).await;
            std::future::pending::<()>().await;
        });
        has_started.recv().unwrap();
        std::thread::sleep(Duration::from_micros(random_below(5_000)));
        runtime.shutdown_background();
    };
    tokio::task::spawn_blocking(die).await.unwrap();
}

/// The names of locks, intents and decisions that stand in the cluster.
fn unfinished(cluster: &RedisCluster) -> Vec<String> {
    let primaries = cluster.nodes.iter().take(3);
    let names = primaries.map(|node| node.command(&["KEYS", "upsell:{???}[ltd]"]));
    let names: Vec<String> = names.collect();
    let lines = names.iter().flat_map(|names| names.lines());
    lines.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_cut_short_is_made_whole_or_not_at_all() {
    let on = cluster().await;
    let other = open(&on.url, short()).await;
    let (mut seen, mut rounds) = (Seen::default(), 0);
    while !seen.is_enough(rounds) && rounds < MOST_ROUNDS {
        let keys = keys_of(rounds);
        let value = format!("value {rounds}");
        commit_and_die(on.url.clone(), change(&keys, &value)).await;
        let left = unfinished(&on.server);
        let has = |kind: char| left.iter().any(|name| name.ends_with(kind));
        let (is_prepared, is_decided) = (has('t'), has('d'));
        let begun = Instant::now();
        let found = other.get_many(&keys).await.unwrap();
        let bodies: Vec<_> = found
            .into_iter()
            .map(|record| record.map(|r| r.body))
            .collect();
        assert!(
            bodies.iter().all(|body| body == &bodies[0]),
            "a part of it: {bodies:?}"
        );
        match &bodies[0] {
            Some(body) => assert_eq!(body, value.as_bytes()),
            None => assert!(!is_decided, "what was decided is gone"),
        }
        // Nothing stays locked: the same records can be changed.
        let mut later = Changes::new();
        for key in &keys {
            later.put(key.clone(), b"later".to_vec());
        }
        other.commit(later).await.unwrap();
        let found = other.get_many(&keys).await.unwrap();
        assert!(
            found
                .into_iter()
                .all(|record| record.unwrap().body == b"later")
        );
        seen.longest = seen.longest.max(begun.elapsed());
        seen.made += usize::from(bodies[0].is_some());
        seen.not_made += usize::from(bodies[0].is_none());
        seen.undecided += usize::from(is_prepared && !is_decided);
        seen.decided += usize::from(is_prepared && is_decided);
        rounds += 1;
        nothing_is_left(&on.server).await;
    }
    println!(
        "{rounds} rounds: {seen:?}, {} ended by another",
        other.stats().finished_for_others()
    );
    assert!(
        seen.is_enough(rounds) && seen.made > 0 && seen.not_made > 0,
        "{seen:?}"
    );
    assert!(seen.longest < UNDECIDED + A_LITTLE, "{seen:?}");
    assert!(other.stats().finished_for_others() > 0);
}

/// Nobody asks for the records: the sweep alone ends what was cut short.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_meets_is_ended_too() {
    let on = cluster().await;
    let other = open(&on.url, short()).await;
    let all = cut_short(&on, 0).await;
    let begun = Instant::now();
    nothing_is_left(&on.server).await;
    println!(
        "{} changes cut short, ended after {:?}",
        all.len(),
        begun.elapsed()
    );
    assert!(begun.elapsed() < UNDECIDED * 3 + A_LITTLE * 2);
    for keys in all {
        let found = other.get_each(&keys).await;
        let are_there: Vec<bool> = found
            .iter()
            .map(|f| f.as_ref().unwrap().is_some())
            .collect();
        assert!(
            are_there.iter().all(|is| *is == are_there[0]),
            "a part of it"
        );
    }
}

/// Who ends a change and does not hear that its replicas have it remembers nothing of before: the
/// message of that is its own, which it takes for known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ends_a_change_in_doubt_is_told_of_it() {
    let on = cluster().await;
    let options = Options {
        wait_replicas: 5,
        wait_timeout: Duration::from_millis(20),
        ..short()
    };
    let other = open(&on.url, options).await;
    let heard = Heard::of(&other).await;
    let mut all = cut_short(&on, 0).await;
    while !unfinished(&on.server)
        .iter()
        .any(|name| name.ends_with('d'))
    {
        assert!(all.len() < MOST_ROUNDS, "none was decided");
        all.extend(cut_short(&on, all.len()).await);
    }
    nothing_is_left(&on.server).await;
    let mut made = 0;
    for keys in all {
        let found = other.get_each(&keys).await;
        if matches!(found[0], Ok(Some(_))) {
            made += 1;
            for key in &keys {
                heard.until(key).await;
            }
        }
    }
    let ended = other.stats().finished_for_others();
    println!("{made} changes were made, {ended} times one was ended for somebody else");
    assert!(ended > 0);
}

/// Changes that were cut short at random, one of them at least in the middle.
async fn cut_short(on: &On<RedisCluster>, first: usize) -> Vec<Vec<Key>> {
    let mut all = Vec::new();
    while all.len() < 20 || (unfinished(&on.server).is_empty() && all.len() < MOST_ROUNDS) {
        let keys = keys_of(first + all.len());
        commit_and_die(on.url.clone(), change(&keys, "1")).await;
        all.push(keys);
    }
    all
}

async fn nothing_is_left(cluster: &RedisCluster) {
    eventually("no lock, intent or decision is left", async || {
        unfinished(cluster).is_empty().then_some(())
    })
    .await;
}
