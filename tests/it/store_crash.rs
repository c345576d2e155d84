//! The embedded engine when its process is killed or its disk gives out. The engine runs in a
//! child process: this test binary again, with the test named in [`child`] as its only one.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use upsell::store::embedded::{EmbeddedEngine, OpenError, Options};
use upsell::store::engine::{Changes, CommitError, Engine, Key, StoreError};

use crate::store_contract::{key, put};
use crate::store_embedded::{InDirectory, keeping_few};

const DIR_VARIABLE: &str = "UPSELL_TEST_STORE_DIR";
const WRITERS: u64 = 8;
/// Large enough that tables are written and compacted during the test, small enough that the
/// journal does not compress it.
const PADDING_BYTES: usize = 4000;

/// The command line that runs one ignored test of this binary.
fn child(test: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        test,
        "--exact",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    prepare(&mut command, dir);
    command
}

fn prepare(command: &mut Command, dir: &Path) {
    command
        .env(DIR_VARIABLE, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
}

fn dir_of_child() -> std::path::PathBuf {
    std::env::var_os(DIR_VARIABLE)
        .expect("runs only as a child of another test")
        .into()
}

fn log_key(writer: u64, n: u64) -> Key {
    key(&format!("log/{writer}/{n:012}"))
}

fn last_key(writer: u64, copy: u8) -> Key {
    key(&format!("last/{copy}/{writer}"))
}

/// A change of three keys that belong together.
fn numbered(writer: u64, n: u64) -> Changes {
    let mut body = n.to_string().into_bytes();
    let mut changes = Changes::new();
    changes
        .put(last_key(writer, 1), body.clone())
        .put(last_key(writer, 2), body.clone());
    body.resize(PADDING_BYTES, b' ');
    changes.put(log_key(writer, n), body);
    changes
}

async fn last(engine: &dyn Engine, writer: u64, copy: u8) -> Option<u64> {
    let record = engine.get(&last_key(writer, copy)).await.unwrap()?;
    Some(String::from_utf8(record.body).unwrap().parse().unwrap())
}

#[test]
#[ignore = "the child of kill_9_loses_nothing_acknowledged"]
fn child_that_is_killed() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = EmbeddedEngine::open(&dir_of_child(), keeping_few()).unwrap();
        let engine = Arc::new(engine);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let engine = Arc::clone(&engine);
                tokio::spawn(async move {
                    let first = last(&*engine, writer, 1).await.map_or(0, |n| n + 1);
                    for n in first.. {
                        engine.commit(numbered(writer, n)).await.unwrap();
                        println!("ack {writer} {n}");
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Reads acknowledgements until the child is dead; kills it `after` the first.
fn kill_after_first_ack(mut child: Child, after: Duration, acked: &mut HashMap<u64, u64>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("ack ") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the child ended before its first write"
        );
    }
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    loop {
        // A line without its end was cut by the kill.
        if let Some(ack) = line
            .strip_prefix("ack ")
            .and_then(|line| line.strip_suffix('\n'))
        {
            let (writer, n) = ack.split_once(' ').unwrap();
            acked.insert(writer.parse().unwrap(), n.parse().unwrap());
        }
        line.clear();
        if lines.read_line(&mut line).unwrap() == 0 {
            break;
        }
    }
    killer.join().unwrap();
}

async fn check_nothing_lost(dir: &Path, acked: &HashMap<u64, u64>) {
    let engine = EmbeddedEngine::open(dir, Options::default()).unwrap();
    for writer in 0..WRITERS {
        let stored = last(&engine, writer, 1).await;
        assert_eq!(
            stored,
            last(&engine, writer, 2).await,
            "a change is there in part"
        );
        assert!(
            stored >= acked.get(&writer).copied(),
            "{writer}: {stored:?}, {acked:?}"
        );
        let prefix = key(&format!("log/{writer}/"));
        let mut after: Option<Key> = None;
        let mut expected = 0;
        loop {
            let found = engine.scan(&prefix, after.as_ref(), 1000).await.unwrap();
            for (key, _) in &found {
                assert_eq!(*key, log_key(writer, expected));
                expected += 1;
            }
            let Some((key, _)) = found.into_iter().next_back() else {
                break;
            };
            after = Some(key);
        }
        assert_eq!(
            stored.map_or(0, |n| n + 1),
            expected,
            "a change is there in part"
        );
    }
    engine.close().await.unwrap();
}

#[tokio::test]
async fn kill_9_loses_nothing_acknowledged() {
    let cycles = std::env::var("UPSELL_TEST_KILLS").map_or(10, |n| n.parse().unwrap());
    let store = InDirectory::new();
    let mut acked = HashMap::new();
    for cycle in 0..cycles {
        let process = child("store_crash::child_that_is_killed", store.path())
            .spawn()
            .unwrap();
        let after = Duration::from_micros(u64::from(rand_below(150_000)));
        kill_after_first_ack(process, after, &mut acked);
        check_nothing_lost(store.path(), &acked).await;
        println!("cycle {cycle}: killed after {after:?}, {acked:?}");
    }
    assert!(acked.values().sum::<u64>() > 0);
}

fn rand_below(limit: u32) -> u32 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    u32::from_ne_bytes(bytes) % limit
}

#[tokio::test]
async fn a_second_process_is_told_who_holds_the_store() {
    let store = InDirectory::new();
    let mut holder = child("store_crash::child_that_is_killed", store.path())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("ack ")));
    let error = EmbeddedEngine::open(store.path(), Options::default()).unwrap_err();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
}

