//! A panic ends the request, the group of changes or the run of a task that broke, and nothing else; where nobody contains
//! it, it ends the process.

use std::panic::panic_any;
use std::process::Command;
use std::sync::Arc;

use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use upsell::app::{self, Running};
use upsell::config::{Config, Override, Sources};
use upsell::http::dialect::Dialect;
use upsell::http::endpoint::{Answer, Group, PublicCall, get, post};
use upsell::http::limits::Limits;
use upsell::http::output;
use upsell::panics::{abort_elsewhere, caught};
use upsell::store::engine::{CommitError, Engine as _, Key, StoreError, Watcher};

use crate::store_contract::{key, put};
use crate::store_embedded::InDirectory;
use crate::support::answer::{self, send};
use crate::support::server::{start, within};

#[tokio::test]
async fn a_panic_ends_one_request_of_a_connection() {
    let server = start(Limits::default());
    let mut other = server.connect().await;
    other.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(server.service.entered.acquire())
        .await
        .unwrap()
        .forget();
    let mut client = server.connect().await;
    for place in ["try_cached", "admit", "call", "later"] {
        let broken = client.get(&format!("/panic/{place}")).await;
        assert_eq!((broken.status, &broken.body[..]), (500, &b"it broke"[..]));
        assert!(broken.header("x-request-id").is_some(), "{place}");
        assert_eq!(client.get("/").await.status, 200, "after {place}");
    }
    let twice = client.get("/panic/try_cached?twice").await;
    assert_eq!((twice.status, client.get("/").await.status), (500, 200));
    // What was under way on another connection of the same thread goes on.
    server.service.gate.add_permits(1);
    assert_eq!(other.answer().await.body, b"waited");
    drop((client, other));
    assert_eq!(server.stop().await.requests_cut, 0);
}

/// Where each dialect's path would be, what its errors look like, and what carries its token.
const PATHS: [(Dialect, &str, &str); 6] = [
    (Dialect::Account, "/api/2/broken", "\"error\":{"),
    (Dialect::Token, "/api/2/idp/broken", "\"server_error\""),
    (Dialect::Billing, "/api/advanced-automation/v1/broken", "{"),
    (Dialect::Reseller, "/plan/broken", "{"),
    (Dialect::Partner, "/v1/partners/broken", "{"),
    (
        Dialect::Native,
        "/api/upsell/v1/broken",
        "urn:upsell:problem:internal",
    ),
];

async fn open(call: PublicCall) -> Answer {
    let words = call.request.head.uri.query().unwrap_or_default();
    tokio::task::yield_now().await;
    assert!(words != "now", "a test panics");
    Ok(output::ok(&"whole"))
}

/// A service with paths that break when they are told to.
async fn service(dir: &TempDir) -> Running {
    let sources = Sources {
        flags: vec![
            Override::set("data", dir.path().to_str().unwrap()),
            Override::set("listen", "127.0.0.1:0"),
            Override::set("ops_listen", "127.0.0.1:0"),
            Override::set("public_url", "http://127.0.0.1:8080"),
            Override::set("http_threads", "1"),
        ],
        environment: Vec::new(),
        file: None,
        read_file: &|_| unreachable!("no secret is in a file"),
    };
    let config = Config::load(sources).unwrap().config;
    let mut groups = Vec::from(PATHS.map(|(dialect, path, _)| {
        let open = get(path, "open", "Breaks").public().to(open);
        Group::new(dialect, "Broken", "").with([open])
    }));
    let write = post("/api/upsell/v1/write", "write", "Breaks").any_token();
    let write = write.reads_query("now", Value::Null, "").to(open);
    groups.push(Group::new(Dialect::Native, "Broken", "").with([write]));
    app::start_with(&config, groups).await.unwrap()
}

async fn panics(running: &Running) -> u64 {
    let url = format!("http://{}/metrics", running.ops_listen);
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("upsell_panics_total "));
    line.expect("counted").parse().unwrap()
}

