//! What must not be taken: each with the right status, words that say what to do, and nothing
//! stored.

mod table;

use reqwest::Method;
use serde_json::{Value, json};

use table::{ITEMS, REFUSED, USER};

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, PLAIN, Tenant, User};
use crate::support::app::{Answer, TestApp, send};

/// A small world, and all that can be read of it.
struct World {
    app: TestApp,
    tenant: Tenant,
    user: User,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start(&[]).await;
        let tenant = app.create_customer().await;
        app.brand(&tenant, BUY_URL, true).await;
        let user = app.create_user(&tenant, ADMIN_BUYER).await;
        app.set_quota(Account::Tenant(&tenant), "storage", 100)
            .await;
        app.report_usage(Account::Tenant(&tenant), "storage", 50)
            .await;
        Self { app, tenant, user }
    }

    /// `{tenant}`, `{user}` and `{root}` stand for ids.
    fn fill(&self, text: &str) -> String {
        text.replace("{tenant}", &self.tenant.id)
            .replace("{user}", &self.user.id)
            .replace("{root}", &self.app.first.tenant_id)
    }

    async fn snapshot(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            "/api/2/tenants/{tenant}",
            "/api/2/tenants?subtree_root_id={root}",
            "/api/2/tenants/{tenant}/brand",
            "/api/2/tenants/{tenant}/offering_items",
            "/api/2/tenants/{tenant}/usages",
            "/api/2/users/{user}",
            "/api/2/users/{user}/access_policies",
            "/api/2/users/{user}/offering_items",
            "/api/2/users/{user}/usages",
            "/api/2/users?subtree_root_tenant_id={root}",
            "/api/2/clients",
        ] {
            let mut answer = self.app.get(&self.fill(path)).await.expect(200).json();
            // The time of the answer, not of the thing.
            answer.as_object_mut().unwrap().remove("timestamp");
            seen.push(answer);
        }
        seen
    }

    async fn send(&self, (method, path, body): (&str, &str, &str)) -> Answer {
        let method: Method = method.parse().unwrap();
        let (path, body) = (self.fill(path), self.fill(body));
        self.app.raw(method, &path, "application/json", body).await
    }
}

