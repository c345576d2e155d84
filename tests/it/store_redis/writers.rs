//! Writers that count for as long as a test needs, and what they were answered.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use upsell::store::engine::{Changes, CommitError, Engine, Expect, Key, Record, StoreError};

use crate::support::app::eventually;

/// What all writers were answered.
#[derive(Default)]
pub(super) struct Answers {
    calls: AtomicUsize,
    failures: AtomicUsize,
    last_failure: Mutex<String>,
    longest: Mutex<Duration>,
}

impl Answers {
    pub(super) fn failures(&self) -> usize {
        self.failures.load(SeqCst)
    }

    pub(super) fn last_failure(&self) -> String {
        self.last_failure.lock().unwrap().clone()
    }

    /// The call that took longest.
    pub(super) fn longest(&self) -> Duration {
        *self.longest.lock().unwrap()
    }

    /// Notes how a call went that began at this time.
    fn note<T>(&self, begun: Instant, answer: Result<T, StoreError>) -> Option<T> {
        self.calls.fetch_add(1, SeqCst);
        let mut longest = self.longest.lock().unwrap();
        *longest = longest.max(begun.elapsed());
        match answer {
            Ok(value) => Some(value),
            Err(error @ StoreError::Unavailable(_)) => {
                self.failures.fetch_add(1, SeqCst);
                *self.last_failure.lock().unwrap() = error.to_string();
                None
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A writer and its records, which always have the same number.
struct Writer {
    keys: Vec<Key>,
    /// The last number that was acknowledged.
    acknowledged: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

pub(super) struct Writers {
    writers: Vec<Writer>,
    stop: Arc<AtomicBool>,
    pub(super) answers: Arc<Answers>,
}

impl Writers {
    /// One writer for each group of keys; each takes the next of the engines.
    pub(super) fn start(engines: &[Arc<dyn Engine>], groups: Vec<Vec<Key>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answers = Arc::new(Answers::default());
        let writers = groups.into_iter().zip(engines.iter().cycle());
        let writers = writers.map(|(keys, engine)| {
            let acknowledged = Arc::new(AtomicU64::new(0));
            let task = tokio::spawn(write(
                Arc::clone(engine),
                keys.clone(),
                Arc::clone(&acknowledged),
                Arc::clone(&stop),
                Arc::clone(&answers),
            ));
            Writer {
                keys,
                acknowledged,
                task,
            }
        });
        Self {
            writers: writers.collect(),
            stop,
            answers,
        }
    }

    /// Waits until each of them has made changes that began from now on; for how long.
    pub(super) async fn until_all_write(&self) -> Duration {
        let begun = Instant::now();
        let numbers = || self.writers.iter().map(|one| one.acknowledged.load(SeqCst));
        // The next one to be acknowledged may be under way already.
        let wanted: Vec<u64> = numbers().map(|number| number + 2).collect();
        eventually("all writers write", async || {
            self.are_well();
            numbers()
                .zip(&wanted)
                .all(|(has, wanted)| has >= *wanted)
                .then_some(())
        })
        .await;
        begun.elapsed()
    }

    /// Waits until so many more calls have failed.
    pub(super) async fn until_failures(&self, count: usize) {
        let before = self.answers.failures();
        eventually("calls fail", async || {
            self.are_well();
            (self.answers.failures() >= before + count).then_some(())
        })
        .await;
    }

    fn are_well(&self) {
        let ended = self.writers.iter().any(|one| one.task.is_finished());
        assert!(!ended, "a writer has failed");
    }

    /// Stops them; nothing that was acknowledged is lost, and no change is there by half.
    pub(super) async fn stop(self, engine: &dyn Engine) -> Arc<Answers> {
        self.stop.store(true, SeqCst);
        let mut surplus = 0;
        for writer in self.writers {
            writer.task.await.unwrap();
            let found = engine.get_many(&writer.keys).await.unwrap();
            let numbers: Vec<u64> = found.iter().map(|record| number(record.as_ref())).collect();
            assert!(
                numbers.iter().all(|one| *one == numbers[0]),
                "by half: {numbers:?}"
            );
            let acknowledged = writer.acknowledged.load(SeqCst);
            assert!(
                numbers[0] >= acknowledged,
                "{} of {acknowledged} are left",
                numbers[0]
            );
            surplus += numbers[0] - acknowledged;
        }
        println!(
            "{} calls, {} failed, the longest took {:?}; {surplus} changes made without an answer",
            self.answers.calls.load(SeqCst),
            self.answers.failures(),
            self.answers.longest(),
        );
        self.answers
    }
}

fn number(record: Option<&Record>) -> u64 {
    record.map_or(0, |record| {
        String::from_utf8_lossy(&record.body).parse().unwrap()
    })
}

async fn write(
    engine: Arc<dyn Engine>,
    keys: Vec<Key>,
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    answers: Arc<Answers>,
) {
    while !stop.load(SeqCst) {
        let begun = Instant::now();
        let read = engine.get_many(&keys).await;
        let Some(found) = answers.note(begun, read) else {
            continue;
        };
        let next = number(found[0].as_ref()) + 1;
        let mut changes = Changes::new();
        for (key, record) in keys.iter().zip(found) {
            let revision = record.map(|record| Expect::Revision(record.revision));
            changes.expect(key.clone(), revision.unwrap_or(Expect::Absent));
            changes.put(key.clone(), next.to_string().into_bytes());
        }
        let begun = Instant::now();
        let answer = match engine.commit(changes).await {
            Ok(()) => Ok(true),
            // One of its own that got no answer was made in between.
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        };
        if answers.note(begun, answer) == Some(true) {
            acknowledged.store(next, SeqCst);
        }
        tokio::task::yield_now().await;
    }
}
