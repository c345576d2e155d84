//! The process is killed, or told to stop, while clients write. What was acknowledged is there
//! afterwards, and nobody who was to be told is forgotten.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::accounts::{Account, PLAIN, Tenant, User, record};
use crate::support::app::{TestApp, eventually, try_send};
use crate::support::sink::Sink;

/// Kills in every run; `UPSELL_TEST_KILLS=500 cargo test --test it walk_crash` is the long form.
const CYCLES: usize = 30;
const WRITERS: usize = 4;

/// Clicks of one go, which are on disk before the next.
const CLICKS: u64 = 5;

/// What a writer was told is done.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Users by id, with their login.
    users: HashMap<String, String>,
    /// Tenants by id, with the last usage that was taken.
    usages: HashMap<String, u64>,
    /// A usage that was sent without an answer: it may have been taken.
    unsure: HashMap<String, u64>,
    /// Who is to have a mail.
    told: Vec<String>,
}

impl Acknowledged {
    fn merge(&mut self, other: Self) {
        self.users.extend(other.users);
        self.usages.extend(other.usages);
        self.unsure.extend(other.unsure);
        self.told.extend(other.told);
    }

    fn writes(&self) -> usize {
        self.users.len() + self.told.len()
    }
}

/// One client: creates users, reports growing usage of its own tenant, and has quotas crossed,
/// until the service does not answer.
struct Writer {
    http: reqwest::Client,
    base: String,
    token: String,
    /// Users and grows.
    tenant: Tenant,
    /// Each is crossed once, and then has told this person.
    crossings: Vec<(Tenant, User)>,
    usage: u64,
}

impl Writer {
    /// The answer, or `None` where none came.
    async fn send(&self, method: Method, path: &str, body: &Value) -> Option<Value> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .json(body);
        let answer = try_send(path, request).await.ok()?;
        Some(answer.expect(200).json())
    }

    async fn report(&self, tenant: &Tenant, usage_name: &str, value: u64) -> Option<()> {
        let body = json!([record((Account::Tenant(tenant), usage_name, value))]);
        let path = "/api/upsell/v1/usages";
        let answer = self.send(Method::POST, path, &body).await?;
        assert_eq!(answer["accepted"], 1, "{answer}");
        Some(())
    }

    async fn run(mut self, writes: Arc<AtomicUsize>) -> (Self, Acknowledged) {
        let mut done = Acknowledged::default();
        while self.step(&mut done).await.is_some() {
            writes.fetch_add(1, Ordering::Relaxed);
        }
        (self, done)
    }

    async fn step(&mut self, done: &mut Acknowledged) -> Option<()> {
        let (form, _) = TestApp::user_form(&self.tenant);
        let made = self.send(Method::POST, "/api/2/users", &form).await?;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        done.users.insert(text(&made["id"]), text(&form["login"]));

        self.usage += 1;
        let id = self.tenant.id.clone();
        done.unsure.insert(id.clone(), self.usage);
        self.report(&self.tenant, "storage", self.usage).await?;
        done.usages.insert(id, self.usage);

        let Some((tenant, user)) = self.crossings.pop() else {
            return Some(());
        };
        self.report(&tenant, "vms", 1).await?;
        done.told.push(user.email);
        Some(())
    }
}

/// Follows a tracked link, and sees its clicks counted from time to time, until the service does not answer.
struct Clicker {
    http: reqwest::Client,
    token: String,
    link: String,
    counts: String,
    /// Clicks that were seen counted: they are on disk.
    safe: u64,
    /// Clicks that were sent.
    sent: u64,
}

impl Clicker {
    async fn new(app: &TestApp) -> Self {
        let (tenant, user) = app.over_quota().await;
        let alert = app.alerts(&user).await.remove(0);
        let link = alert["proposal"]["href"].as_str().unwrap();
        Self {
            http: app.http.clone(),
            token: app.token.clone(),
            link: app.url(link),
            counts: format!("{}/api/upsell/v1/tenants/{}/clicks", app.base, tenant.id),
            safe: 0,
            sent: 0,
        }
    }

    async fn counted(&self) -> Option<u64> {
        let request = self.http.get(&self.counts).bearer_auth(&self.token);
        let answer = try_send("clicks", request).await.ok()?;
        let raw = answer.expect(200).json()["total"]["raw"].as_u64().unwrap();
        let possible = self.safe..=self.sent;
        assert!(possible.contains(&raw), "{raw} clicks, not in {possible:?}");
        Some(raw)
    }

    async fn run(mut self) -> Self {
        while self.step().await.is_some() {}
        self
    }

    async fn step(&mut self) -> Option<()> {
        let before = self.counted().await?;
        for _ in 0..CLICKS {
            self.sent += 1;
            let clicked = try_send("link", self.http.get(&self.link)).await.ok()?;
            clicked.expect(302);
        }
        while self.safe < before + CLICKS {
            self.safe = self.counted().await?;
        }
        Some(())
    }
}

async fn writer(app: &TestApp, crossings: usize) -> Writer {
    let mut prepared = Vec::new();
    for _ in 0..crossings {
        let tenant = app.create_customer().await;
        let user = app.create_user(&tenant, PLAIN).await;
        app.set_quota(Account::Tenant(&tenant), "vms", 1).await;
        prepared.push((tenant, user));
    }
    Writer {
        http: app.http.clone(),
        base: app.base.clone(),
        token: app.token.clone(),
        tenant: app.create_customer().await,
        crossings: prepared,
        usage: 0,
    }
}

