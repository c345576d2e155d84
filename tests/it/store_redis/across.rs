//! Changes that span partitions of a cluster: whole or not at all, whatever becomes of those who make
//! them.

mod killed;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use upsell::store::engine::{Changes, CommitError, Engine, Expect, Key, Revision};

use super::{cluster, shared};
use crate::store_contract::{key, put};

/// The partition of a scattered key, as the layout has it (FNV-1a).
pub(super) fn partition_of(key: &Key) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    key.0.iter().fold(0xcbf2_9ce4_8422_2325, mix) % 256
}

/// So many keys, each in another partition.
pub(super) fn apart(name: &str, count: usize) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    for number in 0.. {
        let key = key(&format!("{name}/{number}"));
        if found
            .iter()
            .all(|other| partition_of(other) != partition_of(&key))
        {
            found.push(key);
        }
        if found.len() == count {
            break;
        }
    }
    found
}

/// From none of so many: to spread what many do at once.
fn random_below(bound: u64) -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 % bound
}

const ACCOUNTS: usize = 8;
const EACH: u64 = 100;

async fn balances(engine: &dyn Engine, accounts: &[Key]) -> Vec<(Revision, u64)> {
    let found = engine.get_many(accounts).await.unwrap();
    let balance = |body: Vec<u8>| String::from_utf8(body).unwrap().parse().unwrap();
    let read = found.into_iter().map(|record| {
        let record = record.expect("an account");
        (record.revision, balance(record.body))
    });
    read.collect()
}

