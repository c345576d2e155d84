//! Servers that lose the store: each kind of them, and a part of a cluster.

use upsell::store::engine::{CommitError, Engine, StoreError};
use upsell::store::redis::address::Address;
use upsell::store::redis::{Options, RedisEngine};

use super::across::apart;
use super::{cluster, impatient, one, open};
use crate::store_contract::{key, put};
use crate::support::app::eventually;
use crate::support::redis::{Program, RedisServer, Sentinels};

fn is_lost(answer: &Result<(), StoreError>, what: &str) -> bool {
    let Err(StoreError::Unavailable(why)) = answer else {
        return false;
    };
    why.contains("has lost the data of this store") && why.contains(what)
}

async fn until_lost(engine: &dyn Engine, what: &str) {
    eventually("noticed without being asked", async || {
        let read = engine.get(&key("a")).await.map(drop);
        is_lost(&read, what).then_some(())
    })
    .await;
    assert!(is_lost(&engine.health().await, what));
    let written = engine.commit(put("a", "2")).await;
    let Err(CommitError::Store(error)) = written else {
        panic!("{written:?}");
    };
    assert!(is_lost(&Err(error), what));
}

#[tokio::test]
async fn another_store_in_its_place_is_noticed() {
    for program in [Program::Redis, Program::Valkey] {
        let on = one(program).await;
        let engine = open(&on.url, on.options.clone()).await;
        engine.commit(put("a", "1")).await.unwrap();
        let revision = on.server.command(&["GET", "upsell:{000}v"]);
        on.server.command(&["SET", "upsell:{000}v", "9 0 other"]);
        until_lost(&engine, "holds another store").await;
        on.server.command(&["SET", "upsell:{000}v", &revision]);
        eventually("it goes on", async || engine.health().await.ok()).await;
        engine.commit(put("a", "3")).await.unwrap();
    }
}

#[tokio::test]
async fn a_primary_of_sentinels_that_was_flushed_is_noticed() {
    let all = Sentinels::start(Program::Redis).await;
    let engine = open(&all.url(), impatient()).await;
    engine.commit(put("a", "1")).await.unwrap();
    all.servers[0].command(&["FLUSHALL"]);
    until_lost(&engine, "is empty").await;
}

/// Everything that a server holds, to be put back.
fn dump(server: &RedisServer) -> Vec<(Vec<u8>, Vec<u8>)> {
    let names = server.ask(&["KEYS", "*"]).unwrap();
    let names = names.list().iter().map(|name| name.bytes().to_vec());
    names
        .map(|name| {
            let value = server.ask(&[b"DUMP".as_slice(), &name]).unwrap();
            (name, value.bytes().to_vec())
        })
        .collect()
}

#[tokio::test]
async fn one_emptied_primary_of_a_cluster_is_noticed() {
    let on = cluster().await;
    let engine = open(&on.url, on.options.clone()).await;
    let keys = apart("record", 12);
    for key in &keys {
        let mut changes = upsell::store::engine::Changes::new();
        changes.put(key.clone(), b"1".to_vec());
        engine.commit(changes).await.unwrap();
    }
    // Not the one that has the format of the store.
    let with_format = on.server.slot_of("upsell:{000}f");
    let first = on.server.primary_of(with_format).await;
    let mut other = first;
    for slot in [0, 6_000, 12_000] {
        let primary = on.server.primary_of(slot).await;
        if primary != first {
            other = primary;
        }
    }
    assert_ne!(other, first);
    let server = &on.server.nodes[other];
    let held = dump(server);
    server.command(&["FLUSHALL"]);
    until_lost(&engine, "is empty").await;
    // Nor does another node start.
    let address = Address::parse(&on.url).unwrap();
    let started = RedisEngine::open(address, Options::new(super::SCATTERED)).await;
    let error = started.err().expect("a part is missing");
    assert!(error.to_string().contains("has lost the data"), "{error}");

    for (name, value) in held {
        let restored = server.ask(&[b"RESTORE".as_slice(), &name, b"0", &value, b"REPLACE"]);
        restored.unwrap();
    }
    eventually("it goes on", async || engine.health().await.ok()).await;
    for key in &keys {
        let found = engine.get(key).await.unwrap();
        assert_eq!(found.map(|record| record.body), Some(b"1".to_vec()));
    }
}
