//! The embedded engine: the contract, and its own promises about directories and grouping.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use upsell::store::embedded::{EmbeddedEngine, OpenError, Options};
use upsell::store::engine::{BoxFuture, Changes, CommitError, Engine, Expect, Key, StoreError};
use upsell::store::limits::{MAX_CHANGE_WRITES, MAX_SCAN_RECORDS, MAX_VALUE_BYTES};

use crate::store_contract::{Factory, contract_suite, key, put};

/// Stores its pages all the time.
pub(crate) fn checkpointing() -> Options {
    Options {
        checkpoint_start_bytes: 1000,
        ..Options::default()
    }
}

/// A store in a directory that is removed at the end.
pub(crate) struct InDirectory(TempDir, Options);

impl InDirectory {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let dir = TempDir::new().unwrap();
        EmbeddedEngine::create(dir.path()).unwrap();
        Self(dir, options)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn engine(&self) -> EmbeddedEngine {
        EmbeddedEngine::open(self.path(), self.1.clone()).unwrap()
    }
}

impl Factory for InDirectory {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Engine>> {
        Box::pin(async { Arc::new(self.engine()) as Arc<dyn Engine> })
    }
}

contract_suite!(InDirectory::with(checkpointing()));

/// All files under `dir` with their bytes.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn create_leaves_an_existing_store_as_it_is() {
    let store = InDirectory::new();
    let before = files(store.path());
    let again = EmbeddedEngine::create(store.path());
    assert!(
        matches!(again, Err(OpenError::AlreadyExists { .. })),
        "{again:?}"
    );
    assert!(files(store.path()) == before);
    assert_eq!(std::fs::read_dir(store.path()).unwrap().count(), 1);
}

