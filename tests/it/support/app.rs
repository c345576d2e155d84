//! The service as its operators run it: the real binary in a process of its own, on a directory
//! of its own, reached over its sockets.

use std::ffi::OsString;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) use super::answer::{Answer, send, try_send};
use super::shared_store::Share;
use super::sink::{Sink, sink_settings};

/// Longer than anything here takes, even on a machine that has much else to do.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Between two looks at something that is to become true.
const POLL: Duration = Duration::from_millis(10);

/// Looks until `look` finds something; fails when it has not by the deadline.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "not in {DEADLINE:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// What `upsell init` prints.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct First {
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// A running service.
pub(crate) struct TestApp {
    dir: TempDir,
    share: Option<Share>,
    environment: Vec<(String, String)>,
    child: Child,
    /// `http://address:port` of the public listener.
    pub(crate) base: String,
    /// The same of the operations listener.
    pub(crate) ops: String,
    pub(crate) first: First,
    pub(crate) http: Client,
    pub(crate) token: String,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let log = self.log();
        let from = log.len().saturating_sub(4_000);
        let tail = String::from_utf8_lossy(&log.as_bytes()[from..]);
        println!("--- the end of the service's standard error\n{tail}\n---");
    }
}

impl TestApp {
    /// A fresh service with these settings in its environment.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut environment = vec![
            ("UPSELL_DATA".to_owned(), data_of(&dir)),
            ("UPSELL_LOG_LEVEL".to_owned(), "info".to_owned()),
        ];
        let share = Share::new().await;
        if let Some(share) = &share {
            environment.extend(share.settings());
        }
        let given = settings.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        environment.extend(given);
        let first = init(&environment).await;
        let (child, base, ops) = serve(&dir, &environment, free_ports()).await;
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(DEADLINE)
            .build()
            .unwrap();
        let mut app = Self {
            dir,
            share,
            environment,
            child,
            base,
            ops,
            first,
            http,
            token: String::new(),
        };
        app.token = app.token_of(&app.first).await;
        app
    }

    /// A fresh service that sends its mail to `sink` at once.
    pub(crate) async fn with_sink(sink: &Sink, settings: &[(&str, &str)]) -> Self {
        let port = sink.port();
        let mut all = sink_settings(&port).to_vec();
        all.extend_from_slice(settings);
        Self::start(&all).await
    }

    /// Another node on the same store, with the same keys and settings.
    pub(crate) async fn another_node(&self) -> Self {
        self.another_node_with(&[]).await
    }

    /// The same, with further settings.
    pub(crate) async fn another_node_with(&self, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(data_of(&dir)).unwrap();
        let keys = |data: String| PathBuf::from(data).join("keys.json");
        std::fs::copy(keys(self.data()), keys(data_of(&dir))).unwrap();
        let mut environment = self.environment.clone();
        environment.push(("UPSELL_DATA".to_owned(), data_of(&dir)));
        // Behind one balancer they have one address.
        let has_url = |(name, _): &(String, String)| name == "UPSELL_PUBLIC_URL";
        if !self.environment.iter().any(has_url) {
            environment.push(("UPSELL_PUBLIC_URL".to_owned(), self.base.clone()));
        }
        let given = settings.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        environment.extend(given);
        let (child, base, ops) = serve(&dir, &environment, free_ports()).await;
        Self {
            dir,
            share: self.share.clone(),
            environment,
            child,
            base,
            ops,
            first: self.first.clone(),
            http: self.http.clone(),
            token: self.token.clone(),
        }
    }

    /// Changes a setting for the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// SIGKILL: no chance to finish anything.
    pub(crate) async fn kill9(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// SIGTERM, and how it ended. Fails when it has not in ten seconds.
    pub(crate) async fn sigterm(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.pid())])
            .status()
            .await
            .unwrap();
        assert!(sent.success());
        let status = tokio::time::timeout(Duration::from_secs(15), self.child.wait())
            .await
            .expect("it does not stop")
            .unwrap();
        (status, start.elapsed())
    }

    /// Starts it again on the same data and the same ports, after it was stopped.
    pub(crate) async fn restart(&mut self) {
        let port = |url: &str| url.trim_start_matches("http://").to_owned();
        let ports = (port(&self.base), port(&self.ops));
        let (child, base, ops) = serve(&self.dir, &self.environment, ports).await;
        assert_eq!((&base, &ops), (&self.base, &self.ops));
        self.child = child;
    }

    /// Starts it again on the same data and another port, after it was stopped.
    pub(crate) async fn restart_elsewhere(&mut self) {
        (self.child, self.base, self.ops) = serve(&self.dir, &self.environment, free_ports()).await;
    }

    /// Runs a command on its data directory, while it is stopped; what it prints.
    pub(crate) async fn command(&self, arguments: &[&str]) -> String {
        let mut command = upsell(&self.environment);
        let output = command.args(arguments).output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "upsell {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log_of(&self.dir)).unwrap_or_default()
    }

    /// Where its store is, as the environment says it; nothing for the data directory.
    pub(crate) fn store_settings(&self) -> Vec<(OsString, OsString)> {
        let settings = self.share.iter().flat_map(Share::settings);
        settings
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> String {
        data_of(&self.dir)
    }

    /// All that lies in its data directory and on the servers of its store, as bytes.
    pub(crate) async fn stored_bytes(&self) -> Vec<u8> {
        let mut bytes = match &self.share {
            Some(share) => share.stored_bytes().await,
            None => Vec::new(),
        };
        let mut folders = vec![PathBuf::from(data_of(&self.dir))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    bytes.extend(std::fs::read(path).unwrap());
                }
            }
        }
        bytes
    }

    /// A token of a client.
    pub(crate) async fn token_of(&self, client: &First) -> String {
        let form = [("grant_type", "client_credentials")];
        let request = self
            .http
            .post(format!("{}/api/2/idp/token", self.base))
            .basic_auth(&client.client_id, Some(&client.client_secret))
            .form(&form);
        let answer = send("POST /api/2/idp/token", request).await.expect(200);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A request with the first client's token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let bearer = format!("Bearer {}", self.token);
        self.http
            .request(method, self.url(path))
            .header(AUTHORIZATION, bearer)
    }

    /// A path of this service, or what is a whole URL already.
    pub(crate) fn url(&self, path: &str) -> String {
        if path.starts_with("http://") {
            return path.to_owned();
        }
        format!("{}{path}", self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        send(&format!("GET {path}"), request).await
    }

    /// As somebody in a browser or a mail client does: without a token.
    pub(crate) async fn visit(&self, url: &str) -> Answer {
        send(&format!("GET {url}"), self.http.get(self.url(url))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        let request = self.request(Method::DELETE, path);
        send(&format!("DELETE {path}"), request).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.raw(method, path, "application/json", body.to_string())
            .await
    }

    /// A body of any type and content.
    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let name = format!("{method} {path}");
        let request = self
            .request(method, path)
            .header(CONTENT_TYPE, media_type)
            .body(body);
        send(&name, request).await
    }
}

