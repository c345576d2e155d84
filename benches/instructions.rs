//! Instructions of a request, counted by callgrind: `cargo bench --profile perf --bench instructions`.
//!
//! Wall time wanders on a shared machine; instruction counts do not. The service runs in this
//! process with one HTTP thread and gets the same request many times on one connection. Each path
//! is counted twice, with few and with many requests; the difference leaves out the start, the stop
//! and the set-up. The counts of each commit are kept under the target directory, and held against those of the last
//! commit before that was counted; with changes that are not committed, of HEAD. A rise over 1 % is marked. `cargo test`
//! runs each path a few times without callgrind, so that none rots.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot be set up is to fail loudly"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use upsell::app::{self, Running, data};
use upsell::config::{Config, Override, Sources};
use upsell::usecases::initialize::FirstClient;

/// Says to a child of this program which path to take, how often, and with what.
const CHILD: &str = "UPSELL_INSTRUCTIONS_CHILD";
const WARM_UP: usize = 50;
const RECORDS: usize = 100;

/// A request that is counted.
struct Measured {
    name: &'static str,
    /// Requests of the shorter and of the longer run.
    counts: [usize; 2],
    /// Sent in turn.
    requests: Vec<String>,
}

fn main() {
    if let Ok(order) = std::env::var(CHILD) {
        let (dir, count) = order.split_once(':').unwrap();
        return child(Path::new(dir), count.parse().unwrap());
    }
    let work = tempfile::tempdir().unwrap();
    let paths = set_up(work.path());
    if !std::env::args().any(|arg| arg == "--bench") {
        for path in &paths {
            prepare(work.path(), path);
            child(work.path(), 3);
        }
        return;
    }
    let (here, before) = (commit(), last_counted());
    let (name, counts) = before.unwrap_or_else(|| ("nothing".to_owned(), String::new()));
    println!("instructions of a request: {here}, against {name}");
    println!("{:<14} {:>10} {:>10}", "", "now", "before");
    let mut now = String::new();
    for path in &paths {
        prepare(work.path(), path);
        let [few, many] = path.counts.map(|count| counted(work.path(), count));
        let requests = u64::try_from(path.counts[1] - path.counts[0]).unwrap();
        let each = (many - few) / requests;
        let was = counts.lines().find_map(|line| {
            let (count, name) = line.split_once(' ')?;
            (name == path.name).then(|| count.parse::<u64>().ok())?
        });
        let shown = was.map_or_else(|| format!("{:>10}", "-"), |was| change(was, each));
        println!("{:<14} {each:>10} {shown}", path.name);
        now.push_str(&format!("{each} {}\n", path.name));
    }
    fs::create_dir_all(counted_at("")).unwrap();
    fs::write(counted_at(&here), now).unwrap();
}

/// What was counted before, and by how much that has changed.
fn change(was: u64, each: u64) -> String {
    let was = was.max(1);
    let percent = (each as f64 / was as f64 - 1.0) * 100.0;
    let mark = if percent > 1.0 { "  <- risen" } else { "" };
    format!("{was:>10} {percent:>+8.2} %{mark}")
}

/// Where the counts of a commit are.
fn counted_at(commit: &str) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap().join("instructions").join(commit)
}

fn git(args: &[&str]) -> String {
    let output = Command::new("git").args(args).output();
    let output = output.expect("git does not start");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The commit, and whether there are changes on top of it.
fn commit() -> String {
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).trim().to_owned();
    let is_clean = git(&["status", "--porcelain", "--untracked-files=no"]).is_empty();
    let changed = if is_clean { "" } else { "-changed" };
    format!("{commit}{changed}")
}

/// The last commit whose counts there are, and those.
fn last_counted() -> Option<(String, String)> {
    let here = commit();
    let commits = git(&["rev-list", "--abbrev-commit", "--abbrev=12", "HEAD"]);
    let mut before = commits.lines().filter(|commit| *commit != here);
    before.find_map(|commit| {
        let counts = fs::read_to_string(counted_at(commit)).ok()?;
        Some((commit.to_owned(), counts))
    })
}