/// Larger than what the store needs to open, smaller than what it wants free to go on.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

fn failing_commit(answer: Result<(), CommitError>) -> String {
    match answer {
        Err(CommitError::Store(StoreError::Unavailable(why))) => why,
        other => panic!("not a failure of the store: {other:?}"),
    }
}

#[test]
#[ignore = "the child of a_full_disk_stops_writes_and_passes"]
fn child_without_room() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = EmbeddedEngine::open(&dir_of_child(), keeping_few()).unwrap();
        let mut n = 0;
        let why = loop {
            match engine.commit(numbered(0, n)).await {
                Ok(()) => println!("ack 0 {n}"),
                other => break failing_commit(other),
            }
            n += 1;
        };
        println!("failed {n} {why}");
        for _ in 0..50 {
            assert_eq!(failing_commit(engine.commit(put("small", "x")).await), why);
        }
        assert_eq!(engine.health().await, Err(StoreError::Unavailable(why)));
        assert_eq!(
            last(&engine, 0, 1).await,
            Some(n - 1),
            "reads go on, without the failed"
        );
        println!("waiting");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while engine.health().await.is_err() {
            let health = engine.health().await;
            assert!(
                Instant::now() < deadline,
                "no recovery within 30 s: {health:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for n in n + 1..n + 500 {
            engine.commit(numbered(0, n)).await.unwrap();
            println!("ack 0 {n}");
        }
        assert_eq!(
            (engine.stats().failures(), engine.stats().recoveries()),
            (1, 1)
        );
        let mut keys: Vec<Key> = (0..n + 500).map(|n| log_key(0, n)).collect();
        keys.extend([last_key(0, 1), last_key(0, 2), key("small")]);
        let each = engine.get_each(&keys).await;
        let each: Result<Vec<_>, _> = each.into_iter().collect();
        assert_eq!(each, engine.get_many(&keys).await, "memory and disk");
        println!("done");
    });
}

/// The next line that starts with `word`; acknowledgements on the way are noted.
fn wait_for(lines: &mut BufReader<ChildStdout>, word: &str, acked: &mut Vec<u64>) -> String {
    let mut line = String::new();
    loop {
        line.clear();
        let length = lines.read_line(&mut line).unwrap();
        assert!(length > 0, "the child ended before it said {word:?}");
        if let Some(n) = line.strip_prefix("ack 0 ") {
            acked.push(n.trim().parse().unwrap());
        }
        if line.starts_with(word) {
            return line.trim().to_owned();
        }
    }
}

