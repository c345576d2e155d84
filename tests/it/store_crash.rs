//! The embedded engine when its process is killed. The engine runs in a
//! child process: this test binary again, with the test named in [`child`] as its only one.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use upsell::domain::ids::{AccountId, AccountRef, TenantId, V1Id};
use upsell::store::embedded::{EmbeddedEngine, OpenError, Options};
use upsell::store::engine::{Changes, Engine, Key};
use upsell::store::keys;
use uuid::Uuid;

use crate::store_contract::key;
use crate::store_embedded::{InDirectory, checkpointing};

const DIR_VARIABLE: &str = "UPSELL_TEST_STORE_DIR";
const WRITERS: u64 = 8;
/// Large enough that tables are written and compacted during the test, small enough that the
/// journal does not compress it.
const PADDING_BYTES: usize = 4000;

/// The command line that runs one ignored test of this binary.
pub(crate) fn child(test: &str, dir: &Path) -> Command {
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

pub(crate) fn prepare(command: &mut Command, dir: &Path) {
    command
        .env(DIR_VARIABLE, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
}

pub(crate) fn dir_of_child() -> std::path::PathBuf {
    std::env::var_os(DIR_VARIABLE)
        .expect("runs only as a child of another test")
        .into()
}

pub(crate) fn log_key(writer: u64, n: u64) -> Key {
    key(&format!("log/{writer}/{n:012}"))
}

pub(crate) fn last_key(writer: u64, copy: u8) -> Key {
    key(&format!("last/{copy}/{writer}"))
}

/// A change of three keys that belong together.
pub(crate) fn numbered(writer: u64, n: u64) -> Changes {
    let mut body = n.to_string().into_bytes();
    let mut changes = Changes::new();
    changes
        .put(last_key(writer, 1), body.clone())
        .put(last_key(writer, 2), body.clone())
        .put(slot_key(writer), body.clone());
    body.resize(PADDING_BYTES, b' ');
    changes.put(log_key(writer, n), body);
    changes
}

/// A record that the engine keeps in memory, and stores in its journal and pages.
fn slot_key(writer: u64) -> Key {
    keys::meter(AccountRef {
        id: AccountId::Tenant(TenantId::new(Uuid::from_u128(writer.into()))),
        number: V1Id(1000 * u32::try_from(writer).unwrap()),
    })
}

pub(crate) async fn in_slot(engine: &dyn Engine, writer: u64) -> Option<u64> {
    let record = engine.get(&slot_key(writer)).await.unwrap()?;
    Some(String::from_utf8(record.body).unwrap().parse().unwrap())
}

pub(crate) async fn last(engine: &dyn Engine, writer: u64, copy: u8) -> Option<u64> {
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
        let engine = EmbeddedEngine::open(&dir_of_child(), checkpointing()).unwrap();
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
        assert_eq!(
            stored,
            in_slot(&engine, writer).await,
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
