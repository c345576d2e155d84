//! `Idempotency-Key` as callers see it: a write that is sent twice is carried out once.

use std::collections::HashSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Answer, Api, unique};
use crate::support::app::TestApp;

/// A write with a key, by the holder of `token`.
pub(crate) async fn write(
    api: &Api,
    token: &str,
    key: &str,
    (method, path): (Method, &str),
    body: &Value,
) -> Answer {
    let request = api.request(method, path).bearer_auth(token);
    let request = request.header("idempotency-key", key).json(body);
    api.send(request).await
}

pub(crate) async fn post(api: &Api, key: &str, path: &str, body: &Value) -> Answer {
    write(api, &api.token, key, (Method::POST, path), body).await
}

pub(crate) fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

pub(crate) fn customer(api: &Api) -> Value {
    json!({"name": unique("customer"), "kind": "customer", "parent_id": api.root})
}

async fn children(api: &Api) -> usize {
    let path = format!("/api/2/tenants/{}/children", api.root);
    let found = api.get(&path).await.expect(200).json();
    found["items"].as_array().unwrap().len()
}

/// The same answer, except for what belongs to the request that it answers.
#[track_caller]
fn assert_same(first: &Answer, again: &Answer) {
    assert!(!is_replay(first) && is_replay(again), "{again:?}");
    assert_eq!((first.status, &first.text()), (again.status, &again.text()));
    for (name, value) in &first.headers {
        if !["x-request-id", "date", "ratelimit"].contains(&name.as_str()) {
            assert_eq!(again.headers.get(name), Some(value), "{name}");
        }
    }
    assert_eq!(again.headers.len(), first.headers.len() + 1);
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
}

#[tokio::test]
async fn a_repeated_write_gets_the_first_answer_and_is_done_once() {
    let api = Api::start().await;
    let body = customer(&api);
    let first = post(&api, "k1", "/api/2/tenants", &body).await.expect(201);
    for _ in 0..2 {
        assert_same(&first, &post(&api, "k1", "/api/2/tenants", &body).await);
    }
    assert_eq!(children(&api).await, 1);
    // A second one of the name is a conflict, and stays one.
    let taken = post(&api, "k2", "/api/2/tenants", &body).await.expect(409);
    assert_same(&taken, &post(&api, "k2", "/api/2/tenants", &body).await);

    // The version that a PUT or DELETE names is stale afterwards; the replay does not mind.
    let path = format!("/api/2/tenants/{}", first.json()["id"].as_str().unwrap());
    let off = json!({"version": 1, "enabled": false});
    let put = async || write(&api, &api.token, "k3", (Method::PUT, &path), &off).await;
    let first = put().await.expect(200);
    assert_eq!(first.header("etag"), "\"2\"");
    assert_same(&first, &put().await);
    let gone = format!("{path}?version=2");
    let delete = async || write(&api, &api.token, "k4", (Method::DELETE, &gone), &json!({})).await;
    let first = delete().await.expect(204);
    assert_same(&first, &delete().await);
    // The native dialect's problems come back as they were, request id and all.
    let path = format!("/api/upsell/v1/emails/{}/retry", uuid::Uuid::new_v4());
    let first = post(&api, "k5", &path, &json!({})).await.expect(404);
    let again = post(&api, "k5", &path, &json!({})).await;
    assert_same(&first, &again);
    assert_eq!(again.json()["request_id"], first.header("x-request-id"));
    // One entry for each change, none for a replay.
    let audit = api.get("/api/upsell/v1/audit").await.json();
    let actions: Vec<&Value> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["action"])
        .collect();
    assert_eq!(
        actions[..3],
        ["tenant.delete", "tenant.update", "tenant.create"]
    );
    assert_eq!(actions.len(), 5);
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let api = Api::start().await;
    let body = customer(&api);
    let made = post(&api, "k", "/api/2/tenants", &body)
        .await
        .expect(201)
        .json();
    let id = made["id"].as_str().unwrap();
    let tenant = format!("/api/2/tenants/{id}");
    for (method, path, other) in [
        (Method::POST, "/api/2/tenants".to_owned(), customer(&api)),
        (Method::POST, "/api/2/tenants?x=1".to_owned(), body.clone()),
        (Method::POST, "/api/2/users".to_owned(), body.clone()),
        (
            Method::PUT,
            tenant.clone(),
            json!({"version": 1, "enabled": false}),
        ),
        (Method::DELETE, format!("{tenant}?version=1"), json!({})),
    ] {
        let refused = write(&api, &api.token, "k", (method, &path), &other)
            .await
            .expect(422);
        assert_eq!(refused.code(), 422);
        assert!(
            refused.text().contains("another request"),
            "{}",
            refused.text()
        );
    }
    let path = format!("/api/upsell/v1/tenants/{id}/quota-settings");
    let settings = json!({"soon_percent": {"storage_size": 5}});
    let refused = write(&api, &api.token, "k", (Method::PUT, &path), &settings)
        .await
        .expect(422);
    assert_eq!(refused.json()["type"], "urn:upsell:problem:key-reused");
    assert_eq!(api.get(&tenant).await.json(), made);
    assert_eq!(children(&api).await, 1);
}

#[tokio::test]
async fn of_concurrent_twins_one_is_carried_out() {
    let api = Api::start().await;
    for round in 1..=5 {
        let (key, body) = (unique("twins"), customer(&api));
        let twins = (0..16).map(|_| post(&api, &key, "/api/2/tenants", &body));
        let answers = join_all(twins).await;
        let mut first = HashSet::new();
        for answer in answers {
            if answer.status == 409 {
                assert_eq!(answer.header("retry-after"), "1", "{}", answer.text());
                continue;
            }
            first.insert(answer.expect(201).text());
        }
        assert_eq!((first.len(), children(&api).await), (1, round));
        let again = post(&api, &key, "/api/2/tenants", &body).await.expect(201);
        assert!(is_replay(&again) && first.contains(&again.text()));
    }
}