#[tokio::test]
async fn a_panic_is_answered_in_the_dialect_of_the_path_and_counted() {
    let dir = TempDir::new().unwrap();
    let running = service(&dir).await;
    let (http, base) = (Client::new(), format!("http://{}", running.listen));
    let before = panics(&running).await;
    for (_, path, shape) in PATHS {
        let broken = send(path, http.get(format!("{base}{path}?now"))).await;
        let text = broken.expect(500).text();
        assert!(
            text.contains(shape) && !text.contains("a test panics"),
            "{path}: {text}"
        );
        send(path, http.get(format!("{base}{path}")))
            .await
            .expect(200);
    }
    // Other tests of this process may panic meanwhile.
    assert!(panics(&running).await >= before + PATHS.len() as u64);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_write_with_a_key_that_broke_is_carried_out_again() {
    let dir = TempDir::new().unwrap();
    let running = service(&dir).await;
    let (http, base) = (Client::new(), format!("http://{}", running.listen));
    let first = running.first_client.clone().unwrap();
    let token = http.post(format!("{base}/api/2/idp/token"));
    let token = token.basic_auth(first.client_id, Some(&first.client_secret));
    let token = send("token", token.form(&[("grant_type", "client_credentials")])).await;
    let token: Value = token.expect(200).json();
    let token = token["access_token"].as_str().unwrap();
    let write = async |query: &str| -> answer::Answer {
        let request = http.post(format!("{base}/api/upsell/v1/write{query}"));
        let request = request.bearer_auth(token).header("Idempotency-Key", "one");
        send("write", request).await
    };
    for _ in 0..3 {
        write("?now").await.expect(500);
    }
    let request = http.post(format!("{base}/api/upsell/v1/write"));
    let other = request.bearer_auth(token).header("Idempotency-Key", "two");
    send("another key", other).await.expect(200);
    running.stop().await.unwrap();
}

/// Breaks the writer of the store once it is told to.
struct Breaks;

impl Watcher for Breaks {
    fn changed(&self, keys: &[&Key]) {
        if keys.contains(&&key("breaks")) {
            panic_any("a test panics in the writer");
        }
    }

    fn lost(&self) {}
}

#[tokio::test]
async fn a_panic_of_the_stores_writer_ends_writing_and_says_so() {
    let store = InDirectory::new();
    let engine = store.engine();
    engine.commit(put("kept", "1")).await.unwrap();
    engine.watch(Arc::new(Breaks));
    let failed = |answer| match answer {
        Err(CommitError::Store(StoreError::Unavailable(why))) => why,
        other => panic!("not a failure of the store: {other:?}"),
    };
    let many = vec![put("kept", "2"), put("breaks", "1"), put("kept", "3")];
    let answers = within(engine.commit_each(many)).await;
    assert_eq!(answers.into_iter().map(failed).count(), 3);
    let why = failed(within(engine.commit(put("kept", "4"))).await);
    assert!(why.contains("its writer panicked"), "{why}");
    for _ in 0..3 {
        assert_eq!(failed(within(engine.commit(put("kept", "4"))).await), why);
    }
    assert_eq!(
        engine.health().await,
        Err(StoreError::Unavailable(why.clone()))
    );
    // Reads go on, and what memory and disk say is the same.
    let read = engine.get(&key("kept")).await.unwrap().unwrap();
    let stored = engine.get_many(&[key("kept")]).await.unwrap();
    assert_eq!(stored, [Some(read)]);
    assert_eq!(
        within(engine.close()).await,
        Err(StoreError::Unavailable(why))
    );
    let again = store.engine();
    again.commit(put("kept", "5")).await.unwrap();
}

const FATE: &str = "UPSELL_TEST_PANICS";

#[test]
#[ignore = "the child of what_nobody_contains_ends_the_process"]
fn child_that_panics() {
    abort_elsewhere();
    assert!(caught(|| panic!("contained")).is_err());
    println!("went on");
    if std::env::var_os(FATE).is_some() {
        let thread = std::thread::spawn(|| panic!("not contained"));
        println!("joined: {}", thread.join().is_err());
    }
}

#[test]
fn what_nobody_contains_ends_the_process() {
    for (fate, is_whole) in [(None, true), (Some("1"), false)] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([
            "panics::child_that_panics",
            "--exact",
            "--ignored",
            "--nocapture",
        ]);
        child.envs(fate.map(|fate| (FATE, fate)));
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains("went on") && !text.contains("joined"),
            "{text}"
        );
        assert_eq!(output.status.success(), is_whole, "{text}");
    }
}
