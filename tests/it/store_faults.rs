//! The embedded engine and the service on a disk of which one write or one fsync fails (`faults/disk.c`, preloaded). What
//! was acknowledged after it is there after a crash in which the disk has lost what the failed fsync did not bring to it.
//!
//! Every run tries some of the first 200 writes and fsyncs; `UPSELL_TEST_FAULTS=200 cargo test --test it store_faults`
//! tries each.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use upsell::store::embedded::{EmbeddedEngine, Options};
use upsell::store::engine::{CommitError, Engine as _, StoreError};

use crate::store_crash::{child, dir_of_child, in_slot, last, log_key, numbered};
use crate::store_embedded::{InDirectory, checkpointing};
use crate::support::accounts::PLAIN;
use crate::support::app::{TestApp, eventually};

/// The last write and the last fsync that is made to fail.
const LAST: u64 = 200;

/// Failures of each kind that a run tries, unless it is told otherwise: they lie evenly.
const TRIED: u64 = 10;

/// Commits that the child wants to see acknowledged after it could write again.
const AFTERWARDS: u64 = 20;

/// More than it takes to come to the last of both.
const MAX_COMMITS: u64 = 600;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// The library, built once; whoever builds Rust has a C compiler.
static LIBRARY: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    let library = dir.path().join("disk.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/disk.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .status();
    assert!(built.unwrap().success(), "cc failed");
    (dir, library)
});

/// A failure, and where it is noted what the disk lost by it.
struct Fault {
    what: &'static str,
    at: u64,
    errno: i32,
    lost: TempDir,
}

impl Fault {
    fn new(what: &'static str, at: u64, errno: i32) -> Self {
        let lost = TempDir::new().unwrap();
        Self {
            what,
            at,
            errno,
            lost,
        }
    }

    fn log(&self) -> PathBuf {
        self.lost.path().join("lost")
    }

    /// For a process whose files in `dir` are meant.
    fn environment(&self, dir: &str) -> [(&'static str, String); 6] {
        [
            ("LD_PRELOAD", LIBRARY.1.display().to_string()),
            ("FAULT", self.what.to_owned()),
            ("FAULT_AT", self.at.to_string()),
            ("FAULT_ERRNO", self.errno.to_string()),
            ("FAULT_DIR", dir.to_owned()),
            ("FAULT_LOG", self.log().display().to_string()),
        ]
    }

    /// The crash of a machine: what a failed fsync left in memory alone is gone.
    fn crash(&self) {
        let Ok(lost) = fs::read_to_string(self.log()) else {
            return;
        };
        for line in lost.lines() {
            let mut words = line.rsplitn(3, ' ');
            let mut number = || words.next().unwrap().parse::<u64>().unwrap();
            let (to, from) = (number(), number());
            let path = words.next().unwrap();
            // It may be of a file that was removed since.
            if let Ok(file) = fs::OpenOptions::new().write(true).open(path) {
                let zeros = vec![0; usize::try_from(to - from).unwrap()];
                file.write_all_at(&zeros, from).unwrap();
            }
        }
    }
}

pub(crate) fn unavailable(answer: Result<(), CommitError>) -> String {
    match answer {
        Err(CommitError::Store(StoreError::Unavailable(why))) => why,
        other => panic!("not a failure of the store: {other:?}"),
    }
}

#[test]
#[ignore = "the child of no_failure_of_the_disk_loses_what_was_acknowledged"]
fn child_on_a_bad_disk() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = match EmbeddedEngine::open(&dir_of_child(), checkpointing()) {
            Ok(engine) => engine,
            Err(error) => {
                println!("closed {error}");
                return;
            }
        };
        let (mut acked_after, mut failure) = (0, None);
        for n in 0..MAX_COMMITS {
            match engine.commit(numbered(0, n)).await {
                Ok(()) => {
                    println!("ack {n}");
                    acked_after += u64::from(failure.is_some());
                }
                other => {
                    let why = unavailable(other);
                    println!("failed {n} {why}");
                    if !until_it_writes_again(&engine, &why).await {
                        break;
                    }
                    failure = Some(why);
                }
            }
            if acked_after == AFTERWARDS {
                break;
            }
        }
        // As a crash: nothing is closed.
        std::process::exit(0);
    });
}