#[test]
fn only_the_owner_enters_the_store() {
    let store = InDirectory::new();
    let mode = std::fs::metadata(store.path().join("store"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn opening_an_empty_directory_says_how_to_make_a_store_and_makes_none() {
    let dir = TempDir::new().unwrap();
    let error = EmbeddedEngine::open(dir.path(), Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::NotInitialised { .. }));
    assert!(error.to_string().contains("upsell init"), "{error}");
    assert!(files(dir.path()).is_empty());
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    let store = InDirectory::new();
    std::fs::write(store.path().join("store/FORMAT"), "upsell-embedded 7\n").unwrap();
    let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::NewerFormat {
                found: 7,
                supported: 2,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains('7') && error.to_string().contains('2'));
}

#[test]
fn damage_is_named() {
    for bad in [
        "",
        "upsell-embedded",
        "upsell-embedded x",
        "sqlite 1",
        "upsell-embedded 0",
    ] {
        let store = InDirectory::new();
        std::fs::write(store.path().join("store/FORMAT"), bad).unwrap();
        let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{bad:?}: {error:?}"
        );
    }
    let store = InDirectory::new();
    std::fs::remove_file(store.path().join("store/FORMAT")).unwrap();
    let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    std::fs::write(store.path().join("store/FORMAT"), "upsell-embedded 2\n").unwrap();
    std::fs::write(store.path().join("store/version"), "nonsense").unwrap();
    let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_in_use_is_locked_until_it_is_closed() {
    let store = InDirectory::new();
    let engine = store.engine();
    let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    let expected = format!("another upsell process uses {}", store.path().display());
    assert!(error.to_string().starts_with(&expected), "{error}");
    engine.close().await.unwrap();
    // The closed engine is still alive: closing alone gives the files back.
    let second = store.engine();
    drop(second);
    drop(store.engine());
}

#[tokio::test]
async fn sizes_are_bounded() {
    let store = InDirectory::new();
    let engine = store.engine();
    let mut largest = Changes::new();
    largest.put(key("a"), vec![7; MAX_VALUE_BYTES]);
    engine.commit(largest).await.unwrap();
    let mut too_large = Changes::new();
    too_large.put(key("a"), vec![7; MAX_VALUE_BYTES + 1]);
    let mut too_many = Changes::new();
    for _ in 0..=MAX_CHANGE_WRITES {
        too_many.delete(key("a"));
    }
    let mut too_much = Changes::new();
    for _ in 0..5 {
        too_much.put(key("a"), vec![7; MAX_VALUE_BYTES]);
    }
    for changes in [too_large, too_many, too_much] {
        let refused = engine.commit(changes).await;
        assert!(
            matches!(refused, Err(CommitError::Store(StoreError::Refused(_)))),
            "{refused:?}"
        );
    }
    let refused = engine.scan(&key("a"), None, MAX_SCAN_RECORDS + 1).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(
        engine.get(&key("a")).await.unwrap().unwrap().body.len(),
        MAX_VALUE_BYTES
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_wait_together_share_an_fsync() {
    const TASKS: u64 = 64;
    const COMMITS: u64 = 20;
    let store = InDirectory::new();
    let engine = Arc::new(store.engine());
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                for n in 0..COMMITS {
                    engine
                        .commit(put(&format!("{task}/{n}"), "x"))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let stats = engine.stats();
    assert_eq!(stats.commits(), TASKS * COMMITS);
    assert!(stats.groups() < TASKS * COMMITS / 4, "{stats:?}");
    assert_eq!((stats.conflicts(), stats.failures()), (0, 0));
    let found = engine.scan(&Key(vec![]), None, 10_000).await.unwrap();
    assert_eq!(found.len(), usize::try_from(TASKS * COMMITS).unwrap());
}

#[tokio::test]
async fn a_conflict_in_a_group_hurts_only_its_own_change() {
    let store = InDirectory::new();
    let engine = store.engine();
    engine.commit(put("taken", "1")).await.unwrap();
    // All are queued before the writer's answers are awaited, so most share a group.
    let changes = (0..40).map(|n| {
        let name = if n % 2 == 0 {
            format!("free {n}")
        } else {
            "taken".to_owned()
        };
        let mut changes = put(&name, "2");
        changes.expect(key(&name), Expect::Absent);
        engine.commit(changes)
    });
    let answers = futures_util::future::join_all(changes).await;
    for (n, answer) in answers.into_iter().enumerate() {
        let expected = if n % 2 == 0 {
            Ok(())
        } else {
            Err(CommitError::Conflict(key("taken")))
        };
        assert_eq!(answer, expected);
    }
    assert_eq!(engine.stats().conflicts(), 20);
    assert_eq!(
        engine.scan(&key("free "), None, 100).await.unwrap().len(),
        20
    );
}

#[tokio::test]
async fn within_a_group_a_change_sees_those_before_it() {
    let store = InDirectory::new();
    let engine = store.engine();
    let mut create = put("a", "1");
    create.expect(key("a"), Expect::Absent);
    let attempts = (0..50).map(|_| engine.commit(create.clone()));
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_full_queue_is_an_overload_after_a_while() {
    let store = InDirectory::new();
    let options = Options {
        max_queued_changes: 1,
        queue_wait: Duration::from_nanos(1),
        ..Options::default()
    };
    let engine = EmbeddedEngine::open(store.path(), options).unwrap();
    let attempts = (0..50).map(|n| engine.commit(put(&n.to_string(), "x")));
    let answers = futures_util::future::join_all(attempts).await;
    let acknowledged = answers.iter().filter(|answer| answer.is_ok()).count();
    let overloaded = answers.iter().filter(|answer| {
        matches!(answer, Err(CommitError::Store(StoreError::Unavailable(why)))
            if why.starts_with("overloaded"))
    });
    let overloaded = overloaded.count();
    assert!(
        acknowledged >= 1 && overloaded >= 1,
        "{acknowledged} + {overloaded}"
    );
    assert_eq!(acknowledged + overloaded, 50);
    assert_eq!(
        engine.scan(&Key(vec![]), None, 100).await.unwrap().len(),
        acknowledged
    );
    assert_eq!(engine.stats().overloads(), overloaded as u64);
}

#[tokio::test]
async fn dropping_the_engine_makes_what_waits() {
    let store = InDirectory::new();
    let engine = store.engine();
    {
        let queued = engine.commit(put("a", "1"));
        // One poll puts the change into the queue; nobody waits for its answer.
        assert!(futures_util::FutureExt::now_or_never(queued).is_none());
    }
    drop(engine);
    assert!(store.engine().get(&key("a")).await.unwrap().is_some());
}

/// A store with two commits, whose journal is then changed: the function gets it without the
/// zeros at its end.
async fn with_journal(change: impl FnOnce(&mut Vec<u8>)) -> InDirectory {
    let store = InDirectory::new();
    let engine = store.engine();
    engine.commit(put("first", "1")).await.unwrap();
    engine
        .commit(put("second", &"2".repeat(200)))
        .await
        .unwrap();
    engine.close().await.unwrap();
    let path = store.path().join("store/0.jnl");
    let mut journal = std::fs::read(&path).unwrap();
    let end = journal.iter().rposition(|byte| *byte != 0).unwrap();
    journal.truncate(end + 1);
    change(&mut journal);
    std::fs::write(&path, journal).unwrap();
    store
}

#[tokio::test]
async fn an_unfinished_write_is_as_if_it_had_not_begun() {
    for missing in [1, 30, 150, 250] {
        let store = with_journal(|journal| journal.truncate(journal.len() - missing)).await;
        let engine = store.engine();
        assert!(engine.get(&key("first")).await.unwrap().is_some());
        assert_eq!(engine.get(&key("second")).await, Ok(None), "{missing}");
        engine.commit(put("third", "3")).await.unwrap();
        drop(engine);
        assert!(store.engine().get(&key("third")).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_changed_byte_in_a_stored_value_is_damage() {
    let changed = with_journal(|journal| {
        let place = journal.len() - 60;
        journal[place] ^= 1;
    });
    let store = changed.await;
    let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    let words = error.to_string();
    assert!(
        words.contains("ChecksumMismatch") && words.contains("backup"),
        "{words}"
    );
}
