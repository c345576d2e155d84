//! Two nodes on one store are one service: what one of them was told, the other knows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use upsell::domain::ids::{AccountId, AccountRef, TenantId, V1Id};
use upsell::store::engine::Key;
use upsell::store::keys;

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, Tenant, User, unique};
use crate::support::app::{Answer, TestApp, send};
use crate::support::backing::Backing;
use crate::support::redis::{Program, RedisServer};

/// No node goes on for longer with what another has changed.
const CACHE_TTL: Duration = Duration::from_secs(5);

/// How soon it is there, as a rule.
const SOON: Duration = Duration::from_millis(100);

const CHANGES: usize = 100;

pub(crate) async fn two_nodes(backing: &Backing, settings: &[(&str, &str)]) -> (TestApp, TestApp) {
    let url = backing.url();
    let mut all = vec![("UPSELL_STORE", url.as_str())];
    all.extend_from_slice(settings);
    let a = TestApp::start(&all).await;
    let b = a.another_node().await;
    (a, b)
}

/// A customer over its quota, with somebody who may buy.
pub(crate) async fn buyer(app: &TestApp) -> (Tenant, User) {
    let tenant = app.create_customer().await;
    app.brand(&tenant, BUY_URL, true).await;
    let user = app.create_user(&tenant, ADMIN_BUYER).await;
    let account = Account::Tenant(&tenant);
    app.set_quota(account, "vms", 10).await;
    app.report_usage(account, "vms", 12).await;
    (tenant, user)
}

/// The path of the tracked link in the user's header, on whichever node.
pub(crate) async fn tracked_path(app: &TestApp, user: &User) -> String {
    let header = app.header(user).await;
    let href = header["proposal"]["href"].as_str().unwrap().to_owned();
    href[href.find("/r/").unwrap()..].to_owned()
}

/// How long it takes until `look` sees what was changed.
async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) -> Duration {
    let begin = Instant::now();
    while !look().await {
        assert!(begin.elapsed() < CACHE_TTL, "{what}: not in {CACHE_TTL:?}");
    }
    begin.elapsed()
}

/// Prints how they are spread, and refuses what is slow.
fn judge(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    println!(
        "{what}: {} changes seen by the other node after 50 %: {:.1?}, 90 %: {:.1?}, 99 %: {:.1?}, all: {:.1?}",
        took.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
    assert!(at(50) < SOON, "{what}");
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302, "{}", answer.text());
    answer.header("location")
}

#[tokio::test]
async fn what_is_made_on_one_node_is_there_on_the_other() {
    let backing = Backing::start().await;
    let (a, b) = two_nodes(&backing, &[]).await;
    let tenant = a.create_customer().await;
    // Each step on the other node than the one before; each needs those before.
    b.brand(&tenant, BUY_URL, true).await;
    let user = a.create_user(&tenant, ADMIN_BUYER).await;
    b.set_quota(Account::Tenant(&tenant), "vms", 10).await;
    a.report_usage(Account::Tenant(&tenant), "vms", 12).await;
    let shown = b.alerts(&user).await;
    assert_eq!(shown.len(), 1);
    let without_links = |alerts: &[Value]| (alerts[0]["usage"].clone(), alerts[0]["id"].clone());
    let own = a.alerts(&user).await;
    assert_eq!(without_links(&shown), without_links(&own));
    for path in [
        format!("/api/2/tenants/{}", tenant.id),
        format!("/api/2/tenants/{}/usages", tenant.id),
        format!("/api/2/users/{}", user.id),
    ] {
        let (of_a, of_b) = (
            a.get(&path).await.expect(200),
            b.get(&path).await.expect(200),
        );
        assert_eq!(of_a.json(), of_b.json(), "{path}");
        assert_eq!(of_a.header("etag"), of_b.header("etag"), "{path}");
    }
    let user_v1 = a.get(&format!("/api/2/users/{}", user.id)).await;
    let by_v1_id = format!("/api/2/users?v1_id={}", user_v1.header("x-upsell-v1-id"));
    let found = b.get(&by_v1_id).await.expect(200).json();
    assert_eq!(found["items"][0]["id"], user.id.as_str());
    // Links that one has signed are good at the other, and tokens, too.
    for (signer, other) in [(&a, &b), (&b, &a)] {
        let path = tracked_path(signer, &user).await;
        let followed = other.visit(&path).await;
        assert!(location(&followed).starts_with("https://shop.example.com/buy?"));
        let token = signer.token_of(&signer.first).await;
        let request = other
            .http
            .get(other.url("/api/2/tenants/"))
            .bearer_auth(token);
        assert_ne!(
            send("GET with the other's token", request).await.status,
            401
        );
    }
    // A client that is removed on one node is nobody on the other.
    let body = json!({"tenant_id": a.first.tenant_id, "type": "agent", "scopes": ["account_read"]});
    let made = a.post("/api/2/clients", &body).await.expect(201).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let client = crate::support::app::First {
        tenant_id: a.first.tenant_id.clone(),
        client_id: text("client_id"),
        client_secret: text("client_secret"),
    };
    let token = a.token_of(&client).await;
    let ask = async || {
        let path = b.url(&format!("/api/2/tenants/{}", tenant.id));
        send("GET as it", b.http.get(path).bearer_auth(&token))
            .await
            .status
    };
    assert_eq!(ask().await, 200);
    let path = format!("/api/2/clients/{}?version=1", client.client_id);
    a.delete(&path).await.expect(204);
    until("the client is gone", async || ask().await == 401).await;
}

