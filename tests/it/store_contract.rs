//! What every storage engine must do, as tests over a factory of engines.
//! [`contract_suite!`] puts an engine under them.

mod each;
mod told;
mod update;

use std::sync::Arc;

use upsell::store::engine::{
    BoxFuture, Changes, CommitError, Engine, Expect, Key, MAX_KEY_BYTES, Revision, StoreError,
    Write,
};

pub(crate) use each::{each_change_is_made_on_its_own, what_is_kept_in_memory_is_what_is_stored};
pub(crate) use told::watchers_are_told_before_the_answer;
pub(crate) use update::{
    a_change_is_seen_whole, concurrent_updates_lose_none, each_record_is_replaced_on_its_own,
};

/// Makes engines over one store, which is empty at first. Opening again, after `close`, gives what
/// was stored.
pub(crate) trait Factory: Sync {
    /// Opens the store.
    fn open(&self) -> BoxFuture<'_, Arc<dyn Engine>>;
}

/// A key from text.
pub(crate) fn key(text: &str) -> Key {
    Key(text.as_bytes().to_vec())
}

/// A change that puts one value.
pub(crate) fn put(name: &str, body: &str) -> Changes {
    let mut changes = Changes::new();
    changes.put(key(name), body.as_bytes().to_vec());
    changes
}

async fn body(engine: &dyn Engine, name: &str) -> Option<String> {
    let record = engine.get(&key(name)).await.unwrap()?;
    Some(String::from_utf8(record.body).unwrap())
}

async fn revision(engine: &dyn Engine, name: &str) -> Option<Revision> {
    engine
        .get(&key(name))
        .await
        .unwrap()
        .map(|record| record.revision)
}

async fn names(engine: &dyn Engine, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<Key> {
    let after = after.map(|bytes| Key(bytes.to_vec()));
    let found = engine
        .scan(&Key(prefix.to_vec()), after.as_ref(), limit)
        .await
        .unwrap();
    found.into_iter().map(|(key, _)| key).collect()
}

pub(crate) async fn put_get_delete(factory: &dyn Factory) {
    let engine = factory.open().await;
    assert_eq!(body(&*engine, "a").await, None);
    engine.commit(put("a", "1")).await.unwrap();
    engine.commit(put("empty", "")).await.unwrap();
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("1"));
    assert_eq!(body(&*engine, "empty").await.as_deref(), Some(""));

    let keys = [key("none"), key("a"), key("empty"), key("a")];
    let found = engine.get_many(&keys).await.unwrap();
    let bodies: Vec<_> = found
        .into_iter()
        .map(|record| record.map(|r| r.body))
        .collect();
    assert_eq!(
        bodies,
        [None, Some(b"1".to_vec()), Some(vec![]), Some(b"1".to_vec())]
    );

    let mut changes = Changes::new();
    changes.delete(key("a")).delete(key("never stored"));
    engine.commit(changes).await.unwrap();
    assert_eq!(body(&*engine, "a").await, None);
    engine.commit(Changes::new()).await.unwrap();
}

pub(crate) async fn last_write_of_a_key_wins(factory: &dyn Factory) {
    let engine = factory.open().await;
    let mut changes = put("a", "1");
    changes
        .put(key("a"), b"2".to_vec())
        .put(key("b"), b"1".to_vec())
        .delete(key("b"));
    changes.delete(key("c")).put(key("c"), b"3".to_vec());
    engine.commit(changes).await.unwrap();
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("2"));
    assert_eq!(body(&*engine, "b").await, None);
    assert_eq!(body(&*engine, "c").await.as_deref(), Some("3"));
}

