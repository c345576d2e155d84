//! Who gets in, and how far: tokens, scopes, subtrees.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::accounts::{Account, PLAIN, Tenant, User};
use crate::support::app::{Answer, First, TestApp, send};

/// A client of `tenant`, with these scopes only, where given.
async fn client_of(app: &TestApp, tenant: &str, scopes: Option<&[&str]>) -> First {
    let mut body = json!({"type": "api_client", "tenant_id": tenant, "data": {"client_name": "x"}});
    if let Some(scopes) = scopes {
        body["scopes"] = json!(scopes);
    }
    let made = app.post("/api/2/clients", &body).await.expect(201).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    First {
        tenant_id: text("tenant_id"),
        client_id: text("client_id"),
        client_secret: text("client_secret"),
    }
}

async fn with_token(app: &TestApp, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let method: Method = method.parse().unwrap();
    let request = app
        .http
        .request(method.clone(), app.url(path))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.to_owned());
    send(&format!("{method} {path}"), request).await
}

/// Every kind of thing that has an id, with `{t}` and `{u}` for a tenant and a user.
const ROUTES: [(&str, &str, &str); 25] = [
    ("GET", "/api/2/tenants/{t}", ""),
    (
        "PUT",
        "/api/2/tenants/{t}",
        r#"{"version":1,"name":"taken over"}"#,
    ),
    ("DELETE", "/api/2/tenants/{t}?version=1", ""),
    ("GET", "/api/2/tenants/{t}/children", ""),
    ("GET", "/api/2/tenants/{t}/users", ""),
    ("GET", "/api/2/tenants/{t}/brand", ""),
    (
        "PUT",
        "/api/2/tenants/{t}/brand?version=1",
        r#"{"upsell_url":"https://evil.example/"}"#,
    ),
    ("POST", "/api/2/tenants/{t}/brand", ""),
    ("DELETE", "/api/2/tenants/{t}/brand", ""),
    ("GET", "/api/2/tenants/{t}/offering_items", ""),
    (
        "PUT",
        "/api/2/tenants/{t}/offering_items",
        r#"{"offering_items":[]}"#,
    ),
    ("GET", "/api/2/tenants/{t}/usages", ""),
    ("GET", "/api/upsell/v1/tenants/{t}/quotas", ""),
    ("GET", "/api/upsell/v1/tenants/{t}/clicks", ""),
    ("GET", "/api/2/users/{u}", ""),
    (
        "PUT",
        "/api/2/users/{u}",
        r#"{"version":1,"business_types":["buyer"]}"#,
    ),
    ("DELETE", "/api/2/users/{u}?version=1", ""),
    ("GET", "/api/2/users/{u}/access_policies", ""),
    ("PUT", "/api/2/users/{u}/access_policies", r#"{"items":[]}"#),
    ("GET", "/api/2/users/{u}/offering_items", ""),
    ("GET", "/api/2/users/{u}/usages", ""),
    ("GET", "/api/upsell/v1/users/{u}/alerts", ""),
    ("GET", "/api/upsell/v1/users/{u}/header", ""),
    ("GET", "/api/upsell/v1/users/{u}/explain", ""),
    ("GET", "/api/upsell/v1/users/{u}/quotas", ""),
];

/// The answer without what differs between any two requests.
fn comparable(answer: &Answer) -> (u16, String) {
    let mut body = answer.json();
    if body["error"].is_object() {
        body["error"]["context"]["id"] = Value::Null;
    }
    if body["request_id"].is_string() {
        body["request_id"] = Value::Null;
    }
    (answer.status, body.to_string())
}

struct Neighbours {
    app: TestApp,
    token: String,
    other: (Tenant, User),
}

async fn neighbours() -> Neighbours {
    let app = TestApp::start(&[]).await;
    let (own, foreign) = (app.create_customer().await, app.create_customer().await);
    let user = app.create_user(&foreign, PLAIN).await;
    let client = client_of(&app, &own.id, None).await;
    let token = app.token_of(&client).await;
    Neighbours {
        app,
        token,
        other: (foreign, user),
    }
}

#[tokio::test]
async fn what_is_foreign_is_answered_like_what_does_not_exist() {
    let Neighbours { app, token, other } = neighbours().await;
    let (tenant, user) = &other;
    let root = &app.first.tenant_id;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let before = (app.user(user).await, app.tenant_version(&tenant.id).await);
    for (method, path, body) in ROUTES {
        let fill = |t: &str, u: &str| path.replace("{t}", t).replace("{u}", u);
        let unknown = with_token(&app, &token, method, &fill(nobody, nobody), body).await;
        assert_eq!(unknown.status, 404, "{method} {path}: {}", unknown.text());
        for path in [fill(&tenant.id, &user.id), fill(root, &user.id)] {
            let foreign = with_token(&app, &token, method, &path, body).await;
            assert_eq!(
                comparable(&foreign),
                comparable(&unknown),
                "{method} {path}"
            );
        }
    }
    assert_eq!(
        (app.user(user).await, app.tenant_version(&tenant.id).await),
        before
    );

    // Lists do not tell either, nor do reports.
    let path = format!("/api/2/users?uuids={}", user.id);
    let list = with_token(&app, &token, "GET", &path, "")
        .await
        .expect(200)
        .json();
    assert_eq!(list["items"], json!([]));
    let report = json!([{"tenant_id": tenant.id, "item": "storage_size", "value": 1},
                        {"tenant_id": nobody, "item": "storage_size", "value": 1}]);
    let path = "/api/upsell/v1/usages";
    let answer = with_token(&app, &token, "POST", path, &report.to_string()).await;
    let rejected = answer.expect(200).json()["rejected"].take();
    assert_eq!(rejected[0]["error"], rejected[1]["error"], "{rejected}");
}

#[tokio::test]
async fn without_a_token_or_its_scope_there_is_nothing() {
    let Neighbours { app, other, .. } = neighbours().await;
    let (tenant, user) = &other;
    let client = client_of(&app, &tenant.id, Some(&["usage_write"])).await;
    let narrow = app.token_of(&client).await;
    for (method, path, body) in ROUTES {
        let path = path.replace("{t}", &tenant.id).replace("{u}", &user.id);
        let request = app.http.request(method.parse().unwrap(), app.url(&path));
        let answer = send(&path, request.body(body)).await.expect(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"upsell\"");
        assert!(
            answer.text().contains("POST /api/2/idp/token"),
            "{}",
            answer.text()
        );

        let answer = with_token(&app, &narrow, method, &path, body)
            .await
            .expect(403);
        assert!(
            answer.text().contains("lacks the scope"),
            "{}",
            answer.text()
        );
    }
    let report = json!([{"tenant_id": tenant.id, "item": "storage_size", "value": 1}]);
    let path = "/api/upsell/v1/usages";
    let answer = with_token(&app, &narrow, "POST", path, &report.to_string()).await;
    assert_eq!(answer.expect(200).json()["accepted"], 1);
}

#[tokio::test]
async fn tokens_that_were_touched_or_are_over_do_not_hold() {
    let app = TestApp::start(&[]).await;
    let path = format!("/api/2/tenants/{}", app.first.tenant_id);
    let ask = async |token: &str| with_token(&app, token, "GET", &path, "").await.status;
    let token = app.token.clone();
    assert_eq!(ask(&token).await, 200);

    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("no JWT: {token}");
    };
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let write = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut none = read(header);
    none["alg"] = json!("none");
    let mut symmetric = read(header);
    symmetric["alg"] = json!("HS256");
    let mut longer = read(claims);
    longer["exp"] = json!(longer["exp"].as_i64().unwrap() + 3600);
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    for forged in [
        format!("{}.{claims}.", write(&none)),
        format!("{}.{claims}.{signature}", write(&none)),
        format!("{}.{claims}.{signature}", write(&symmetric)),
        format!("{header}.{}.{signature}", write(&longer)),
        format!("{header}.{claims}.{flipped}{}", &signature[1..]),
        format!("{header}.{claims}"),
        String::new(),
        "x".repeat(5000),
    ] {
        assert_eq!(ask(&forged).await, 401, "{forged}");
    }

    let revoke = app
        .http
        .post(app.url("/api/2/idp/revoke_token"))
        .basic_auth(&app.first.client_id, Some(&app.first.client_secret))
        .form(&[("token", &token)]);
    send("revoke", revoke).await.expect(200);
    assert_eq!(ask(&token).await, 401, "revoked");

    let wrong = app
        .http
        .post(app.url("/api/2/idp/token"))
        .basic_auth(&app.first.client_id, Some("wrong"))
        .form(&[("grant_type", "client_credentials")]);
    let refused = send("wrong secret", wrong).await.expect(401);
    assert_eq!(refused.json()["error"], "invalid_client");
}

#[tokio::test]
async fn a_partner_reaches_its_customers_and_they_not_it() {
    let app = TestApp::start(&[]).await;
    let partner = app.create_tenant("partner", &app.first.tenant_id).await;
    let customer = app.create_tenant("customer", &partner.id).await;
    let user = app.create_user(&customer, PLAIN).await;
    app.set_quota(Account::Tenant(&customer), "vms", 1).await;
    let above = app
        .token_of(&client_of(&app, &partner.id, None).await)
        .await;
    let below = app
        .token_of(&client_of(&app, &customer.id, None).await)
        .await;
    let of = |tenant: &Tenant| format!("/api/2/tenants/{}", tenant.id);
    let alerts = format!("/api/upsell/v1/users/{}/alerts", user.id);
    for (token, path, status) in [
        (&above, of(&partner), 200),
        (&above, of(&customer), 200),
        (&above, alerts.clone(), 200),
        (&below, of(&customer), 200),
        (&below, alerts, 200),
        (&below, of(&partner), 404),
    ] {
        with_token(&app, token, "GET", &path, "")
            .await
            .expect(status);
    }
}