#[tokio::test]
async fn a_replay_is_authorized_anew_and_for_its_own_caller_only() {
    let api = Api::start().await;
    let body =
        json!({"tenant_id": api.root, "type": "agent", "scopes": ["clients", "account_read"]});
    let made = api.post("/api/2/clients", &body).await.expect(201).json();
    let field = |name: &str| made[name].as_str().unwrap().to_owned();
    let client = (field("client_id"), field("client_secret"));
    let own = api.token_for(&client, &[]).await;
    let inner = json!({"tenant_id": api.root, "type": "agent", "scopes": ["account_read"]});
    let create =
        async |token: &str| write(&api, token, "k", (Method::POST, "/api/2/clients"), &inner).await;
    let first = create(&own).await.expect(201);
    assert_same(&first, &create(&own).await);
    // Another client of the same tenant may do the same: with the same key it does it itself.
    let foreign = create(&api.token).await.expect(201);
    assert!(!is_replay(&foreign));
    assert_ne!(foreign.json()["client_id"], first.json()["client_id"]);
    // So does another token of the same client, which is the same caller.
    let second = api.token_for(&client, &[]).await;
    assert_same(&first, &create(&second).await);
    // Who may not do it any more does not see the answer, with its secret, either.
    let narrow = api.token_for(&client, &[("scope", "account_read")]).await;
    let refused = create(&narrow).await.expect(403);
    assert!(
        !refused
            .text()
            .contains(first.json()["client_secret"].as_str().unwrap())
    );
    let path = format!("/api/2/clients/{}", client.0);
    let less = json!({"version": 1, "scopes": ["account_read"]});
    api.put(&path, &less).await.expect(200);
    create(&own).await.expect(403);
    // What was refused for lack of a scope is not kept against the caller.
    let users = json!({"tenant_id": api.root, "login": unique("user")});
    let create = async || write(&api, &own, "later", (Method::POST, "/api/2/users"), &users).await;
    create().await.expect(403);
    let more = json!({"version": 2, "scopes": ["account_read", "account_write", "clients"]});
    api.put(&path, &more).await.expect(200);
    let own = api.token_for(&client, &[]).await;
    let done = write(&api, &own, "later", (Method::POST, "/api/2/users"), &users).await;
    assert!(!is_replay(&done.expect(200)));
    api.put(&path, &json!({"version": 3, "status": "disabled"}))
        .await
        .expect(200);
    write(&api, &own, "later", (Method::POST, "/api/2/users"), &users)
        .await
        .expect(401);
}

#[tokio::test]
async fn hostile_keys_are_refused_and_reads_need_none() {
    let api = Api::start().await;
    let send = async |keys: &[&[u8]]| {
        let mut request = api
            .request(Method::POST, "/api/2/tenants")
            .bearer_auth(&api.token);
        for key in keys {
            let value = reqwest::header::HeaderValue::from_bytes(key).unwrap();
            request = request.header("idempotency-key", value);
        }
        api.send(request.json(&customer(&api))).await
    };
    let long = [b'x'; 256];
    let bad: [&[&[u8]]; 6] = [
        &[b""],
        &[&long],
        &[b"a b"],
        &[b"\xc3\xa4"],
        &[b"a\tb"],
        &[b"a", b"b"],
    ];
    for keys in bad {
        let refused = send(keys).await.expect(400).json();
        let field = &refused["error"]["details"]["addition"][0]["field"];
        assert_eq!(field, "Idempotency-Key", "{keys:?}");
    }
    assert_eq!(children(&api).await, 0);
    send(&[&long[..255]]).await.expect(201);
    send(&[b"../../etc/passwd"]).await.expect(201);
    send(&[b"'\"<>{}|\\^`%00"]).await.expect(201);
    let read = api
        .request(Method::GET, "/api/2/users/me")
        .bearer_auth(&api.token);
    let read = read
        .header("idempotency-key", "a b")
        .header("idempotency-key", "c");
    api.send(read).await.expect(403);
}

#[tokio::test]
async fn replays_survive_a_restart_and_secrets_are_sealed() {
    let mut app = TestApp::start(&[]).await;
    let body = json!({"tenant_id": app.first.tenant_id, "type": "agent"});
    let send = async |app: &TestApp| {
        let request = app.request(Method::POST, "/api/2/clients").json(&body);
        let request = request.header("idempotency-key", "first client");
        request.header("x-none", "").send().await.unwrap()
    };
    assert_eq!(send(&app).await.status(), 400);
    let send = async |app: &TestApp| {
        let request = app.request(Method::POST, "/api/2/clients").json(&body);
        let answer = request
            .header("idempotency-key", "first-client")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
        let replayed = answer.headers().contains_key("idempotency-replayed");
        (replayed, answer.text().await.unwrap())
    };
    let (replayed, first) = send(&app).await;
    assert!(!replayed);
    app.kill9().await;
    app.restart().await;
    assert_eq!(send(&app).await, (true, first.clone()));
    app.sigterm().await;
    let secret: Value = serde_json::from_str(&first).unwrap();
    let secret = secret["client_secret"]
        .as_str()
        .unwrap()
        .as_bytes()
        .to_vec();
    let stored = app.stored_bytes().await;
    assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret));
    app.restart().await;
    assert_eq!(send(&app).await, (true, first));
}