pub(crate) async fn scans_in_key_order_within_the_prefix(factory: &dyn Factory) {
    let engine = factory.open().await;
    let stored: [&[u8]; 9] = [
        b"a",
        b"a\x00",
        b"a\x00\x01",
        b"a\xFE\xFF",
        b"a\xFF",
        b"a\xFF\x00",
        b"a\xFF\xFF",
        b"b",
        b"\xFF\xFF",
    ];
    let mut changes = Changes::new();
    for name in stored.iter().rev() {
        changes.put(Key(name.to_vec()), vec![1]);
    }
    engine.commit(changes).await.unwrap();
    let expect = |names: &[&[u8]]| names.iter().map(|n| Key(n.to_vec())).collect::<Vec<_>>();

    let mut sorted = stored.to_vec();
    sorted.sort_unstable();
    assert_eq!(names(&*engine, b"", None, 100).await, expect(&sorted));
    assert_eq!(names(&*engine, b"a", None, 100).await, expect(&stored[..7]));
    assert_eq!(
        names(&*engine, b"a\xFF", None, 100).await,
        expect(&stored[4..7])
    );
    assert_eq!(
        names(&*engine, b"\xFF", None, 100).await,
        expect(&stored[8..])
    );
    assert_eq!(
        names(&*engine, b"\xFF\xFF\xFF", None, 100).await,
        expect(&[])
    );
    assert_eq!(names(&*engine, b"a", None, 2).await, expect(&stored[..2]));
    assert_eq!(names(&*engine, b"a", None, 0).await, expect(&[]));
    assert_eq!(
        names(&*engine, b"a", Some(b"a\x00"), 2).await,
        expect(&stored[2..4])
    );
    assert_eq!(
        names(&*engine, b"a", Some(b"a\x00\x00"), 1).await,
        expect(&stored[2..3])
    );
    assert_eq!(
        names(&*engine, b"a", Some(b"a\xFF\xFF"), 9).await,
        expect(&[])
    );
}

pub(crate) async fn expectations_guard_the_change(factory: &dyn Factory) {
    let engine = factory.open().await;
    let mut create = put("a", "1");
    create.expect(key("a"), Expect::Absent);
    engine.commit(create.clone()).await.unwrap();
    assert_eq!(
        engine.commit(create).await,
        Err(CommitError::Conflict(key("a")))
    );

    let first = revision(&*engine, "a").await.unwrap();
    let mut update = put("a", "2");
    update.expect(key("a"), Expect::Revision(first));
    engine.commit(update.clone()).await.unwrap();
    assert_eq!(
        engine.commit(update).await,
        Err(CommitError::Conflict(key("a")))
    );
    assert_eq!(body(&*engine, "a").await.as_deref(), Some("2"));

    let mut missing = put("b", "1");
    missing.expect(key("b"), Expect::Revision(first));
    assert_eq!(
        engine.commit(missing).await,
        Err(CommitError::Conflict(key("b")))
    );
    let mut only_expect = Changes::new();
    only_expect.expect(key("b"), Expect::Absent);
    engine.commit(only_expect).await.unwrap();
}

pub(crate) async fn a_conflict_writes_nothing_and_names_the_first_key(factory: &dyn Factory) {
    let engine = factory.open().await;
    engine.commit(put("x", "1")).await.unwrap();
    engine.commit(put("y", "1")).await.unwrap();
    let mut changes = put("new", "1");
    changes.put(key("x"), b"2".to_vec()).delete(key("y"));
    changes.expect(key("new"), Expect::Absent);
    changes
        .expect(key("y"), Expect::Absent)
        .expect(key("x"), Expect::Absent);
    assert_eq!(
        engine.commit(changes).await,
        Err(CommitError::Conflict(key("y")))
    );
    assert_eq!(body(&*engine, "new").await, None);
    assert_eq!(body(&*engine, "x").await.as_deref(), Some("1"));
    assert_eq!(body(&*engine, "y").await.as_deref(), Some("1"));
}

pub(crate) async fn revisions_never_return(factory: &dyn Factory) {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let engine = factory.open().await;
        for _ in 0..3 {
            engine.commit(put("a", "same")).await.unwrap();
            assert!(
                seen.insert(revision(&*engine, "a").await.unwrap()),
                "a revision came back"
            );
            engine.commit(put("a", "same")).await.unwrap();
            assert!(
                seen.insert(revision(&*engine, "a").await.unwrap()),
                "a revision came back"
            );
            let mut delete = Changes::new();
            delete.delete(key("a"));
            engine.commit(delete).await.unwrap();
        }
        engine.close().await.unwrap();
    }
}

