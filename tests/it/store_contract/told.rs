//! Clauses about what watchers are told.

use std::sync::{Arc, Mutex};

use upsell::store::engine::{Expect, Key, Watcher};

use super::{Factory, body, key, put};

/// Remembers what it was told.
#[derive(Default)]
struct Told(Mutex<Vec<Key>>);

impl Watcher for Told {
    fn changed(&self, keys: &[&Key]) {
        self.0.lock().unwrap().extend(keys.iter().copied().cloned());
    }

    fn lost(&self) {}
}

impl Told {
    fn take(&self) -> Vec<Key> {
        let mut told = std::mem::take(&mut *self.0.lock().unwrap());
        told.sort();
        told
    }
}

pub(crate) async fn watchers_are_told_before_the_answer(factory: &dyn Factory) {
    let engine = factory.open().await;
    engine.commit(put("before", "1")).await.unwrap();
    let (one, other) = (Arc::new(Told::default()), Arc::new(Told::default()));
    engine.watch(Arc::clone(&one) as Arc<dyn Watcher>);
    engine.watch(Arc::clone(&other) as Arc<dyn Watcher>);

    let mut changes = put("a", "1");
    changes.put(key("b"), vec![]).delete(key("before"));
    changes.expect(key("never stored"), Expect::Absent);
    engine.commit(changes).await.unwrap();
    let written = [key("a"), key("b"), key("before")];
    assert_eq!(one.take(), written);
    assert_eq!(other.take(), written);

    let mut lost = put("c", "1");
    lost.expect(key("a"), Expect::Absent);
    engine.commit(lost).await.unwrap_err();
    assert_eq!(one.take(), []);

    // Its caller goes away at once; where it is made all the same, that is told of.
    let mut left = Box::pin(engine.commit(put("d", "1")));
    let answered = futures_util::poll!(left.as_mut()).is_ready();
    drop(left);
    engine.commit(put("e", "1")).await.unwrap();
    let made = answered || body(&*engine, "d").await.is_some();
    let expected: &[&str] = if made { &["d", "e"] } else { &["e"] };
    let expected: Vec<Key> = expected.iter().map(|name| key(name)).collect();
    assert_eq!(one.take(), expected);
}
