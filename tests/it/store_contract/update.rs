//! Clauses about records that are replaced by what is made of them.

use std::sync::Arc;

use tokio::task::JoinSet;
use upsell::domain::ids::{AccountId, AccountRef, TenantId, V1Id};
use upsell::store::engine::{
    Changes, CommitError, Engine, Key, StoreError, Update, Updated, Write,
};
use upsell::store::{Store, keys};
use uuid::Uuid;

use super::{Factory, key, put};

const PARENT: &str = "parent";
const NEVER_STORED: &str = "never stored";

/// Appends a letter to each record, or refuses to where it reads `bad`, and leaves `done` as it is.
struct Append {
    keys: Vec<Key>,
    parents: Vec<&'static str>,
}

impl Append {
    fn store(keys: Vec<Key>, parents: Vec<&'static str>) -> Arc<dyn Update> {
        Arc::new(Self { keys, parents })
    }
}

impl Update for Append {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn parent(&self, n: usize) -> Key {
        key(self.parents[n])
    }

    fn apply(&self, n: usize, body: Option<&[u8]>) -> Result<Option<Updated>, StoreError> {
        match body {
            Some(b"bad") => return Err(StoreError::Corrupt("bad".to_owned())),
            Some(b"done") => return Ok(None),
            _ => {}
        }
        let mut body = body.unwrap_or_default().to_vec();
        body.push(b'x');
        let log = Key([b"log/", self.keys[n].0.as_slice()].concat());
        Ok(Some(Updated {
            others: vec![Write::Put(log, body.clone())],
            body,
        }))
    }
}

/// The key of a meter: an engine may keep it apart from other records.
fn meter(number: u32) -> Key {
    keys::meter(AccountRef {
        id: AccountId::Tenant(TenantId::new(Uuid::from_u128(number.into()))),
        number: V1Id(number),
    })
}

fn putting(key: Key, body: &str) -> Changes {
    let mut changes = Changes::new();
    changes.put(key, body.as_bytes().to_vec());
    changes
}

async fn body(engine: &dyn Engine, key: &Key) -> Option<Vec<u8>> {
    engine.get(key).await.unwrap().map(|record| record.body)
}

pub(crate) async fn each_record_is_replaced_on_its_own(factory: &dyn Factory) {
    let engine = factory.open().await;
    let store = Store::new(Arc::clone(&engine));
    for change in [
        put(PARENT, ""),
        put("other", "ab"),
        putting(meter(2), "bad"),
        putting(meter(3), "done"),
        putting(meter(4), "d"),
    ] {
        store.commit(change).await.unwrap();
    }
    let keys = vec![
        meter(1),
        meter(2),
        meter(3),
        meter(4),
        meter(5),
        key("other"),
    ];
    let parents = vec![PARENT, PARENT, PARENT, NEVER_STORED, NEVER_STORED, PARENT];
    let outcomes = store.update(Append::store(keys.clone(), parents)).await;
    let expected = [
        Ok(()),
        Err(CommitError::Store(StoreError::Corrupt("bad".to_owned()))),
        Ok(()),
        Ok(()),
        Err(CommitError::Conflict(key(NEVER_STORED))),
        Ok(()),
    ];
    assert_eq!(outcomes, expected);
    let expected = ["x", "bad", "done", "dx", "", "abx"];
    for (key, expected) in keys.iter().zip(expected) {
        let expected = (!expected.is_empty()).then(|| expected.as_bytes().to_vec());
        assert_eq!(body(&*engine, key).await, expected);
        let log = Key([b"log/", key.0.as_slice()].concat());
        let is_new = expected.as_ref().is_some_and(|body| body.ends_with(b"x"));
        assert_eq!(body(&*engine, &log).await, expected.filter(|_| is_new));
    }
    engine.close().await.unwrap();
    let outcomes = store.update(Append::store(keys, vec![PARENT; 6])).await;
    assert!(outcomes.len() == 6 && outcomes.iter().all(Result::is_err));
}

pub(crate) async fn concurrent_updates_lose_none(factory: &dyn Factory) {
    const WRITERS: usize = 8;
    const EACH: usize = 12;
    let engine = factory.open().await;
    let store = Store::new(Arc::clone(&engine));
    store.commit(put(PARENT, "")).await.unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for _ in 0..EACH {
                let keys = vec![meter(1), meter(700), key("other")];
                let outcomes = store.update(Append::store(keys, vec![PARENT; 3])).await;
                assert_eq!(outcomes, [Ok(()), Ok(()), Ok(())]);
            }
        });
    }
    writers.join_all().await;
    for key in [meter(1), meter(700), key("other")] {
        let found = body(&*engine, &key).await.unwrap();
        assert_eq!(found.len(), WRITERS * EACH);
    }
    engine.close().await.unwrap();
}

/// A record that an engine keeps apart and another one, changed together and read together.
pub(crate) async fn a_change_is_seen_whole(factory: &dyn Factory) {
    const ROUNDS: u64 = 60;
    let engine = factory.open().await;
    let both = [meter(9), key("beside")];
    let change = |round: u64| {
        let mut changes = Changes::new();
        for key in &both {
            changes.put(key.clone(), round.to_be_bytes().to_vec());
        }
        changes
    };
    engine.commit(change(0)).await.unwrap();
    let reading = {
        let (engine, both) = (Arc::clone(&engine), both.clone());
        tokio::spawn(async move {
            let mut reads = 0_u64;
            loop {
                let found = engine.get_many(&both).await.unwrap();
                let bodies: Vec<Vec<u8>> = found.into_iter().flatten().map(|r| r.body).collect();
                assert_eq!(bodies[0], bodies[1], "after {reads} reads");
                reads += 1;
                if bodies[0] == ROUNDS.to_be_bytes() {
                    return reads;
                }
                tokio::task::yield_now().await;
            }
        })
    };
    for round in 1..=ROUNDS {
        engine.commit(change(round)).await.unwrap();
    }
    assert!(reading.await.unwrap() > 0);
    engine.close().await.unwrap();
}