#[tokio::test]
async fn a_redirect_follows_a_change_of_the_buy_url_on_the_other_node() {
    let backing = Backing::start().await;
    let (a, b) = two_nodes(&backing, &[]).await;
    let (tenant, user) = buyer(&a).await;
    let path = tracked_path(&a, &user).await;
    let mut took = Vec::new();
    for change in 0..CHANGES {
        let url = format!("https://shop.example.com/{change}");
        a.put_brand(&tenant.id, &json!({"upsell_url": url})).await;
        let wanted = format!("{url}?");
        let is_new = async || location(&b.visit(&path).await).starts_with(&wanted);
        took.push(until("the redirect", is_new).await);
    }
    judge("redirect", took);
    assert_is_remembered(&b, "redirect", async || {
        b.visit(&path).await;
    })
    .await;
}

/// That these answers come from memory, so that there was something to forget.
async fn assert_is_remembered(node: &TestApp, what: &str, mut ask: impl AsyncFnMut()) {
    const TIMES: u64 = 200;
    let before = commands(node).await;
    for _ in 0..TIMES {
        ask().await;
    }
    // Besides those a node only asks for its own sake, and writes down clicks.
    let asked = commands(node).await - before;
    assert!(
        asked < TIMES / 2,
        "{what}: {asked} commands for {TIMES} answers"
    );
}