/// Moves an amount from one account to another, if nobody was faster.
async fn transfer(engine: &dyn Engine, accounts: &[Key]) -> bool {
    let from = usize::try_from(random_below(ACCOUNTS as u64)).unwrap();
    let to = (from + 1 + usize::try_from(random_below(ACCOUNTS as u64 - 1)).unwrap()) % ACCOUNTS;
    let both = [accounts[from].clone(), accounts[to].clone()];
    let found = balances(engine, &both).await;
    let amount = random_below(found[0].1 + 1);
    let mut changes = Changes::new();
    for (key, (revision, balance)) in both.iter().zip(&found) {
        let balance = if *key == both[0] {
            balance - amount
        } else {
            balance + amount
        };
        changes.expect(key.clone(), Expect::Revision(*revision));
        changes.put(key.clone(), balance.to_string().into_bytes());
    }
    match engine.commit(changes).await {
        Ok(()) => true,
        Err(CommitError::Conflict(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sum_of_all_accounts_never_changes() {
    let on = cluster().await;
    let engines = [
        shared(&on.url, on.options.clone()).await,
        shared(&on.url, on.options.clone()).await,
    ];
    let accounts = Arc::new(apart("account", ACCOUNTS));
    let mut opening = Changes::new();
    for account in &*accounts {
        opening.put(account.clone(), EACH.to_string().into_bytes());
    }
    engines[0].commit(opening).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let looks = Arc::new(AtomicU64::new(0));
    let sum = |found: Vec<(Revision, u64)>| found.iter().map(|(_, balance)| balance).sum::<u64>();
    let auditors: Vec<_> = engines
        .iter()
        .map(|engine| {
            let (engine, accounts) = (Arc::clone(engine), Arc::clone(&accounts));
            let (done, looks) = (Arc::clone(&done), Arc::clone(&looks));
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(
                        sum(balances(&*engine, &accounts).await),
                        EACH * ACCOUNTS as u64
                    );
                    looks.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let movers: Vec<_> = (0..6)
        .map(|number: usize| {
            let (engine, accounts) = (Arc::clone(&engines[number % 2]), Arc::clone(&accounts));
            tokio::spawn(async move {
                let mut lost = 0;
                for _ in 0..40 {
                    while !transfer(&*engine, &accounts).await {
                        lost += 1;
                    }
                }
                lost
            })
        })
        .collect();
    let mut lost = 0;
    for mover in movers {
        lost += mover.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for auditor in auditors {
        auditor.await.unwrap();
    }
    let looks = looks.load(Ordering::Relaxed);
    println!("240 transfers, {lost} races lost, {looks} looks at all accounts");
    assert!(looks > 0);
    assert_eq!(
        sum(balances(&*engines[1], &accounts).await),
        EACH * ACCOUNTS as u64
    );
}

/// Removed here and put there in one change: it is in one of the places at every moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_moves_is_always_in_one_place() {
    let on = cluster().await;
    let engine = shared(&on.url, on.options.clone()).await;
    let places = apart("place", 2);
    let move_to = |to: usize| {
        let mut changes = Changes::new();
        changes.put(places[to].clone(), vec![1]);
        changes.delete(places[1 - to].clone());
        changes
    };
    engine.commit(move_to(0)).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let lookers: Vec<_> = (0..4)
        .map(|_| {
            let (engine, places) = (Arc::clone(&engine), places.clone());
            let done = Arc::clone(&done);
            tokio::spawn(async move {
                let mut looks = 0;
                while !done.load(Ordering::Relaxed) {
                    let found = engine.get_many(&places).await.unwrap();
                    assert_eq!(found.iter().flatten().count(), 1, "{found:?}");
                    looks += 1;
                }
                looks
            })
        })
        .collect();
    for turn in 0..400 {
        engine.commit(move_to(turn % 2)).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let mut looks = 0;
    for looker in lookers {
        looks += looker.await.unwrap();
    }
    println!("400 moves, {looks} looks");
    assert!(looks > 0);
}

/// Whatever the order of the partitions: what is reported is the first in the order of the change.
#[tokio::test]
async fn a_conflict_names_the_first_key_of_the_change() {
    let on = cluster().await;
    let engine = shared(&on.url, on.options.clone()).await;
    let keys = apart("taken", 4);
    let mut all = Changes::new();
    for key in &keys {
        all.put(key.clone(), b"1".to_vec());
    }
    engine.commit(all).await.unwrap();
    for turn in 0..keys.len() {
        let mut changes = Changes::new();
        let order: Vec<&Key> = keys.iter().cycle().skip(turn).take(keys.len()).collect();
        // The first one holds, all others do not.
        let first = engine.get(order[0]).await.unwrap().unwrap();
        changes.expect(order[0].clone(), Expect::Revision(first.revision));
        for key in &order[1..] {
            changes.expect(Key::clone(key), Expect::Absent);
            changes.put(Key::clone(key), b"2".to_vec());
        }
        let refused = engine.commit(changes).await;
        assert_eq!(refused, Err(CommitError::Conflict(order[1].clone())));
    }
    let found = engine.get_many(&keys).await.unwrap();
    assert!(found.into_iter().all(|record| record.unwrap().body == b"1"));
}

/// Everybody wants the same records, some from the other end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_want_the_same_records_do_not_block_each_other() {
    const CHANGES: u64 = 200;
    let on = cluster().await;
    let started = Instant::now();
    let keys = apart("wanted", 3);
    let tasks: Vec<_> = (0..2)
        .map(|number| {
            let (url, options, mut keys) = (on.url.clone(), on.options.clone(), keys.clone());
            if number == 1 {
                keys.reverse();
            }
            tokio::spawn(async move {
                let engine = shared(&url, options).await;
                let mut longest = Duration::ZERO;
                for round in 0..CHANGES {
                    let mut changes = Changes::new();
                    for key in &keys {
                        changes.put(key.clone(), format!("{number} {round}").into_bytes());
                    }
                    let begun = Instant::now();
                    engine.commit(changes).await.unwrap();
                    longest = longest.max(begun.elapsed());
                }
                longest
            })
        })
        .collect();
    let mut longest = Duration::ZERO;
    for task in tasks {
        longest = longest.max(task.await.unwrap());
    }
    println!(
        "2 x {CHANGES} changes of the same records in {:?}, the longest {longest:?}",
        started.elapsed()
    );
    let engine = shared(&on.url, on.options.clone()).await;
    let found = engine.get_many(&keys).await.unwrap();
    let bodies: Vec<Vec<u8>> = found
        .into_iter()
        .map(|record| record.unwrap().body)
        .collect();
    assert!(bodies.iter().all(|body| body == &bodies[0]), "{bodies:?}");
    engine.commit(put("wanted/later", "1")).await.unwrap();
}

/// Dozens at once, again and again, that all rely on one record which nobody changes, as children of
/// one tenant do: none starves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_rely_on_the_same_record_all_get_through() {
    const AT_ONCE: usize = 48;
    const EACH: usize = 6;
    let store = cluster().await;
    let engine = async || shared(&store.url, store.options.clone()).await;
    let engines = [engine().await, engine().await];
    let parent = key("the parent");
    engines[0].commit(put("the parent", "1")).await.unwrap();
    let found = engines[0].get(&parent).await.unwrap().unwrap();
    let relying = (0..AT_ONCE).map(|who| {
        let (engine, parent) = (Arc::clone(&engines[who % 2]), parent.clone());
        tokio::spawn(async move {
            let mut longest = Duration::ZERO;
            for number in 0..EACH {
                let mut changes = Changes::new();
                changes.expect(parent.clone(), Expect::Revision(found.revision));
                for child in apart(&format!("{who}/{number}"), 3) {
                    changes.put(child, b"child".to_vec());
                }
                let begun = Instant::now();
                engine.commit(changes).await.unwrap();
                longest = longest.max(begun.elapsed());
            }
            longest
        })
    });
    for task in relying.collect::<Vec<_>>() {
        println!("the longest took {:?}", task.await.unwrap());
    }
}
