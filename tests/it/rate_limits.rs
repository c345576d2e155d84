//! How many requests one address, client and tenant may send, seen from outside.

use http::StatusCode;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::app::{First, TestApp};

/// Far fewer than any test sends in a second, and a refill that none waits for.
const TIGHT: &str = "1";

/// Trusts this machine to name clients, as a proxy on it would.
const PROXY: (&str, &str) = ("UPSELL_HTTP_TRUSTED_PROXIES", "127.0.0.0/8");

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.http.get(format!("{}{path}", app.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// Asks until it is refused: how often it was not.
async fn until_refused(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> (usize, Response) {
    for served in 0..1_000 {
        let response = get(app, path, headers).await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            return (served, response);
        }
        assert!(response.status() < StatusCode::BAD_REQUEST, "{response:?}");
    }
    panic!("no limit");
}

async fn metric(app: &TestApp, line: &str) -> u64 {
    let text = app.http.get(format!("{}/metrics", app.ops)).send().await;
    let text = text.unwrap().text().await.unwrap();
    let value = text.lines().find_map(|shown| shown.strip_prefix(line));
    value.expect(line).trim().parse().unwrap()
}

#[tokio::test]
async fn an_address_is_limited_and_told_so() {
    let settings = [
        ("UPSELL_RATE_LIMITS_ADDRESS_PER_S", TIGHT),
        ("UPSELL_RATE_LIMITS_ADDRESS_BURST", "20"),
        PROXY,
    ];
    let app = TestApp::start(&settings).await;
    let one = [("X-Forwarded-For", "198.51.100.1")];
    let first = get(&app, "/widget.js", &one).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(header(&first, "ratelimit"), "\"address\";r=19;t=1");
    assert_eq!(header(&first, "ratelimit-policy"), "\"address\";q=20;w=20");

    let (served, refused) = until_refused(&app, "/widget.js", &one).await;
    assert!(served >= 19, "{served}");
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    let told = format!("\"address\";r=0;t={wait}");
    assert_eq!(header(&refused, "ratelimit"), told);
    assert_eq!(
        header(&refused, "ratelimit-policy"),
        "\"address\";q=20;w=20"
    );

    // Others do not feel it, and the proxy itself is an address like any other.
    let other = get(&app, "/widget.js", &[("X-Forwarded-For", "198.51.100.2")]).await;
    assert_eq!(other.status(), StatusCode::OK);
    assert_eq!(get(&app, "/widget.js", &[]).await.status(), StatusCode::OK);
    assert!(metric(&app, "upsell_rate_limited_total{limit=\"address\"}").await >= 1);
    let log = app.log();
    assert!(log.contains("too many requests from one address"), "{log}");
    assert!(log.contains("198.51.100.0/24") && !log.contains("198.51.100.1"));
}

#[tokio::test]
async fn an_address_is_what_trusted_proxies_say() {
    let settings = [
        ("UPSELL_RATE_LIMITS_ADDRESS_PER_S", TIGHT),
        ("UPSELL_RATE_LIMITS_ADDRESS_BURST", "20"),
        PROXY,
    ];
    let app = TestApp::start(&settings).await;
    let whose = async |name: &str, used: &str, same: &[&str], other: &[&str]| {
        until_refused(&app, "/widget.js", &[(name, used)]).await;
        for value in same {
            let answer = get(&app, "/widget.js", &[(name, value)]).await;
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{value}");
        }
        for value in other {
            let answer = get(&app, "/widget.js", &[(name, value)]).await;
            assert_eq!(answer.status(), StatusCode::OK, "{value}");
        }
    };
    // What a client writes on the left makes it nobody else; one with an IPv6 /64 is one.
    whose(
        "X-Forwarded-For",
        "198.51.100.1",
        &["203.0.113.9, 198.51.100.1", "198.51.100.1, 127.0.0.9"],
        &["198.51.100.1, 198.51.100.3"],
    )
    .await;
    whose(
        "Forwarded",
        "for=\"[2001:db8:1:2::7]:4711\";proto=https",
        &["for=203.0.113.9, for=\"[2001:db8:1:2:ffff::8]\""],
        &["for=\"[2001:db8:1:3::7]:4711\""],
    )
    .await;
}

#[tokio::test]
async fn an_untrusted_peer_names_nobody() {
    let settings = [
        ("UPSELL_RATE_LIMITS_ADDRESS_PER_S", TIGHT),
        ("UPSELL_RATE_LIMITS_ADDRESS_BURST", "20"),
        ("UPSELL_HTTP_TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let app = TestApp::start(&settings).await;
    let mut refused = 0;
    for n in 0..60 {
        let (name, own) = (format!("198.51.100.{n}"), format!("for=198.51.100.{n}"));
        let headers = [("X-Forwarded-For", &*name), ("Forwarded", &*own)];
        let answer = get(&app, "/widget.js", &headers).await;
        refused += usize::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(
        refused > 0,
        "whoever sends a header is somebody else each time"
    );
    assert!(app.log().contains("set http.trusted_proxies"));
}

#[tokio::test]
async fn clients_and_tenants_are_limited_in_their_dialect() {
    let settings = [
        ("UPSELL_RATE_LIMITS_CLIENT_PER_S", TIGHT),
        ("UPSELL_RATE_LIMITS_CLIENT_BURST", "20"),
        ("UPSELL_RATE_LIMITS_TENANT_PER_S", TIGHT),
        ("UPSELL_RATE_LIMITS_TENANT_BURST", "45"),
    ];
    let app = TestApp::start(&settings).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(another_client(&app).await);
    }
    let bearer = format!("Bearer {}", app.token);
    let path = format!("/api/2/tenants/{}", app.first.tenant_id);
    let auth = [("Authorization", bearer.as_str())];
    let answer = get(&app, &path, &auth).await;
    let policy = "\"address\";q=20000;w=10, \"client\";q=20;w=20, \"tenant\";q=45;w=45";
    assert_eq!(header(&answer, "ratelimit-policy"), policy);
    let standing = header(&answer, "ratelimit");
    assert!(standing.contains(", \"client\";r=1") && standing.contains(", \"tenant\";r=4"));

    let (_, refused) = until_refused(&app, &path, &auth).await;
    assert!(header(&refused, "ratelimit").starts_with("\"client\";r=0;t="));
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], 429);
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("too many requests of this client; try again in "));
    let partner = format!("OAuth {}", app.token);
    for (path, auth, media_type) in [
        ("/api/upsell/v1/audit", &bearer, "application/problem+json"),
        (
            "/api/advanced-automation/v1/Taxes",
            &bearer,
            "application/json",
        ),
        ("/plan", &bearer, "application/json"),
        ("/v1/partners/x/plans", &partner, "application/json"),
    ] {
        let answer = get(&app, path, &[("Authorization", auth)]).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(header(&answer, "content-type"), media_type, "{path}");
        assert_ne!(header(&answer, "retry-after"), "", "{path}");
    }

    // Other clients of the tenant go on, until the tenant has had enough.
    let mut refused = String::new();
    for token in others {
        let auth = format!("Bearer {token}");
        let (_, answer) = until_refused(&app, &path, &[("Authorization", &auth)]).await;
        refused = header(&answer, "ratelimit").to_owned();
    }
    assert!(refused.starts_with("\"tenant\";r=0;"), "{refused}");
    assert!(metric(&app, "upsell_rate_limited_total{limit=\"tenant\"}").await >= 1);
}

/// The token of a new client of the first tenant.
async fn another_client(app: &TestApp) -> String {
    let tenant_id = app.first.tenant_id.clone();
    let body = json!({ "tenant_id": tenant_id, "name": "another", "scopes": ["account_read"] });
    let made = app.post("/api/2/clients", &body).await.expect(201).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let client = First {
        client_id: text("client_id"),
        client_secret: text("client_secret"),
        tenant_id,
    };
    app.token_of(&client).await
}

#[tokio::test]
async fn tracked_links_are_limited_where_it_is_asked_for() {
    let settings = [
        ("UPSELL_RATE_LIMITS_REDIRECT_PER_S", TIGHT),
        ("UPSELL_RATE_LIMITS_REDIRECT_BURST", "3"),
    ];
    for (settings, is_limited) in [(&settings[..], true), (&[][..], false)] {
        let app = TestApp::start(settings).await;
        let mut refused = 0;
        for _ in 0..30 {
            let answer = get(&app, "/r/nonsense", &[]).await;
            refused += usize::from(answer.status() == StatusCode::TOO_MANY_REQUESTS);
        }
        assert_eq!(refused > 0, is_limited, "{refused}");
    }
}

#[tokio::test]
async fn bulk_reports_do_not_meet_the_defaults() {
    let app = TestApp::start(&[]).await;
    let body = format!(
        "[{{\"tenant_id\":\"{}\",\"item\":\"storage_size\",\"value\":1}}]",
        app.first.tenant_id
    );
    let url = format!("{}/api/upsell/v1/usages", app.base);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let request = app.http.request(Method::POST, &url);
        let request = request
            .bearer_auth(&app.token)
            .header("content-type", "application/json")
            .body(body.clone());
        tasks.spawn(async move {
            for _ in 0..250 {
                let answer = request.try_clone().unwrap().send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