pub(crate) async fn what_is_acknowledged_is_there_after_reopening(factory: &dyn Factory) {
    let engine = factory.open().await;
    engine.commit(put("kept", "1")).await.unwrap();
    engine.commit(put("gone", "1")).await.unwrap();
    let mut delete = Changes::new();
    delete.delete(key("gone"));
    engine.commit(delete).await.unwrap();
    let before = engine.get(&key("kept")).await.unwrap();
    engine.close().await.unwrap();
    drop(engine);
    let engine = factory.open().await;
    assert_eq!(engine.get(&key("kept")).await.unwrap(), before);
    assert_eq!(body(&*engine, "gone").await, None);
}

pub(crate) async fn a_closed_engine_is_unavailable(factory: &dyn Factory) {
    let engine = factory.open().await;
    engine.health().await.unwrap();
    engine.close().await.unwrap();
    engine.close().await.unwrap();
    let unavailable = |error| matches!(error, StoreError::Unavailable(_));
    assert!(engine.get(&key("a")).await.is_err_and(unavailable));
    assert!(
        engine
            .scan(&key("a"), None, 1)
            .await
            .is_err_and(unavailable)
    );
    assert!(engine.health().await.is_err_and(unavailable));
    let committed = engine.commit(put("a", "1")).await;
    assert!(matches!(
        committed,
        Err(CommitError::Store(StoreError::Unavailable(_)))
    ));
}

pub(crate) async fn keys_are_bounded(factory: &dyn Factory) {
    let engine = factory.open().await;
    let longest = Key(vec![0xFF; MAX_KEY_BYTES]);
    let mut changes = Changes::new();
    changes.put(longest.clone(), b"1".to_vec());
    engine.commit(changes).await.unwrap();
    assert!(engine.get(&longest).await.unwrap().is_some());
    assert_eq!(
        names(&*engine, b"\xFF", None, 9).await,
        std::slice::from_ref(&longest)
    );

    let too_long = Key(vec![0xFF; MAX_KEY_BYTES + 1]);
    for bad in [too_long, Key(vec![])] {
        let mut delete = Changes::new();
        delete.writes.push(Write::Delete(bad.clone()));
        let mut expect = Changes::new();
        expect.expect(bad.clone(), Expect::Absent);
        for changes in [delete, expect] {
            let refused = engine.commit(changes).await;
            assert!(matches!(
                refused,
                Err(CommitError::Store(StoreError::Refused(_)))
            ));
        }
        assert_eq!(engine.get(&bad).await, Ok(None));
    }
}

pub(crate) async fn concurrent_increments_lose_none(factory: &dyn Factory) {
    const TASKS: u64 = 16;
    const INCREMENTS: u64 = 20;
    let engine = factory.open().await;
    let tasks = (0..TASKS).map(|_| {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move {
            for _ in 0..INCREMENTS {
                while !increment(&*engine).await {}
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let total = (TASKS * INCREMENTS).to_string();
    assert_eq!(body(&*engine, "counter").await, Some(total));
}

/// Adds one; false if somebody else was first.
async fn increment(engine: &dyn Engine) -> bool {
    let record = engine.get(&key("counter")).await.unwrap();
    let (count, expect) = match &record {
        None => (0, Expect::Absent),
        Some(record) => {
            let count: u64 = String::from_utf8_lossy(&record.body).parse().unwrap();
            (count, Expect::Revision(record.revision))
        }
    };
    let mut changes = put("counter", &(count + 1).to_string());
    changes.expect(key("counter"), expect);
    match engine.commit(changes).await {
        Ok(()) => true,
        Err(CommitError::Conflict(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Puts the engines of a factory under the contract: one test for each clause.
macro_rules! contract_suite {
    ($make_factory:expr) => {
        $crate::store_contract::contract_suite!($make_factory;
            put_get_delete
            last_write_of_a_key_wins
            scans_in_key_order_within_the_prefix
            expectations_guard_the_change
            a_conflict_writes_nothing_and_names_the_first_key
            revisions_never_return
            what_is_acknowledged_is_there_after_reopening
            a_closed_engine_is_unavailable
            keys_are_bounded
            concurrent_increments_lose_none
            watchers_are_told_before_the_answer
            each_change_is_made_on_its_own
            what_is_kept_in_memory_is_what_is_stored
            each_record_is_replaced_on_its_own
            concurrent_updates_lose_none
            a_change_is_seen_whole
        );
    };
    ($make_factory:expr; $($clause:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $clause() {
                $crate::store_contract::$clause(&$make_factory).await;
            }
        )*
    };
}
pub(crate) use contract_suite;
