//! Starts of nodes: at the same moment on an empty store, and with keys that are not the store's.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Child;
use upsell::domain::time::Timestamp;
use upsell::keyring::Keyring;

use crate::support::app::{TestApp, upsell};
use crate::support::backing::Backing;
use crate::support::redis::{Program, RedisServer};

/// How a first start ended.
enum Start {
    /// It serves; whether it was the one to fill the store.
    Serves { is_first: bool, _child: Child },
    /// What it said before it gave up.
    Refused(String),
}

fn environment(url: &str, dir: &TempDir) -> Vec<(String, String)> {
    let data = dir.path().join("data");
    let settings = [
        ("UPSELL_STORE", url),
        ("UPSELL_DATA", data.to_str().unwrap()),
        ("UPSELL_LISTEN", "127.0.0.1:0"),
        ("UPSELL_OPS_LISTEN", "127.0.0.1:0"),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

async fn serve(environment: &[(String, String)]) -> Start {
    let mut child = upsell(environment)
        .arg("serve")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut is_first = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        is_first |= line.to_lowercase().contains("client secret");
        if line.starts_with("upsell is ready") {
            return Start::Serves {
                is_first,
                _child: child,
            };
        }
    }
    let mut said = String::new();
    let mut error = child.stderr.take().unwrap();
    error.read_to_string(&mut said).await.unwrap();
    assert!(!child.wait().await.unwrap().success());
    Start::Refused(said)
}

fn with_keys(keys: &Path) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    std::fs::copy(keys, dir.path().join("data/keys.json")).unwrap();
    dir
}

#[tokio::test]
async fn of_two_first_starts_with_the_same_keys_one_fills_the_store_and_both_serve() {
    let keys = tempfile::tempdir().unwrap();
    let keys = keys.path().join("keys.json");
    Keyring::create(&keys, Timestamp::default()).unwrap();
    for round in 0..4 {
        let backing = Backing::start().await;
        let dirs = [with_keys(&keys), with_keys(&keys)];
        let [a, b] = dirs.each_ref().map(|dir| environment(&backing.url(), dir));
        let starts = tokio::join!(serve(&a), serve(&b));
        let firsts = [starts.0, starts.1].map(|start| match start {
            Start::Serves { is_first, .. } => usize::from(is_first),
            Start::Refused(said) => panic!("round {round}: {said}"),
        });
        assert_eq!(firsts.iter().sum::<usize>(), 1, "round {round}: {firsts:?}");
    }
}

#[tokio::test]
async fn of_two_first_starts_with_keys_of_their_own_one_is_refused_with_a_clear_word() {
    for round in 0..4 {
        let backing = Backing::start().await;
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [a, b] = dirs.each_ref().map(|dir| environment(&backing.url(), dir));
        let starts = tokio::join!(serve(&a), serve(&b));
        let starts = [starts.0, starts.1];
        let serving = starts
            .iter()
            .filter(|start| matches!(start, Start::Serves { is_first: true, .. }));
        assert_eq!(serving.count(), 1, "round {round}");
        let refused: Vec<&String> = starts
            .iter()
            .filter_map(|start| match start {
                Start::Refused(said) => Some(said),
                Start::Serves { .. } => None,
            })
            .collect();
        let [said] = refused[..] else {
            panic!("round {round}: both serve");
        };
        assert!(
            said.contains("copy") && said.contains("keys.json") && !said.contains("panicked"),
            "round {round}: {said}"
        );
    }
}

#[tokio::test]
async fn a_node_does_not_start_over_on_servers_that_lost_its_store() {
    let server = RedisServer::start(Program::Redis, &[]).await;
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(&server.url(), &dir);
    let Start::Serves { is_first, _child } = serve(&environment).await else {
        panic!("the first start is refused");
    };
    assert!(is_first);
    drop(_child);
    server.command(&["FLUSHALL"]);
    let Start::Refused(said) = serve(&environment).await else {
        panic!("it starts over");
    };
    assert!(
        said.contains("restore the servers") && said.contains("upsell init"),
        "{said}"
    );
    // Whoever wants that says so.
    std::fs::remove_file(dir.path().join("data/servers")).unwrap();
    assert!(matches!(serve(&environment).await, Start::Serves { .. }));
}

#[tokio::test]
async fn a_node_with_other_keys_or_none_is_refused() {
    let backing = Backing::start().await;
    let url = backing.url();
    let a = TestApp::start(&[("UPSELL_STORE", url.as_str())]).await;
    let others = tempfile::tempdir().unwrap();
    Keyring::create(&others.path().join("keys.json"), Timestamp::default()).unwrap();
    let other = with_keys(&others.path().join("keys.json"));
    let Start::Refused(said) = serve(&environment(&url, &other)).await else {
        panic!("a node with other keys serves");
    };
    assert!(said.contains("are not those of this store"), "{said}");
    let empty = tempfile::tempdir().unwrap();
    let Start::Refused(said) = serve(&environment(&url, &empty)).await else {
        panic!("a node without keys serves");
    };
    assert!(
        said.contains("copy it from the data directory of another node"),
        "{said}"
    );
    // Nothing was made that a later start would take for its own.
    assert!(!empty.path().join("data/keys.json").exists());
    // The first one goes on, and others with its keys come.
    let b = a.another_node().await;
    b.create_customer().await;
    a.create_customer().await;
}
