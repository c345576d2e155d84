//! Who may do what: tokens, clients, scopes, and subtrees that know nothing of each other.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Api, unique};

/// Every route that names an account or a client, with a body that would be taken.
fn routes(tenant: &str, user: &str, client: &str) -> Vec<(Method, String, Option<Value>)> {
    let items = json!({"offering_items": [{"usage_name": "vms", "quota": {"value": 1}}]});
    let t = |rest: &str| format!("/api/2/tenants/{tenant}{rest}");
    let u = |rest: &str| format!("/api/2/users/{user}{rest}");
    let (get, put, post, delete) = (Method::GET, Method::PUT, Method::POST, Method::DELETE);
    let new_user = json!({"tenant_id": tenant, "login": unique("new")});
    let new_tenant = json!({"name": unique("new"), "kind": "unit", "parent_id": tenant});
    vec![
        (get.clone(), t(""), None),
        (put.clone(), t(""), Some(json!({"version": 1}))),
        (delete.clone(), t("?version=1"), None),
        (get.clone(), t("/children"), None),
        (get.clone(), t("/users"), None),
        (get.clone(), t("/brand"), None),
        (put.clone(), t("/brand?version=1"), Some(json!({}))),
        (post.clone(), t("/brand"), Some(json!({}))),
        (delete.clone(), t("/brand"), None),
        (get.clone(), t("/brand/logo"), None),
        (get.clone(), t("/offering_items"), None),
        (put.clone(), t("/offering_items"), Some(items.clone())),
        (get.clone(), t("/offering_items/available_for_child"), None),
        (get.clone(), t("/usages"), None),
        (
            get.clone(),
            format!("/api/2/tenants?parent_id={tenant}"),
            None,
        ),
        (
            get.clone(),
            format!("/api/2/tenants?subtree_root_id={tenant}"),
            None,
        ),
        (
            get.clone(),
            format!("/api/2/search?tenant={tenant}&text=abc"),
            None,
        ),
        (
            get.clone(),
            format!("/api/2/clients?tenant_id={tenant}"),
            None,
        ),
        (
            get.clone(),
            format!("/api/2/users?tenant_id={tenant}"),
            None,
        ),
        (
            get.clone(),
            format!("/api/2/users?subtree_root_tenant_id={tenant}"),
            None,
        ),
        (post.clone(), "/api/2/users".to_owned(), Some(new_user)),
        (post.clone(), "/api/2/tenants".to_owned(), Some(new_tenant)),
        (
            post.clone(),
            "/api/2/clients".to_owned(),
            Some(json!({"tenant_id": tenant})),
        ),
        (get.clone(), u(""), None),
        (put.clone(), u(""), Some(json!({"version": 1}))),
        (delete.clone(), u("?version=1"), None),
        (get.clone(), u("/access_policies"), None),
        (
            put.clone(),
            u("/access_policies"),
            Some(json!({"items": []})),
        ),
        (post, u("/send-activation-email"), Some(json!({}))),
        (get.clone(), u("/offering_items"), None),
        (put.clone(), u("/offering_items"), Some(items)),
        (get.clone(), u("/usages"), None),
        (get, format!("/api/2/clients/{client}"), None),
        (
            put,
            format!("/api/2/clients/{client}"),
            Some(json!({"version": 1})),
        ),
        (delete, format!("/api/2/clients/{client}"), None),
    ]
}

