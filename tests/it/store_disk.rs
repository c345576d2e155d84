//! The embedded engine when its disk gives out: full, read-only, or with a limit on the size of files.
//! The engine runs in a child process, as in [`crate::store_crash`].

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

use upsell::store::embedded::{EmbeddedEngine, Options};
use upsell::store::engine::{Engine as _, Key, StoreError};

use crate::store_contract::{key, put};
use crate::store_crash::{child, dir_of_child, last, last_key, log_key, numbered, prepare};
use crate::store_embedded::{InDirectory, checkpointing};
use crate::store_faults::unavailable;

/// Larger than what the store needs to open, smaller than what it wants free to go on.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

#[test]
#[ignore = "the child of a_full_disk_stops_writes_and_passes"]
fn child_without_room() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = EmbeddedEngine::open(&dir_of_child(), checkpointing()).unwrap();
        let mut n = 0;
        let why = loop {
            match engine.commit(numbered(0, n)).await {
                Ok(()) => println!("ack 0 {n}"),
                other => break unavailable(other),
            }
            n += 1;
        };
        println!("failed {n} {why}");
        for _ in 0..50 {
            assert_eq!(unavailable(engine.commit(put("small", "x")).await), why);
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
    let plain = child("store_disk::child_without_room", store.path());
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
    assert!(failed.contains("a limit on the size of files"), "{failed}");
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

fn mount(arguments: &[&str], dir: &Path) {
    let output = Command::new("mount").args(arguments).arg(dir).output();
    let output = output.expect("this test needs mount, from util-linux");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "this test must be allowed to mount (root, CAP_SYS_ADMIN): {why}"
    );
}

/// A directory that is mounted over itself, read-only: what is open can still be written to, and no file
/// can be made. Unmounted when dropped.
struct ReadOnly<'a>(&'a Path);

impl<'a> ReadOnly<'a> {
    fn mount(dir: &'a Path) -> Self {
        mount(&["--bind", dir.to_str().unwrap()], dir);
        let mounted = Self(dir);
        mount(&["-o", "remount,bind,ro"], dir);
        mounted
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0).status();
        println!("umount {}: {unmounted:?}", self.0.display());
    }
}

#[tokio::test]
async fn a_read_only_disk_stops_writes_and_passes() {
    let store = InDirectory::new();
    let mut process = child("store_disk::child_without_room", store.path())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap());
    let mut acked = Vec::new();
    // The first one stands behind the name of the test.
    wait_for(&mut lines, "ack ", &mut acked);
    let read_only = ReadOnly::mount(store.path());

    let failed = wait_for(&mut lines, "failed ", &mut acked);
    assert!(failed.contains("is read-only"), "{failed}");
    wait_for(&mut lines, "waiting", &mut acked);
    drop(read_only);
    check_after_recovery(process, lines, acked, store.path()).await;
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
        let mut process = child("store_disk::child_without_room", dir.path())
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
