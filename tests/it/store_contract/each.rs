//! Clauses about changes and reads that have nothing to do with each other.

use std::sync::Arc;

use upsell::store::engine::{Changes, CommitError, Expect, Key, Revision, StoreError};

use super::{Factory, key, put};

pub(crate) async fn each_change_is_made_on_its_own(factory: &dyn Factory) {
    let engine = factory.open().await;
    assert_eq!(engine.commit_each(vec![]).await, []);
    let mut new = put("a", "1");
    new.expect(key("a"), Expect::Absent);
    // The same again loses to the first, and the next sees what the first has made.
    let lost = new.clone();
    let mut bad = put("b", "1");
    bad.put(Key(vec![]), vec![]);
    let mut outcomes = engine
        .commit_each(vec![new, lost, bad, put("c", "1")])
        .await;
    assert_eq!(outcomes.pop(), Some(Ok(())));
    let refused = outcomes.pop();
    assert!(
        matches!(
            &refused,
            Some(Err(CommitError::Store(StoreError::Refused(_))))
        ),
        "{refused:?}"
    );
    assert_eq!(outcomes, [Ok(()), Err(CommitError::Conflict(key("a")))]);
    let keys = ["a", "b", "c", "none"].map(key);
    let found = engine.get_each(&keys).await;
    let found: Vec<Option<Vec<u8>>> = found
        .into_iter()
        .map(|record| record.unwrap().map(|record| record.body))
        .collect();
    let one = Some(b"1".to_vec());
    assert_eq!(found, [one.clone(), None, one, None]);
    engine.close().await.unwrap();
    let closed = engine.commit_each(vec![put("d", "1"), put("e", "1")]).await;
    assert_eq!(closed.len(), 2);
    assert!(closed.iter().all(Result::is_err));
    let closed = engine.get_each(&keys).await;
    assert!(closed.len() == 4 && closed.iter().all(Result::is_err));
}

/// Readers that fill the memory while the writer replaces and removes.
pub(crate) async fn what_is_kept_in_memory_is_what_is_stored(factory: &dyn Factory) {
    const KEYS: u64 = 40;
    const ROUNDS: u64 = 150;
    let engine = factory.open().await;
    let name = |number: u64| key(&format!("k{}", number % KEYS));
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let readers = (0..2).map(|_| {
        let (engine, done) = (Arc::clone(&engine), Arc::clone(&done));
        tokio::spawn(async move {
            let keys: Vec<Key> = (0..KEYS).map(name).collect();
            let mut newest = vec![Revision(0); keys.len()];
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let found = engine.get_each(&keys).await.into_iter();
                for (newest, found) in newest.iter_mut().zip(found) {
                    let Some(record) = found.unwrap() else {
                        continue;
                    };
                    assert!(record.revision >= *newest, "an older value came back");
                    *newest = record.revision;
                }
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for round in 0..ROUNDS {
        let mut changes = Changes::new();
        for number in 0..KEYS / 4 {
            let body = vec![b'x'; usize::try_from(round % 7 * number).unwrap()];
            match (round + number) % 5 {
                0 => changes.delete(name(round * 3 + number)),
                _ => changes.put(name(round * 3 + number), body),
            };
        }
        engine.commit(changes).await.unwrap();
        let keys: Vec<Key> = (0..KEYS).map(name).collect();
        let each = engine.get_each(&keys).await;
        let each: Result<Vec<_>, _> = each.into_iter().collect();
        assert_eq!(each.unwrap(), engine.get_many(&keys).await.unwrap());
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}
