//! The server of the store is away: what is remembered goes on, what needs the store is refused in
//! time, and afterwards all is as if nothing had been.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::nodes::{buyer, tracked_path};
use crate::support::accounts::{Account, PLAIN, Tenant, User};
use crate::support::app::{Answer, TestApp, eventually, send};
use crate::support::backing::DURABLE;
use crate::support::redis::{Program, RedisServer};
use crate::support::sink::Sink;
use crate::support::smtp_script::{Act, At};

const COMMAND_TIMEOUT: Duration = Duration::from_millis(500);

/// No request takes longer, and this machine has much else to do.
const LONGEST: Duration = Duration::from_millis(2 * 500 + 400);

/// How long one who writes waits for others of the same account.
const TURN: Duration = Duration::from_secs(1);

/// How the server goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It hangs: connections stay, and nothing is answered.
    Pause,
    /// It is gone, and nobody listens.
    Kill,
}

/// Asks with the token, and refuses to wait for long.
async fn timed(app: &TestApp, method: Method, path: &str) -> Answer {
    let begin = Instant::now();
    let request = match method {
        Method::GET => app.request(method, path),
        _ => app
            .request(method, path)
            .json(&json!({"name": "x", "kind": "customer",
            "parent_id": app.first.tenant_id, "tenant_id": app.first.tenant_id, "login": "x"})),
    };
    let answer = send(path, request).await;
    let took = begin.elapsed();
    assert!(took <= LONGEST, "{path}: {} after {took:?}", answer.status);
    answer
}

/// What is asked for all the time, and is remembered.
struct Warm {
    redirect: String,
    alerts: String,
    header: String,
}

impl Warm {
    async fn new(app: &TestApp, user: &User) -> Self {
        let of = |what: &str| format!("/api/upsell/v1/users/{}/{what}", user.id);
        Self {
            redirect: tracked_path(app, user).await,
            alerts: of("alerts?page=%2Fdevices"),
            header: of("header?page=%2Fhome"),
        }
    }

    /// Asks for all of it: each answer's status, and whether its header says that it may be stale.
    /// A body never says anything else than the header.
    async fn ask(&self, app: &TestApp) -> Vec<(u16, bool)> {
        let mut seen = Vec::new();
        for path in [&self.redirect, &self.alerts, &self.header] {
            let answer = timed(app, Method::GET, path).await;
            let cache_status = answer.header("cache-status");
            let is_stale = cache_status == "upsell; hit; detail=stale";
            assert!(is_stale || cache_status.is_empty(), "{cache_status}");
            if answer.status == 200 {
                assert_eq!(answer.json()["stale"], json!(is_stale), "{path}");
            }
            seen.push((answer.status, is_stale));
        }
        seen
    }

    async fn expect(&self, app: &TestApp, stale: bool) {
        let wanted = [302, 200, 200].map(|status| (status, stale));
        eventually(
            &format!("answers from memory, stale: {stale}"),
            async || {
                let seen = self.ask(app).await;
                // Whatever they say of their age, they come.
                assert_eq!(
                    seen.iter().map(|one| one.0).collect::<Vec<_>>(),
                    [302, 200, 200]
                );
                (seen == wanted).then_some(())
            },
        )
        .await;
    }
}

async fn is_refused_in_time(app: &TestApp, tenant: &Tenant) {
    let tenant = format!("/api/2/tenants/{}", tenant.id);
    let cases = [
        (Method::POST, "/api/2/tenants"),
        (Method::POST, "/api/2/users"),
        (Method::GET, tenant.as_str()),
        (Method::GET, "/api/upsell/v1/emails"),
    ];
    let asked = cases.map(|(method, path)| timed(app, method, path));
    for answer in join_all(asked).await {
        assert_eq!(answer.status, 503, "{}: {}", answer.request, answer.text());
        let after: u64 = answer.header("retry-after").parse().expect("Retry-After");
        assert!((1..=60).contains(&after));
    }
    // A bulk report says it of each of its lines, or of all.
    let usage = |id: &str| json!({"tenant_id": id, "usage_name": "vms", "value": 1});
    let known = vec![usage(tenant.rsplit('/').next().unwrap())];
    are_refused_within(LONGEST, app, vec![known.clone()]).await;
    // Lines do not wait for those before them, and many of one account not for each other.
    let unknown = (0..1000).map(|_| usage(&uuid::Uuid::new_v4().to_string()));
    are_refused_within(LONGEST, app, vec![unknown.collect()]).await;
    are_refused_within(LONGEST + TURN, app, vec![known; 20]).await;
}

/// Sends reports beside each other.
async fn are_refused_within(longest: Duration, app: &TestApp, reports: Vec<Vec<Value>>) {
    let begin = Instant::now();
    let asked = reports.iter().map(|usages| {
        let path = "/api/upsell/v1/usages";
        send("POST usages", app.request(Method::POST, path).json(usages))
    });
    for answer in join_all(asked).await {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert_ne!(answer.header("retry-after"), "");
    }
    assert!(begin.elapsed() <= longest, "{:?}", begin.elapsed());
}

async fn health(app: &TestApp) -> (u16, String) {
    let begin = Instant::now();
    assert_eq!(app.visit(&format!("{}/livez", app.ops)).await.status, 200);
    let ready = app.visit(&format!("{}/readyz", app.ops)).await;
    assert!(begin.elapsed() <= LONGEST, "{:?}", begin.elapsed());
    (ready.status, ready.text())
}

