//! What one node is told of the changes of another, and what it is told where messages may be missing.

mod missed;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use upsell::store::engine::{Engine, Key, Watcher};
use upsell::store::redis::Options;

use super::{cluster, one, open};
use crate::store_contract::{key, put};
use crate::support::app::eventually;
use crate::support::redis::Program;

/// When it was told of which change, and how often of anything.
#[derive(Default)]
pub(super) struct Heard {
    changes: Mutex<HashMap<Key, Instant>>,
    lost: Mutex<Vec<Instant>>,
}

impl Watcher for Heard {
    fn changed(&self, keys: &[&Key]) {
        let mut changes = self.changes.lock().unwrap();
        changes.extend(keys.iter().map(|key| (Key::clone(key), Instant::now())));
    }

    fn lost(&self) {
        self.lost.lock().unwrap().push(Instant::now());
    }
}

impl Heard {
    pub(super) async fn of(engine: &dyn Engine) -> Arc<Self> {
        let heard = Arc::new(Self::default());
        engine.watch(Arc::clone(&heard) as Arc<dyn Watcher>);
        until_current(engine).await;
        heard.lost.lock().unwrap().clear();
        heard
    }

    fn when(&self, key: &Key) -> Option<Instant> {
        self.changes.lock().unwrap().get(key).copied()
    }

    fn losses(&self) -> usize {
        self.lost.lock().unwrap().len()
    }

    pub(super) async fn until(&self, key: &Key) -> Instant {
        eventually("it is told of the change", async || self.when(key)).await
    }

    /// Waits until everything is to be forgotten once more; for how long.
    async fn until_lost(&self) -> Duration {
        let (begun, before) = (Instant::now(), self.losses());
        eventually("everything is to be forgotten", async || {
            (self.losses() > before).then_some(())
        })
        .await;
        begun.elapsed()
    }
}

async fn until_current(engine: &dyn Engine) {
    eventually("it hears of all changes", async || {
        engine.is_current().then_some(())
    })
    .await;
}

/// How long it takes until another node is told of a change, for the slowest but one in a hundred.
async fn told_within(url: &str, options: Options) -> Duration {
    const CHANGES: usize = 300;
    let one = open(url, options.clone()).await;
    let other = open(url, options).await;
    let heard = Heard::of(&other).await;
    let mut took = Vec::with_capacity(CHANGES);
    for number in 0..CHANGES {
        let name = format!("told/{number}");
        one.commit(put(&name, "1")).await.unwrap();
        let made = Instant::now();
        let told = heard.until(&key(&name)).await;
        // It may be told before whoever made the change is.
        took.push(told.saturating_duration_since(made));
    }
    assert_eq!(heard.losses(), 0, "nothing was missed");
    took.sort_unstable();
    let (median, p99) = (took[CHANGES / 2], took[CHANGES * 99 / 100]);
    println!(
        "told after the answer: p50 {median:?}, p99 {p99:?}, at most {:?}",
        took[CHANGES - 1]
    );
    p99
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_is_told_at_once() {
    let on = one(Program::Redis).await;
    assert!(told_within(&on.url, on.options).await < Duration::from_millis(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_of_a_cluster_is_told_at_once() {
    let on = cluster().await;
    assert!(told_within(&on.url, on.options).await < Duration::from_millis(100));
}