/// Whether the failure passes; one that does not is told to everybody from then on.
async fn until_it_writes_again(engine: &EmbeddedEngine, why: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    if !why.contains("by themselves") {
        for n in 0..10 {
            assert_eq!(unavailable(engine.commit(numbered(1, n)).await), why);
        }
        let health = engine.health().await;
        assert_eq!(health, Err(StoreError::Unavailable(why.to_owned())));
        return false;
    }
    while let Err(health) = engine.health().await {
        assert!(Instant::now() < deadline, "no recovery: {health}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// What became of the failure.
#[derive(Debug, Default)]
struct Met {
    closed: u64,
    failed: u64,
    passed: u64,
    unseen: u64,
}

async fn try_one(fault: &Fault, met: &mut Met) {
    let store = InDirectory::new();
    let dir = store.path().display().to_string();
    let output = child("store_faults::child_on_a_bad_disk", store.path())
        .envs(fault.environment(&dir))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let name = format!("{} {} errno {}", fault.what, fault.at, fault.errno);
    assert!(output.status.success(), "{name}: {text}");
    fault.crash();
    let engine = EmbeddedEngine::open(store.path(), Options::default())
        .unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    // The first one stands behind the name of the test.
    let words = |word: &str| -> Vec<String> {
        let found = text.lines().filter_map(|line| line.split_once(word));
        found.map(|(_, rest)| rest.trim().to_owned()).collect()
    };
    let acked: Vec<u64> = words("ack ").iter().map(|n| n.parse().unwrap()).collect();
    for n in &acked {
        let stored = engine.get(&log_key(0, *n)).await.unwrap();
        assert!(stored.is_some(), "{name}: {n} was acknowledged\n{text}");
    }
    let newest = last(&engine, 0, 1).await;
    assert!(
        newest >= acked.last().copied(),
        "{name}: {newest:?}\n{text}"
    );
    let others = [last(&engine, 0, 2).await, in_slot(&engine, 0).await];
    assert_eq!(
        others, [newest; 2],
        "{name}: a change is there in part\n{text}"
    );
    assert_eq!(last(&engine, 1, 1).await, None, "{name}: refused\n{text}");
    engine.commit(numbered(2, 0)).await.unwrap();
    match words("failed ").first() {
        _ if !words("closed ").is_empty() => met.closed += 1,
        None => met.unseen += 1,
        Some(why) if why.contains("by themselves") => met.passed += 1,
        Some(_) => met.failed += 1,
    }
}

#[tokio::test]
async fn no_failure_of_the_disk_loses_what_was_acknowledged() {
    let tried = std::env::var("UPSELL_TEST_FAULTS").map_or(TRIED, |n| n.parse().unwrap());
    for (what, errno) in [
        ("fsync", EIO),
        ("fsync", ENOSPC),
        ("write", EIO),
        ("write", ENOSPC),
    ] {
        let mut met = Met::default();
        for step in 0..tried {
            let at = 1 + step * (LAST - 1) / tried.saturating_sub(1).max(1);
            try_one(&Fault::new(what, at, errno), &mut met).await;
        }
        println!("{what}, errno {errno}: {met:?}");
        assert!(met.failed + met.passed > 0, "{what}: {met:?}");
    }
}

#[tokio::test]
async fn the_service_says_what_is_wrong_with_the_disk_and_loses_nothing() {
    let mut app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    app.kill9().await;
    let fault = Fault::new("fsync", 40, EIO);
    for (name, value) in fault.environment(&app.data()) {
        app.set(name, &value);
    }
    app.restart().await;
    let mut acknowledged = Vec::new();
    let refused = eventually("a refused write", async || {
        let (form, _) = TestApp::user_form(&tenant);
        let answer = app.post("/api/2/users", &form).await;
        if answer.status != 200 {
            return Some(answer);
        }
        acknowledged.push(answer.json()["id"].as_str().unwrap().to_owned());
        None
    });
    assert_eq!(refused.await.status, 503);
    let ready = app.visit(&format!("{}/readyz", app.ops)).await.expect(503);
    let why = ready.text();
    assert!(why.contains("writing to disk failed"), "{why}");
    app.get(&format!("/api/2/tenants/{}", tenant.id))
        .await
        .expect(200);
    app.kill9().await;
    fault.crash();
    app.set("LD_PRELOAD", "");
    app.restart().await;
    assert!(!acknowledged.is_empty());
    for id in acknowledged {
        app.get(&format!("/api/2/users/{id}")).await.expect(200);
    }
    app.create_user(&tenant, PLAIN).await;
}