/// The words for people, in whichever dialect.
fn message(answer: &Answer) -> String {
    let body = answer.json();
    let words = [&body["error"]["message"], &body["detail"]];
    let found = words.into_iter().find_map(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no message in {body}"))
        .to_owned()
}

#[tokio::test]
async fn what_makes_no_sense_is_400_says_why_and_changes_nothing() {
    let world = World::new().await;
    let before = world.snapshot().await;
    for (request, words) in REFUSED {
        let answer = world.send(request).await;
        assert_eq!(answer.status, 400, "{request:?}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], 400, "{request:?}");
        assert!(error["context"]["id"].is_string(), "{request:?}: {error}");
        let said = message(&answer);
        assert!(said.contains(words), "{request:?}: {said}");
    }
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn a_bad_line_of_a_report_is_rejected_and_named_and_the_others_count() {
    let world = World::new().await;
    let native = "/api/upsell/v1/usages";
    let good = json!({"tenant_id": world.tenant.id, "item": "storage_size", "value": 60});
    let with = |name: &str, value: Value| {
        let mut line = good.clone();
        line[name] = value;
        line
    };
    let nobody = "00000000-0000-4000-8000-000000000000";
    let lines = json!([
        with("value", json!(-1)),
        with("value", json!(1.5)),
        with("value", json!("60")),
        with("item", json!("floppy_disks")),
        with("tenant_id", json!(nobody)),
        with("user_id", json!(world.user.id)),
        with("colour", json!("red")),
        with("edition", json!("a\nb")),
        with("observed_at", json!("2999-01-01T00:00:00Z")),
        good,
    ]);
    let answer = world.app.post(native, &lines).await.expect(200).json();
    assert_eq!(answer["accepted"], 1, "{answer}");
    let rejected = answer["rejected"].as_array().unwrap();
    let numbers: Vec<u64> = rejected
        .iter()
        .map(|r| r["line"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (line, field) in rejected.iter().zip([
        "value",
        "value",
        "value",
        "item",
        "tenant",
        "tenant_id",
        "colour",
        "edition",
        "observed_at",
    ]) {
        let error = &line["error"];
        assert!(
            error["type"]
                .as_str()
                .unwrap()
                .starts_with("urn:upsell:problem:")
        );
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.starts_with(field), "{line}");
    }
    let usages = world
        .app
        .get(&world.fill("/api/2/tenants/{tenant}/usages"))
        .await;
    let usages = usages.expect(200).json();
    assert_eq!(usages["items"].as_array().unwrap().len(), 1, "{usages}");
    assert_eq!(usages["items"][0]["absolute_value"], 60);

    let account = json!({"items": [
        {"tenant_id": world.tenant.id, "usage_name": "storage", "absolute_value": -5},
        {"tenant_id": nobody, "usage_name": "storage", "absolute_value": 5},
        {"tenant_id": world.tenant.id, "usage_name": "storage", "absolute_value": 70},
    ]});
    let answer = world
        .app
        .put("/api/2/tenants/usages", &account)
        .await
        .expect(200)
        .json();
    let codes: Vec<&Value> = (0..3)
        .map(|at| &answer["items"][at]["error"]["code"])
        .collect();
    assert_eq!(codes, [&json!(400), &json!(1005), &Value::Null], "{answer}");
}

#[tokio::test]
async fn bodies_over_their_limit_are_413_and_other_media_types_415() {
    let world = World::new().await;
    let before = world.snapshot().await;
    let padding = |bytes: usize| format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes));
    let mib = 1024 * 1024;
    let path = world.fill(USER);
    let put = async |media_type: &str, body: String| {
        world.app.raw(Method::PUT, &path, media_type, body).await
    };
    let over = put("application/json", padding(mib)).await.expect(413);
    assert_eq!(over.json()["error"]["code"], 413);
    assert!(
        message(&over).contains("1048576 bytes"),
        "{}",
        message(&over)
    );
    // One that fits is read, and refused for what it says.
    put("application/json", padding(mib - 8)).await.expect(400);
    put("text/plain", "{}".to_owned()).await.expect(415);

    // Only the length is sent: a body that is too long is not waited for.
    let bulk = "/api/upsell/v1/usages";
    let request = format!(
        "POST {bulk} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        world.app.token,
        32 * mib + 1
    );
    assert_eq!(raw_status(&world.app, &request).await, 413);
    let compressed = world
        .app
        .request(Method::POST, bulk)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body("[]");
    send("POST compressed", compressed).await.expect(415);
    let three_mib = format!("[{}]", " ".repeat(3 * mib));
    let bulk = world
        .app
        .raw(Method::POST, bulk, "application/json", three_mib)
        .await;
    bulk.expect(200);
    assert_eq!(world.snapshot().await, before);
}

/// Until somebody looks at the head, it is nobody's dialect.
#[tokio::test]
async fn heads_over_their_limit_are_refused_in_the_dialect_of_their_path() {
    let app = TestApp::start(&[]).await;
    let long = "x".repeat(9000);
    let wide = "x".repeat(33_000);
    for (path, media_type) in [
        ("/api/2/tenants", "application/json"),
        ("/api/2/nowhere", "application/json"),
        ("/api/upsell/v1/emails", "application/problem+json"),
        ("/r/token", "text/html; charset=utf-8"),
    ] {
        let answer = app.get(&format!("{path}?x={long}")).await.expect(414);
        assert_eq!(answer.header("content-type"), media_type, "{path}");
        let request = app.request(Method::GET, path).header("x-wide", &wide);
        let wide = send("GET with a wide header", request).await.expect(431);
        assert_eq!(wide.header("content-type"), media_type, "{path}");
        for (answer, words) in [(answer, "longer than 8192 bytes"), (wide, "too long")] {
            let id = answer.header("x-request-id");
            assert!(answer.text().contains(id), "{path}: {}", answer.text());
            if media_type.contains("json") {
                let said = message(&answer);
                assert!(said.contains(words), "{path}: {said}");
            }
        }
    }
    let token = app
        .visit(&format!("/api/2/idp/token?x={long}"))
        .await
        .expect(414);
    assert_eq!(token.json()["error"], "invalid_request");
}

/// The status of the answer to these bytes.
async fn raw_status(app: &TestApp, request: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = app.base.trim_start_matches("http://");
    let mut tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    tcp.read_exact(&mut head).await.unwrap();
    std::str::from_utf8(&head[9..12]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn native_requests_say_what_is_unknown() {
    let world = World::new().await;
    let before = world.snapshot().await;
    for (method, path, body, words) in [
        (
            "GET",
            "/api/upsell/v1/users/{user}/alerts?colour=red",
            "",
            "colour: unknown parameter",
        ),
        (
            "GET",
            "/api/upsell/v1/users/{user}/alerts?page=a&page=b",
            "",
            "page: the parameter stands twice",
        ),
        (
            "GET",
            "/api/upsell/v1/emails?state=lost",
            "",
            "must be one of queued, sent, dead",
        ),
        (
            "GET",
            "/api/upsell/v1/emails?limit=0",
            "",
            "limit: must be a whole number from 1 to",
        ),
        (
            "POST",
            "/api/upsell/v1/usages?mode=maybe",
            "[]",
            "mode: must be commit or dry_run",
        ),
        ("POST", "/api/upsell/v1/usages", "{", "body: no JSON array"),
        (
            "POST",
            "/api/upsell/v1/users/{user}/alerts/x/snooze",
            r#"{"until":"later"}"#,
            "not found",
        ),
    ] {
        let answer = world.send((method, path, body)).await;
        let expected = if words == "not found" { 404 } else { 400 };
        assert_eq!(answer.status, expected, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let said = message(&answer);
        assert!(said.contains(words), "{path}: {said}");
        assert!(answer.json()["request_id"].is_string());
    }
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn a_stale_version_is_409_wherever_there_is_a_version() {
    let world = World::new().await;
    let app = &world.app;
    app.create_user(&world.tenant, PLAIN).await;
    let before = world.snapshot().await;
    for (method, path, body) in [
        (
            "PUT",
            "/api/2/users/{user}",
            r#"{"version":1,"language":"de"}"#,
        ),
        (
            "PUT",
            "/api/2/users/{user}",
            r#"{"version":99,"language":"de"}"#,
        ),
        ("DELETE", "/api/2/users/{user}?version=1", ""),
        (
            "PUT",
            "/api/2/tenants/{tenant}",
            r#"{"version":1,"name":"other"}"#,
        ),
        (
            "PUT",
            "/api/2/tenants/{tenant}/brand?version=1",
            r#"{"upsell_url":""}"#,
        ),
        ("POST", "/api/2/tenants/{tenant}/brand?version=1", ""),
        ("DELETE", "/api/2/tenants/{tenant}/brand?version=1", ""),
        (
            "PUT",
            ITEMS,
            r#"{"offering_items":[{"usage_name":"storage","quota":{"value":7,"version":9}}]}"#,
        ),
    ] {
        let answer = world.send((method, path, body)).await;
        assert_eq!(answer.status, 409, "{method} {path}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], 1001, "{method} {path}");
        let said = message(&answer);
        assert!(said.contains("read it again"), "{said}");
    }
    let request = app.request(Method::PUT, &world.fill(USER));
    let request = request
        .header("if-match", "\"1\"")
        .json(&json!({"language": "de"}));
    send("PUT If-Match", request).await.expect(412);
    assert_eq!(world.snapshot().await, before);
}