/// A limit on the size of files, which a shell sets before it becomes the child, stands for the
/// full disk: the kernel refuses the write in the same place. Needs `prlimit` (util-linux).
#[tokio::test]
async fn a_full_disk_stops_writes_and_passes() {
    let store = InDirectory::new();
    let plain = child("store_crash::child_without_room", store.path());
    let mut limited = Command::new("prlimit");
    limited.arg(format!("--fsize={FILE_LIMIT_BYTES}:unlimited"));
    // Without this the kernel ends the process instead of failing the write.
    limited.args(["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    limited.arg(plain.get_program()).args(plain.get_args());
    prepare(&mut limited, store.path());
    let mut process = limited
        .spawn()
        .expect("this test needs prlimit, from util-linux");
    let mut lines = BufReader::new(process.stdout.take().unwrap());
    let mut acked = Vec::new();

    let failed = wait_for(&mut lines, "failed ", &mut acked);
    assert!(failed.contains("the disk is full"), "{failed}");
    wait_for(&mut lines, "waiting", &mut acked);
    let lifted = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &process.id().to_string()])
        .status();
    assert!(lifted.unwrap().success(), "the limit could not be lifted");
    check_after_recovery(process, lines, acked, store.path()).await;
}

async fn check_after_recovery(
    mut process: Child,
    mut lines: BufReader<ChildStdout>,
    mut acked: Vec<u64>,
    dir: &Path,
) {
    writeln!(process.stdin.take().unwrap(), "go").unwrap();
    wait_for(&mut lines, "done", &mut acked);
    assert!(process.wait().unwrap().success());

    let engine = EmbeddedEngine::open(dir, Options::default()).unwrap();
    assert!(acked.len() > 500);
    for n in acked {
        let stored = engine.get(&log_key(0, n)).await.unwrap();
        assert!(stored.is_some(), "{n} was acknowledged");
    }
    let small = engine.get(&key("small")).await;
    assert_eq!(small, Ok(None), "refused, so never written");
}

/// The real thing, for those who may mount: an empty file system of 64 MiB, such as
/// `mount -t tmpfs -o size=64m tmpfs /mnt/small`. With little room the journal hits the end of it,
/// with more room a table does.
#[tokio::test]
#[ignore = "needs UPSELL_TEST_SMALL_DISK, the path of an empty file system of 64 MiB"]
async fn a_small_disk_stops_writes_and_passes() {
    let disk = std::env::var_os("UPSELL_TEST_SMALL_DISK").expect("UPSELL_TEST_SMALL_DISK");
    for room_mib in [6, 24] {
        let dir = tempfile::TempDir::new_in(&disk).unwrap();
        EmbeddedEngine::create(dir.path()).unwrap();
        let ballast = dir.path().join("ballast");
        fill_but(&ballast, room_mib * 1024 * 1024);
        let mut process = child("store_crash::child_without_room", dir.path())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut acked = Vec::new();

        let failed = wait_for(&mut lines, "failed ", &mut acked);
        assert!(failed.contains("the disk is full"), "{failed}");
        wait_for(&mut lines, "waiting", &mut acked);
        std::fs::remove_file(ballast).unwrap();
        check_after_recovery(process, lines, acked, dir.path()).await;
    }
}

/// Fills the file system up to some room.
fn fill_but(ballast: &Path, room_bytes: u64) {
    let mut file = std::fs::File::create(ballast).unwrap();
    let chunk = vec![1; 64 * 1024];
    let mut filled_bytes = 0;
    while file.write_all(&chunk).is_ok() {
        filled_bytes += chunk.len() as u64;
        assert!(filled_bytes < 1 << 30, "this file system is not small");
    }
    file.set_len(filled_bytes - room_bytes).unwrap();
}