fn data_of(dir: &TempDir) -> String {
    dir.path().join("data").to_str().unwrap().to_owned()
}

fn log_of(dir: &TempDir) -> PathBuf {
    dir.path().join("stderr.log")
}

/// The program with these settings in its environment, and no others.
pub(crate) fn upsell(environment: &[(String, String)]) -> Command {
    let mut command = Command::new(super::binary::binary());
    command.env_clear().envs(environment.iter().cloned());
    command.kill_on_drop(true);
    command
}

async fn init(environment: &[(String, String)]) -> First {
    let output = upsell(environment)
        .args(["init", "--format", "json"])
        .output()
        .await
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "upsell init: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn free_ports() -> (String, String) {
    ("127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned())
}

/// Starts the service and waits for the line that says where it listens.
async fn serve(
    dir: &TempDir,
    environment: &[(String, String)],
    (listen, ops): (String, String),
) -> (Child, String, String) {
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_of(dir))
        .unwrap();
    let mut child = upsell(environment)
        .arg("serve")
        .env("UPSELL_LISTEN", &listen)
        .env("UPSELL_OPS_LISTEN", &ops)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(found) = addresses(&line) {
                return found;
            }
        }
        let log = std::fs::read_to_string(log_of(dir)).unwrap();
        panic!("upsell serve ended before it was ready:\n{log}");
    };
    let (base, ops) = tokio::time::timeout(DEADLINE, ready)
        .await
        .expect("upsell serve does not get ready");
    (child, base, ops)
}

/// The two addresses of the line that says that the service is ready.
fn addresses(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("upsell is ready: listening on ")?;
    let (base, ops) = rest.split_once(", operations on ")?;
    let address = base.strip_prefix("http://")?;
    let _checked: SocketAddr = address.parse().unwrap();
    Some((base.to_owned(), ops.to_owned()))
}