/// A parent's, a sibling's and an unknown thing are told alike, in every route, to the byte.
#[tokio::test]
async fn what_is_out_of_reach_does_not_exist() {
    let api = Api::start().await;
    let own = api.tenant("partner", &api.root).await;
    let sibling = api.tenant("customer", &api.root).await;
    let (sister, aunt) = (api.user(&sibling).await, api.user(&api.root).await);
    let body = json!({"tenant_id": sibling});
    let client = api.post("/api/2/clients", &body).await.expect(201).json();
    let client = client["client_id"].as_str().unwrap().to_owned();
    let all = ["account_read", "account_write", "clients", "usage_write"];
    let token = api.token_at(&own, &all).await;
    let unknown = || uuid::Uuid::new_v4().to_string();
    let before = api
        .get(&format!("/api/2/users?subtree_root_tenant_id={}", api.root))
        .await;

    let nothing = routes(&unknown(), &unknown(), &unknown());
    let malformed = routes("7", "%00", "..%2f");
    for others in [
        routes(&sibling, &sister, &client),
        routes(&api.root, &aunt, &api.client.0),
    ] {
        for ((method, path, body), (_, known_as, other)) in others.iter().zip(&nothing) {
            let foreign = api
                .call_as(&token, method.clone(), path, body.as_ref())
                .await;
            let missing = api
                .call_as(&token, method.clone(), known_as, other.as_ref())
                .await;
            assert_eq!(
                (foreign.status, missing.status),
                (404, 404),
                "{method} {path}"
            );
            assert_eq!(foreign.lasting(), missing.lasting(), "{method} {path}");
        }
    }
    for (method, path, body) in malformed.iter().filter(|(_, path, _)| path.contains("s/")) {
        let answer = api
            .call_as(&token, method.clone(), path, body.as_ref())
            .await;
        assert!(
            [400, 404].contains(&answer.status),
            "{method} {path} {}",
            answer.text()
        );
    }
    // Lists leave out what is foreign.
    for path in [
        format!("/api/2/tenants?uuids={sibling},{}", api.root),
        format!("/api/2/users?uuids={sister},{aunt}"),
        format!("/api/2/tenants/usages?tenants={sibling},{}", api.root),
    ] {
        let found = api
            .call_as(&token, Method::GET, &path, None)
            .await
            .expect(200);
        assert_eq!(found.json()["items"], json!([]), "{path}");
    }
    let report =
        json!({"items": [{"tenant_id": sibling, "usage_name": "vms", "absolute_value": 1}]});
    let done = api
        .call_as(&token, Method::PUT, "/api/2/tenants/usages", Some(&report))
        .await;
    assert_eq!(done.expect(200).json()["items"][0]["error"]["code"], 1005);
    let after = api
        .get(&format!("/api/2/users?subtree_root_tenant_id={}", api.root))
        .await;
    assert_eq!(after.json()["items"], before.json()["items"]);
    let tenant = api.get(&format!("/api/2/tenants/{sibling}")).await.json();
    assert_eq!(tenant["version"], 1);
}

/// Without a token 401, without the scope 403, whatever is asked for.
#[tokio::test]
async fn every_route_wants_a_token_and_its_scope() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let body = json!({"tenant_id": tenant});
    let client = api.post("/api/2/clients", &body).await.expect(201).json();
    let client = client["client_id"].as_str().unwrap().to_owned();
    let usage_only = api.token_at(&api.root, &["usage_write"]).await;
    let reader = api.token_at(&api.root, &["account_read"]).await;
    let mut all = routes(&tenant, &user, &client);
    let report = json!({"items": []});
    all.push((
        Method::PUT,
        "/api/2/tenants/usages".to_owned(),
        Some(report),
    ));
    for (method, path, body) in &all {
        let request = api.request(method.clone(), path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let nobody = api.send(request).await.expect(401);
        assert!(
            nobody.header("www-authenticate").starts_with("Bearer"),
            "{path}"
        );
        api.call_as("e30.e30.e30", method.clone(), path, body.as_ref())
            .await
            .expect(401);
        let is_report = path == "/api/2/tenants/usages";
        let lacking = if is_report { &reader } else { &usage_only };
        let refused = api
            .call_as(lacking, method.clone(), path, body.as_ref())
            .await
            .expect(403);
        assert_eq!(refused.code(), 1002, "{method} {path}");
        if *method != Method::GET {
            api.call_as(&reader, method.clone(), path, body.as_ref())
                .await
                .expect(403);
        }
    }
    let version = api.get(&format!("/api/2/tenants/{tenant}")).await.json()["version"].clone();
    assert_eq!(version, 1);
}

#[tokio::test]
async fn errors_of_the_transport_have_the_envelope_too() {
    let api = Api::start().await;
    let nowhere = api.get("/api/2/planets").await.expect(404);
    assert_eq!(nowhere.json()["error"]["domain"], "AccountServer");
    assert!(nowhere.json()["error"]["context"]["id"].is_string());
    let wrong = api.delete("/api/2/tenants").await.expect(405);
    assert_eq!(wrong.header("allow"), "GET, HEAD, POST");
    let post = |media_type: &'static str, body: String| {
        api.request(Method::POST, "/api/2/tenants")
            .bearer_auth(&api.token)
            .header("content-type", media_type)
            .body(body)
    };
    api.send(post("text/plain", "{}".to_owned()))
        .await
        .expect(415);
    let packed = post("application/json", "{}".to_owned()).header("content-encoding", "gzip");
    api.send(packed).await.expect(415);
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(
        api.send(post("application/json", large))
            .await
            .expect(413)
            .code(),
        413
    );
}
