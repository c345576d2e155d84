//! Headless Chromium, driven over WebDriver (W3C) by chromedriver: JSON over HTTP.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::app::{DEADLINE, eventually};

/// Debian's `chromium` and `chromium-driver`.
const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";

/// It runs as root in a container, and talks to nobody but the test. With the pipe it ends when
/// chromedriver does, however that ends.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1000,800",
];

/// A browser with one tab.
pub(crate) struct Browser {
    // Dropped in this order: the profile is in the directory.
    driver: Child,
    _dir: TempDir,
    http: Client,
    session: String,
}

impl Browser {
    /// Fails where a program is missing: what is skipped is not tested.
    pub(crate) async fn start() -> Self {
        for program in [CHROMIUM, DRIVER] {
            let found = Path::new(program).is_file();
            assert!(
                found,
                "{program} is missing; apt-get install chromium chromium-driver"
            );
        }
        let dir = tempfile::tempdir().unwrap();
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .env("TMPDIR", dir.path())
            .env("HOME", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let said = line.split_once("started successfully on port ");
                if let Some((_, port)) = said {
                    return port.trim_end_matches('.').to_owned();
                }
            }
            panic!("chromedriver ended before it was ready");
        };
        let port = tokio::time::timeout(DEADLINE, port).await.unwrap();
        // A cold start of Chromium beside a build takes long.
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(90));
        let mut browser = Self {
            driver,
            _dir: dir,
            http: http.build().unwrap(),
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let profile = browser._dir.path().join("profile");
        let flags = FLAGS.map(str::to_owned).into_iter();
        let flags: Vec<String> = flags
            .chain([format!("--user-data-dir={}", profile.display())])
            .collect();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": CHROMIUM, "args": flags},
        }}});
        let made = browser.call(Method::POST, "", wanted).await;
        browser.session += &format!("/{}", made["sessionId"].as_str().unwrap());
        browser
    }

    /// Ends Chromium, then chromedriver.
    pub(crate) async fn close(mut self) {
        self.call(Method::DELETE, "", Value::Null).await;
        self.driver.kill().await.unwrap();
    }

    async fn call(&self, method: Method, command: &str, body: Value) -> Value {
        match self.try_call(method, command, body).await {
            Ok(value) => value,
            Err(problem) => panic!("chromedriver, {command}: {problem}"),
        }
    }

    async fn try_call(&self, method: Method, command: &str, body: Value) -> Result<Value, Value> {
        let request = self
            .http
            .request(method, format!("{}{command}", self.session));
        let request = match body {
            Value::Null => request,
            body => request.json(&body),
        };
        let answer = request.send().await.unwrap();
        let is_ok = answer.status().is_success();
        let value = answer.json::<Value>().await.unwrap()["value"].take();
        if is_ok { Ok(value) } else { Err(value) }
    }

    async fn post(&self, command: &str, body: Value) -> Value {
        self.call(Method::POST, command, body).await
    }

    /// Opens an address in the tab and waits until it is loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// The body of a function, run in the page; a promise is awaited.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []}))
            .await
    }

    /// Waits until a script answers something else than nothing, false or an empty text. A page that is
    /// just loading may fail it; the last failure is told.
    pub(crate) async fn until(&self, what: &str, script: &str) -> Value {
        let mut last = Value::Null;
        let found = eventually(what, async || {
            let body = json!({"script": script, "args": []});
            let answer = self.try_call(Method::POST, "/execute/sync", body).await;
            last = answer.clone().unwrap_or_else(|problem| problem);
            answer
                .ok()
                .filter(|value| !matches!(value, Value::Null | Value::Bool(false)) && value != "")
        });
        found.await
    }

    /// A command of the Chrome DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, params: Value) -> Value {
        let body = json!({"cmd": command, "params": params});
        self.post("/goog/cdp/execute", body).await
    }

    /// What the operating system is said to prefer: `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// The size of the window's content.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    /// Minimizes the window: its pages are hidden (Page Visibility).
    pub(crate) async fn hide(&self) {
        self.post("/window/minimize", json!({})).await;
    }

    /// Shows the window again.
    pub(crate) async fn show(&self) {
        self.post("/window/rect", json!({"width": 1000, "height": 800}))
            .await;
    }

    /// What pages wrote to the console since the last call.
    pub(crate) async fn console(&self) -> String {
        let lines = self.post("/se/log", json!({"type": "browser"})).await;
        let lines = lines.as_array().unwrap().iter();
        lines
            .map(|line| {
                format!(
                    "{} {}\n",
                    line["level"].as_str().unwrap(),
                    line["message"].as_str().unwrap()
                )
            })
            .collect()
    }

    /// Keeps a picture of the page where somebody asked for them (`WIDGET_PICTURES=directory`).
    pub(crate) async fn picture(&self, name: &str) {
        use base64::Engine as _;
        let Some(dir) = std::env::var_os("WIDGET_PICTURES") else {
            return;
        };
        let image = self.devtools("Page.captureScreenshot", json!({})).await;
        let image = image["data"].as_str().unwrap();
        let image = base64::engine::general_purpose::STANDARD
            .decode(image)
            .unwrap();
        std::fs::write(Path::new(&dir).join(format!("{name}.png")), image).unwrap();
    }
}