/// Commands that a node has given to the servers.
pub(crate) async fn commands(node: &TestApp) -> u64 {
    let metrics = node.visit(&format!("{}/metrics", node.ops)).await.text();
    let mut lines = metrics.lines();
    let count =
        lines.find_map(|line| line.strip_prefix("upsell_redis_command_duration_seconds_count"));
    count.unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn alerts_and_header_follow_what_the_other_node_is_told() {
    let backing = Backing::start().await;
    let (a, b) = two_nodes(&backing, &[]).await;
    let (tenant, user) = buyer(&a).await;
    let account = Account::Tenant(&tenant);
    let (mut alerts, mut headers) = (Vec::new(), Vec::new());
    for change in 0..CHANGES / 2 {
        let usage = 20 + change;
        a.report_usage(account, "vms", usage as u64).await;
        let is_new = async || b.alerts(&user).await[0]["usage"] == usage;
        alerts.push(until("alerts", is_new).await);
        let url = format!("https://shop.example.com/h{change}");
        a.put_brand(&tenant.id, &json!({"upsell_url": url})).await;
        let is_new = async || {
            let header = b.header(&user).await;
            let found = header["proposal"]["buy_url"].as_str().unwrap();
            found.starts_with(&format!("{url}?"))
        };
        headers.push(until("header", is_new).await);
    }
    judge("alerts", alerts);
    judge("header", headers);
    assert_is_remembered(&b, "alerts", async || {
        b.alerts(&user).await;
    })
    .await;
    assert_is_remembered(&b, "header", async || {
        b.header(&user).await;
    })
    .await;
    // What does not stand any more is not shown any more.
    a.report_usage(account, "vms", 1).await;
    until("no alert", async || b.alerts(&user).await.is_empty()).await;
}

#[tokio::test]
async fn a_key_that_two_nodes_are_given_at_once_is_carried_out_once() {
    let backing = Backing::start().await;
    let (a, b) = two_nodes(&backing, &[]).await;
    let (mut replays, mut busy) = (0, 0);
    for round in 1..=25_usize {
        let key = unique("twins");
        let body = json!({
            "name": unique("customer"), "kind": "customer", "parent_id": a.first.tenant_id,
        });
        let ask = async |node: &TestApp| {
            let request = node.request(reqwest::Method::POST, "/api/2/tenants");
            send("POST", request.header("idempotency-key", &key).json(&body)).await
        };
        let (of_a, of_b) = tokio::join!(ask(&a), ask(&b));
        let made: Vec<&Answer> = [&of_a, &of_b]
            .into_iter()
            .filter(|one| one.status == 201)
            .collect();
        for answer in [&of_a, &of_b] {
            if answer.status == 409 {
                assert_eq!(answer.header("retry-after"), "1", "{}", answer.text());
                busy += 1;
            } else {
                assert_eq!((answer.status, &answer.body), (201, &made[0].body));
                replays += usize::from(answer.header("idempotency-replayed") == "true");
            }
        }
        assert!(!made.is_empty());
        // Whoever asks again gets that answer, wherever.
        for node in [&a, &b] {
            let again = ask(node).await.expect(201);
            assert_eq!(again.header("idempotency-replayed"), "true");
            assert_eq!(again.body, made[0].body);
        }
        let path = format!("/api/2/tenants/{}/children", a.first.tenant_id);
        let children = b.get(&path).await.expect(200).json();
        assert_eq!(children["items"].as_array().unwrap().len(), round);
    }
    println!(
        "25 pairs of twins: {replays} waited for their answer, {busy} were told to come again"
    );
}

/// A node that has not heard of a deletion yet takes a report of what it remembers.
#[tokio::test]
async fn an_account_that_is_gone_gets_no_meter() {
    let server = RedisServer::start(Program::Redis, &[]).await;
    let node = TestApp::start(&[("UPSELL_STORE", &server.url())]).await;
    let tenant = node.create_customer().await;
    let user = node.create_user(&tenant, ADMIN_BUYER).await;
    // From now on it remembers both.
    node.report_usage(Account::User(&user), "vms", 1).await;
    let name = |key: Key| [b"upsell:{000}r".as_slice(), &key.0].concat();
    let id = TenantId::new(tenant.id.parse().unwrap());
    let ask = |command: &str, key| {
        let reply = server.ask(&[command.as_bytes(), &name(key)]);
        format!("{:?}", reply.unwrap())
    };
    // As another node does, whose message is on its way.
    let gone = ask("DEL", keys::tenant(id));
    assert!(gone.contains('1'), "{gone}");
    let usages = json!([{"tenant_id": tenant.id, "usage_name": "vms", "value": 1}]);
    let path = "/api/upsell/v1/usages";
    let answer = node.post(path, &usages).await.expect(200).json();
    assert_eq!(answer["accepted"], 0, "{answer}");
    let why = answer["rejected"][0]["error"]["detail"].to_string();
    assert!(why.contains("not found"), "{answer}");
    let meter = ask(
        "EXISTS",
        keys::meter(AccountRef {
            id: AccountId::Tenant(id),
            number: V1Id(u32::try_from(tenant.v1_id).unwrap()),
        }),
    );
    assert!(meter.contains('0'), "{meter}");
}