async fn away(program: Program, way: Way) {
    let mut server = RedisServer::start(program, &DURABLE).await;
    let url = server.url();
    let sink = Sink::start().await;
    let timeout = format!("{}ms", COMMAND_TIMEOUT.as_millis());
    let settings = [
        ("UPSELL_STORE", url.as_str()),
        ("UPSELL_REDIS_COMMAND_TIMEOUT", timeout.as_str()),
        ("UPSELL_REDIS_CACHE_TTL", "2s"),
        ("UPSELL_MAIL_GROUP_WAIT", "1s"),
        ("UPSELL_NODES_HEARTBEAT_TTL", "2s"),
        ("UPSELL_NODES_MAX_CLOCK_SKEW", "500ms"),
    ];
    let a = TestApp::with_sink(&sink, &settings).await;
    let b = a.another_node().await;
    let (tenant, user) = buyer(&a).await;
    let mut told = vec![user.email.clone()];
    for _ in 0..10 {
        let tenant = a.create_customer().await;
        let user = a.create_user(&tenant, PLAIN).await;
        a.set_quota(Account::Tenant(&tenant), "vms", 1).await;
        told.push(user.email);
        // Its mail is due when the server is away.
        b.report_usage(Account::Tenant(&tenant), "vms", 2).await;
    }
    let warm = Warm::new(&a, &user).await;
    warm.expect(&a, false).await;
    assert_eq!(health(&a).await, (200, "ok\n".to_owned()));

    let begin = Instant::now();
    match way {
        Way::Pause => server.pause(),
        Way::Kill => server.kill(),
    }
    // From the first moment on, and for longer than anything may be stale otherwise.
    is_refused_in_time(&a, &tenant).await;
    while begin.elapsed() < Duration::from_secs(3) {
        let seen = warm.ask(&a).await;
        assert_eq!(
            seen.iter().map(|one| one.0).collect::<Vec<_>>(),
            [302, 200, 200]
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    warm.expect(&a, true).await;
    is_refused_in_time(&a, &tenant).await;
    let (status, why) = health(&a).await;
    assert_eq!(status, 503);
    assert!(why.contains("Redis"), "{why}");

    match way {
        Way::Pause => server.resume(),
        Way::Kill => server.restart().await,
    }
    let back = Instant::now();
    // The first change that the other node can make is seen here, although nobody listened when it
    // was made.
    let new = "https://shop.example.com/after";
    eventually("the other node writes", async || {
        let path = format!("/api/2/tenants/{}", tenant.id);
        let found = b.get(&path).await;
        let version = found.status == 200;
        let version = version.then(|| found.json()["version"].clone())?;
        let path = format!("{path}/brand?version={version}");
        let done = b.put(&path, &json!({ "upsell_url": new })).await;
        (done.status == 200).then_some(())
    })
    .await;
    let wrote = Instant::now();
    let mut seen = None;
    while wrote.elapsed() < Duration::from_secs(2) && seen.is_none() {
        let answer = timed(&a, Method::GET, &warm.redirect).await;
        assert_eq!(answer.status, 302);
        let is_new = answer.header("location").starts_with(new);
        seen = is_new.then(|| wrote.elapsed());
    }
    println!(
        "{program:?}, {way:?}: {:.1?} after its return the other node writes, seen here after {:.1?}",
        wrote - back,
        seen.expect("the change is not seen within redis.cache_ttl")
    );
    warm.expect(&a, false).await;
    for node in [&a, &b] {
        eventually("ready again", async || {
            (health(node).await == (200, "ok\n".to_owned())).then_some(())
        })
        .await;
        node.create_customer().await;
    }
    sink.until_all_have_mail(&told).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for() {
    away(Program::Redis, Way::Pause).await;
}

#[tokio::test]
async fn a_server_that_is_killed_is_waited_for() {
    away(Program::Redis, Way::Kill).await;
}

#[tokio::test]
async fn valkey_is_waited_for_like_redis() {
    away(Program::Valkey, Way::Pause).await;
    away(Program::Valkey, Way::Kill).await;
}

#[tokio::test]
async fn what_was_sent_while_the_server_was_away_is_sent_once() {
    for way in [Way::Pause, Way::Kill] {
        let mut server = RedisServer::start(Program::Redis, &DURABLE).await;
        let url = server.url();
        let sink = Sink::start().await;
        let settings = [
            ("UPSELL_STORE", url.as_str()),
            ("UPSELL_REDIS_COMMAND_TIMEOUT", "500ms"),
            ("UPSELL_MAIL_GROUP_WAIT", "0s"),
        ];
        let app = TestApp::with_sink(&sink, &settings).await;
        let tenant = app.create_customer().await;
        let user = app.create_user(&tenant, PLAIN).await;
        app.set_quota(Account::Tenant(&tenant), "vms", 1).await;
        sink.script.always(At::FinalDot, Act::TakeAndWithhold);
        app.report_usage(Account::Tenant(&tenant), "vms", 2).await;
        sink.script.until_withheld("upsell@cloud.example").await;
        match way {
            Way::Pause => server.pause(),
            Way::Kill => server.kill(),
        }
        sink.script.relent();
        eventually("the outcome waits for the store", async || {
            let waits = "what became of mails waits for the store";
            app.log().contains(waits).then_some(())
        })
        .await;
        match way {
            Way::Pause => server.resume(),
            Way::Kill => server.restart().await,
        }
        eventually("it is recorded", async || {
            let sent = app.get("/api/upsell/v1/emails?state=sent").await;
            let is_there = sent.status == 200 && sent.text().contains(&user.id);
            is_there.then_some(())
        })
        .await;
        assert_eq!(app.emails("queued").await, Vec::<Value>::new());
        assert_eq!(sink.mails().len(), 1, "{way:?}");
    }
}