/// Instructions of a child that sends `count` requests.
fn counted(work: &Path, count: usize) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, format!("{}:{count}", work.display()))
        .output()
        .expect("valgrind does not start; on Debian: apt-get install valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let total = text
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    total
        .expect("callgrind says no total")
        .1
        .trim()
        .parse()
        .unwrap()
}

fn prepare(work: &Path, path: &Measured) {
    fs::write(work.join("requests.json"), json!(path.requests).to_string()).unwrap();
}

/// Starts the service on the data, sends the requests, and stops it.
fn child(work: &Path, count: usize) {
    let requests = fs::read_to_string(work.join("requests.json")).unwrap();
    let requests: Vec<String> = serde_json::from_str(&requests).unwrap();
    let runtime = runtime();
    let running = runtime.block_on(start(work));
    let mut connection = BufReader::new(TcpStream::connect(running.listen).unwrap());
    connection.get_ref().set_nodelay(true).unwrap();
    for request in requests.iter().cycle().take(WARM_UP + count) {
        exchange(&mut connection, request);
    }
    drop(connection);
    runtime.block_on(running.stop()).unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

async fn start(work: &Path) -> Running {
    app::start(&config(work)).await.unwrap()
}

fn config(work: &Path) -> Config {
    let sources = Sources {
        flags: vec![
            Override::set("data", work.join("data").to_str().unwrap()),
            Override::set("listen", "127.0.0.1:0"),
            Override::set("ops_listen", "127.0.0.1:0"),
            Override::set("public_url", "http://127.0.0.1:8080"),
            Override::set("http_threads", "1"),
        ],
        environment: Vec::new(),
        file: None,
        read_file: &|_| unreachable!("no secret is in a file"),
    };
    Config::load(sources).unwrap().config
}

/// Sends a request and reads its whole answer.
fn exchange(connection: &mut BufReader<TcpStream>, request: &str) {
    connection.get_mut().write_all(request.as_bytes()).unwrap();
    let (mut line, mut length, mut first) = (String::new(), 0, true);
    loop {
        line.clear();
        connection.read_line(&mut line).unwrap();
        if first {
            let status = line.split(' ').nth(1);
            assert!(matches!(status, Some("200" | "302")), "{line} to {request}");
            first = false;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
}

/// A customer with a brand, a buyer and a full quota; and the requests to count.
fn set_up(work: &Path) -> Vec<Measured> {
    runtime().block_on(async {
        let place = data::Place::of(&config(work));
        let first = data::init(&place, app::system_clock()).await.unwrap();
        let running = start(work).await;
        let paths = fill(&running, &first).await;
        running.stop().await.unwrap();
        paths
    })
}

/// Callers as the first client, and the value of their `authorization`.
async fn log_in(running: &Running, first: &FirstClient) -> (Api, String) {
    let base = format!("http://{}", running.listen);
    let answer = Client::new()
        .post(format!("{base}/api/2/idp/token"))
        .basic_auth(first.client_id, Some(&first.client_secret))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    let headers = HeaderMap::from_iter([(
        http::header::AUTHORIZATION,
        HeaderValue::from_str(&bearer).unwrap(),
    )]);
    let client = Client::builder().default_headers(headers).build().unwrap();
    (Api { client, base }, bearer)
}

async fn fill(running: &Running, first: &FirstClient) -> Vec<Measured> {
    let (api, bearer) = log_in(running, first).await;
    let (customer, user) = buyer(&api, &first.tenant_id.to_string()).await;
    let report = |value: u64| {
        let record = json!({"tenant_id": customer, "item": "storage_size", "value": value});
        let mut records = vec![record; RECORDS];
        let full = json!({"tenant_id": customer, "item": "storage_size", "value": 1_100});
        records.push(full);
        Value::Array(records)
    };
    api.call(Method::POST, "/api/upsell/v1/usages", report(1_000))
        .await;
    let alerts = format!("/api/upsell/v1/users/{user}/alerts");
    let shown = api.call(Method::GET, &alerts, Value::Null).await;
    let href = shown["items"][0]["proposal"]["href"].as_str().unwrap();
    let token = href.split("/r/").nth(1).unwrap();
    let bearer = format!("authorization: {bearer}\r\n");
    let post = |target: &str, body: &Value| post(target, &bearer, body);
    let single = |value: u64| {
        let record = json!({"tenant_id": customer, "item": "storage_size", "value": value});
        post("/api/upsell/v1/usages", &json!([record]))
    };
    let report = |value| post("/api/upsell/v1/usages", &report(value));
    let line = |scope: &str, item: &str| json!({"scope": scope, "item": item, "usage": 1_042, "quota": 1_000});
    let mail = json!({
        "what": "mail", "company_admin": true, "buyer": true, "branding": true, "tenant_id": customer,
        "buy_url": "https://shop.example.com/buy",
        "items": [line("tenant", "storage_size"), line("tenant", "virtual_machines"), line("user", "storage_size")],
    });
    let header = format!("/api/upsell/v1/users/{user}/header");
    let html = format!("{bearer}accept: text/html\r\n");
    let usages = format!("/api/2/tenants/{customer}/usages");
    let explain = format!("/api/upsell/v1/users/{user}/explain");
    let read = |name, target: &str, headers: &str| Measured {
        name,
        counts: [500, 3_500],
        requests: vec![get(target, headers)],
    };
    vec![
        Measured {
            name: "redirect",
            counts: [1_000, 11_000],
            requests: vec![get(&format!("/r/{token}"), "")],
        },
        read("alerts", &alerts, &bearer),
        read("header", &header, &bearer),
        read("header HTML", &header, &html),
        read("usages", &usages, &bearer),
        read("explain", &explain, &bearer),
        Measured {
            name: "report of 101",
            counts: [100, 600],
            requests: vec![report(1_001), report(1_002)],
        },
        Measured {
            name: "report of one",
            counts: [100, 1_100],
            requests: vec![single(1_001), single(1_002)],
        },
        Measured {
            name: "render a mail",
            counts: [100, 600],
            requests: vec![post("/api/upsell/v1/preview", &mail)],
        },
    ]
}

fn get(target: &str, headers: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nuser-agent: Mozilla/5.0\r\n{headers}\r\n"
    )
}

fn post(target: &str, headers: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n{headers}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

struct Api {
    client: Client,
    base: String,
}

impl Api {
    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// A company admin who is a buyer of a customer with a brand and a full quota: tenant and user.
async fn buyer(api: &Api, root: &str) -> (String, String) {
    let tenant = json!({"name": "Foobar", "kind": "customer", "parent_id": root});
    let tenant = api.call(Method::POST, "/api/2/tenants", tenant).await;
    let customer = tenant["id"].as_str().unwrap().to_owned();
    let brand = format!("/api/2/tenants/{customer}/brand");
    api.call(Method::POST, &brand, Value::Null).await;
    let tenant = format!("/api/2/tenants/{customer}");
    let version = api.call(Method::GET, &tenant, Value::Null).await["version"].clone();
    let url = json!({"upsell_url": "https://shop.example.com/buy?campaign=7"});
    api.call(Method::PUT, &format!("{brand}?version={version}"), url)
        .await;
    let user = json!({
        "tenant_id": customer, "login": "JohnDoe", "contact": {"email": "johndoe@mysite.com"},
    });
    let user = api.call(Method::POST, "/api/2/users", user).await;
    let user = user["id"].as_str().unwrap().to_owned();
    let policy = json!({"items": [{
        "trustee_id": user, "trustee_type": "user", "tenant_id": customer, "role_id": "company_admin",
    }]});
    api.call(
        Method::PUT,
        &format!("/api/2/users/{user}/access_policies"),
        policy,
    )
    .await;
    let path = format!("/api/2/users/{user}");
    let version = api.call(Method::GET, &path, Value::Null).await["version"].clone();
    let buyer = json!({"business_types": ["buyer"], "version": version});
    api.call(Method::PUT, &path, buyer).await;
    let quota = json!({"offering_items": [{
        "name": "storage", "usage_name": "storage", "measurement_unit": "bytes",
        "quota": {"value": 1_000, "overage": null, "version": 0},
    }]});
    api.call(
        Method::PUT,
        &format!("/api/2/tenants/{customer}/offering_items"),
        quota,
    )
    .await;
    (customer, user)
}