/// Everything that was acknowledged can be read.
async fn check(app: &TestApp, done: &Acknowledged) {
    let path = format!(
        "/api/2/users?subtree_root_tenant_id={}&limit=1000",
        app.first.tenant_id
    );
    let mut stored = HashMap::new();
    let mut next = path.clone();
    loop {
        let page = app.get(&next).await.expect(200).json();
        for user in page["items"].as_array().unwrap() {
            let text = |name: &str| user[name].as_str().unwrap().to_owned();
            stored.insert(text("id"), text("login"));
        }
        match page["paging"]["cursors"]["after"].as_str() {
            Some(after) => next = format!("{path}&after={after}"),
            None => break,
        }
    }
    for (id, login) in &done.users {
        assert_eq!(stored.get(id), Some(login), "a user is lost");
    }
    for (tenant, usage) in &done.usages {
        let path = format!("/api/2/tenants/{tenant}/usages");
        let shown = app.get(&path).await.expect(200).json();
        let found = shown["items"][0]["absolute_value"].as_u64().unwrap();
        let unsure = done.unsure[tenant];
        assert!(
            found >= *usage && found <= unsure,
            "{found}, not {usage} to {unsure}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_that_was_acknowledged_and_no_mail() {
    let cycles = std::env::var("UPSELL_TEST_KILLS").map_or(CYCLES, |n| n.parse().unwrap());
    let sink = Sink::start().await;
    let mut app = TestApp::with_sink(&sink, &[("UPSELL_CLICKS_FLUSH_INTERVAL", "20ms")]).await;
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(writer(&app, cycles * 2).await);
    }
    let mut clicker = Clicker::new(&app).await;
    let mut done = Acknowledged::default();
    for cycle in 0..cycles {
        let clicking = tokio::spawn(clicker.run());
        let writes = Arc::new(AtomicUsize::new(0));
        let mut running = JoinSet::new();
        for writer in writers.drain(..) {
            running.spawn(writer.run(Arc::clone(&writes)));
        }
        // Another point of the work each time, and never before there is any.
        let wanted = 1 + cycle % 7;
        eventually("the writers write", async || {
            (writes.load(Ordering::Relaxed) >= wanted).then_some(())
        })
        .await;
        app.kill9().await;
        while let Some(ended) = running.join_next().await {
            let (writer, acknowledged) = ended.unwrap();
            writers.push(writer);
            done.merge(acknowledged);
        }
        clicker = clicking.await.unwrap();
        app.restart().await;
        check(&app, &done).await;
        clicker.counted().await.expect("it runs");
    }
    assert!(clicker.safe > 0, "no click was counted");
    assert!(
        done.writes() > cycles,
        "hardly anything was written: {done:?}"
    );
    sink.until_all_have_mail(&done.told).await;
    let log = app.log();
    assert!(!log.contains("ERROR"), "{log}");
    println!(
        "{cycles} kills, {} writes, {} mails, {} to {} clicks",
        done.writes(),
        sink.mails().len(),
        clicker.safe,
        clicker.sent
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_fails_no_request_and_ends_in_time() {
    let sink = Sink::start().await;
    let mut app = TestApp::with_sink(&sink, &[]).await;
    let (mut told, mut served) = (Vec::new(), 0);
    for _ in 0..3 {
        let tenant = app.create_customer().await;
        let user = app.create_user(&tenant, PLAIN).await;
        app.set_quota(Account::Tenant(&tenant), "vms", 1).await;
        let stopping = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..8 {
            clients.spawn(hammer(
                (app.http.clone(), app.base.clone(), app.token.clone()),
                app.create_customer().await,
                Arc::clone(&stopping),
                Arc::clone(&count),
            ));
        }
        let before = count.load(Ordering::Relaxed);
        eventually("the clients are served", async || {
            (count.load(Ordering::Relaxed) > before + 40).then_some(())
        })
        .await;
        app.report_usage(Account::Tenant(&tenant), "vms", 1).await;
        told.push(user.email);
        stopping.store(true, Ordering::SeqCst);
        let (status, took) = app.sigterm().await;
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(10), "{took:?}");
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
        served += count.load(Ordering::Relaxed);
        app.restart().await;
    }
    sink.until_all_have_mail(&told).await;
    assert!(served >= 120);
}

/// Writes and reads as fast as it is answered. Before the stop every request must be answered; from
/// then on only connecting may fail, which says that nothing was begun.
async fn hammer(
    (http, base, token): (reqwest::Client, String, String),
    tenant: Tenant,
    stopping: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
) {
    let reads = format!("{base}/api/2/tenants/{}/usages", tenant.id);
    let writes = format!("{base}/api/upsell/v1/usages");
    for value in 0.. {
        let usage = record((Account::Tenant(&tenant), "storage", value));
        let request = match value % 2 {
            0 => http.get(&reads),
            _ => http.post(&writes).json(&json!([usage])),
        };
        match try_send("usages", request.bearer_auth(&token)).await {
            Ok(answer) => {
                let body = answer.expect(200).json();
                let rejected = body.get("rejected").unwrap_or(&Value::Null);
                assert!(rejected.as_array().is_none_or(Vec::is_empty), "{body}");
                count.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                assert!(
                    stopping.load(Ordering::SeqCst),
                    "before the stop: {error:?}"
                );
                assert!(error.is_connect(), "begun and not answered: {error:?}");
                return;
            }
        }
    }
}
