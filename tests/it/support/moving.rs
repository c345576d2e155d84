//! What the tests of exports and imports share: records, and the program on a data directory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use upsell::store::embedded::{EmbeddedEngine, Options};
use upsell::store::engine::{Changes, Engine, Key};

use crate::support::accounts::{Tenant, User};
use crate::support::app::{DEADLINE, TestApp};
use crate::support::binary::binary;

pub(crate) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Everything in a store, that an import is under way included.
pub(crate) async fn all(engine: &dyn Engine) -> Records {
    let (mut records, mut after) = (Records::new(), None);
    loop {
        let page = engine.scan(&Key(vec![]), after.as_ref(), 500).await;
        let page = page.unwrap();
        let Some((last, _)) = page.last() else {
            return records;
        };
        after = Some(last.clone());
        records.extend(page.into_iter().map(|(key, record)| (key.0, record.body)));
    }
}

pub(crate) async fn fill(engine: &dyn Engine, records: &Records) {
    let mut changes = Changes::new();
    for (key, body) in records {
        changes.put(Key(key.clone()), body.clone());
    }
    engine.commit(changes).await.unwrap();
}

/// Enough for three chunks, over several families, and none that the service knows.
pub(crate) fn three_chunks() -> Records {
    let record = |n: u8| (vec![250 + n / 8, n], vec![n; 130 * 1024]);
    (0..20).map(record).collect()
}

/// How one run ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.err);
        self
    }

    /// Fails, and says so in one line with these words.
    #[track_caller]
    pub(crate) fn fails(self, words: &[&str]) {
        assert_eq!(self.code, 1, "{}", self.err);
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
    }
}

pub(crate) fn upsell(data: &Path, arguments: &[&str]) -> Run {
    let mut child = command(data, arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (out, err) = (read(out), read(err));
    // A service that should have refused its store would run for ever.
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() < DEADLINE => std::thread::sleep(Duration::from_millis(5)),
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("upsell {arguments:?} runs on");
            }
        }
    };
    Run {
        code: status.code().unwrap(),
        out: out.join().unwrap(),
        err: String::from_utf8(err.join().unwrap()).unwrap(),
    }
}

fn read(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

pub(crate) fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env("UPSELL_DATA", data)
        .env("UPSELL_LISTEN", "127.0.0.1:0")
        .env("UPSELL_OPS_LISTEN", "127.0.0.1:0");
    command
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A directory with nothing in it but the keys of another.
pub(crate) fn with_keys_of(data: &Path, name: PathBuf) -> PathBuf {
    fs::create_dir(&name).unwrap();
    fs::copy(data.join("keys.json"), name.join("keys.json")).unwrap();
    name
}

pub(crate) async fn records_of(data: &Path) -> Records {
    let engine = EmbeddedEngine::open(data, Options::default()).unwrap();
    let records = all(&engine).await;
    engine.close().await.unwrap();
    records
}

/// A stopped deployment with more than a few chunks, and an export of it.
pub(crate) struct Moved {
    pub(crate) dir: TempDir,
    pub(crate) data: PathBuf,
    pub(crate) file: PathBuf,
}

impl Moved {
    pub(crate) async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let data = dir.path().join("data");
        upsell(&data, &["init"]).done();
        let engine = EmbeddedEngine::open(&data, Options::default()).unwrap();
        fill(&engine, &three_chunks()).await;
        engine.close().await.unwrap();
        let file = dir.path().join("export");
        upsell(&data, &["export", text(&file)]).done();
        Self { dir, data, file }
    }

    /// A data directory that an import may go to.
    pub(crate) fn target(&self, name: &str) -> PathBuf {
        with_keys_of(&self.data, self.dir.path().join(name))
    }
}

/// What a caller sees of a deployment.
pub(crate) async fn seen(app: &TestApp, tenant: &Tenant, users: &[&User]) -> Vec<Value> {
    let mut paths = vec![
        format!("/api/2/tenants/{}", tenant.id),
        format!("/api/2/tenants/{}/brand", tenant.id),
        format!("/api/2/tenants/{}/offering_items", tenant.id),
        format!("/api/2/tenants/{}/usages", tenant.id),
        format!("/api/2/clients/{}", app.first.client_id),
        "/api/upsell/v1/emails?state=queued".to_owned(),
        format!("/api/upsell/v1/audit?tenant_id={}", app.first.tenant_id),
    ];
    for user in users {
        paths.push(format!("/api/2/users/{}", user.id));
        paths.push(format!("/api/upsell/v1/users/{}/alerts", user.id));
        paths.push(format!("/api/upsell/v1/users/{}/explain", user.id));
    }
    let mut seen = Vec::new();
    for path in paths {
        let answer = app.get(&path).await.expect(200);
        let tag = answer.header("etag").to_owned();
        let mut json = answer.json();
        forget_the_moment(&mut json);
        seen.push(serde_json::json!([path, tag, json]));
    }
    seen
}

/// Links and the time of an answer are of their moment.
fn forget_the_moment(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("/r/") => *text = "a link".to_owned(),
        Value::Array(items) => items.iter_mut().for_each(forget_the_moment),
        Value::Object(fields) => {
            fields.remove("generated_at");
            fields.values_mut().for_each(forget_the_moment);
        }
        _ => {}
    }
}
