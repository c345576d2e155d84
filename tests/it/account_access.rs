//! Who may do what: tokens, clients, scopes, and subtrees that know nothing of each other.

use reqwest::Method;
use serde_json::{Value, json};

use crate::account_api::{Answer, Api, unique};

async fn form(
    api: &Api,
    path: &str,
    basic: Option<(&str, &str)>,
    fields: &[(&str, &str)],
) -> Answer {
    let mut request = api.request(Method::POST, path).form(fields);
    if let Some((id, secret)) = basic {
        request = request.basic_auth(id, Some(secret));
    }
    api.send(request).await
}

#[tokio::test]
async fn token_errors_are_those_of_oauth() {
    let api = Api::start().await;
    let (id, secret) = (api.client.0.as_str(), api.client.1.as_str());
    let good = Some((id, secret));
    let grant = ("grant_type", "client_credentials");
    let unknown = uuid::Uuid::new_v4().to_string();
    let in_form = [grant, ("client_id", id), ("client_secret", secret)];
    for (basic, fields, status, error) in [
        (good, vec![grant], 200, ""),
        (None, in_form.to_vec(), 200, ""),
        (good, vec![grant, ("scope", "account_read")], 200, ""),
        (
            good,
            vec![("grant_type", "password")],
            400,
            "unsupported_grant_type",
        ),
        (good, vec![], 400, "invalid_request"),
        (good, in_form.to_vec(), 400, "invalid_request"),
        (
            good,
            vec![grant, ("scope", "everything")],
            400,
            "invalid_scope",
        ),
        (
            good,
            vec![grant, ("user_id", &unknown)],
            400,
            "invalid_request",
        ),
        (good, vec![grant, ("user_id", "7")], 400, "invalid_request"),
        (None, vec![grant], 401, "invalid_client"),
        (None, vec![grant, ("client_id", id)], 401, "invalid_client"),
        (Some((id, "wrong")), vec![grant], 401, "invalid_client"),
        (Some((id, "")), vec![grant], 401, "invalid_client"),
        (Some((&unknown, secret)), vec![grant], 401, "invalid_client"),
        (Some(("nobody", secret)), vec![grant], 401, "invalid_client"),
    ] {
        let answer = form(&api, "/api/2/idp/token", basic, &fields)
            .await
            .expect(status);
        let body = answer.json();
        assert_eq!(answer.header("cache-control"), "no-store");
        if status == 200 {
            assert_eq!(body["token_type"], "bearer");
            continue;
        }
        assert_eq!(body["error"], error, "{fields:?}");
        assert!(body["error_description"].is_string());
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge.starts_with("Basic"), status == 401);
    }
    let unknown_client = form(&api, "/api/2/idp/token", Some((&unknown, secret)), &[grant]).await;
    let wrong_secret = form(&api, "/api/2/idp/token", Some((id, "wrong")), &[grant]).await;
    assert_eq!(unknown_client.text, wrong_secret.text);
}

#[tokio::test]
async fn tokens_are_published_introspected_and_revoked() {
    let api = Api::start().await;
    let good = Some((api.client.0.as_str(), api.client.1.as_str()));
    let request = api.request(Method::GET, "/api/2/idp/.well-known/openid-configuration");
    let configuration = api.send(request).await.expect(200).json();
    let issuer = configuration["issuer"].as_str().unwrap();
    assert!(issuer.ends_with("/api/2/idp"));
    assert_eq!(configuration["token_endpoint"], format!("{issuer}/token"));
    let request = api.request(Method::GET, "/api/2/idp/keys");
    let keys = api.send(request).await.expect(200).json();
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["alg"], &key["e"]),
        (&json!("RSA"), &json!("RS256"), &json!("AQAB"))
    );
    assert!(key.get("d").is_none());
    let header = jsonwebtoken::decode_header(&api.token).unwrap();
    assert_eq!(header.kid.as_deref(), key["kid"].as_str());

    let token = [("token", api.token.as_str())];
    let introspect = async |fields: &[(&str, &str)]| {
        form(&api, "/api/2/idp/introspect_token", good, fields)
            .await
            .expect(200)
            .json()
    };
    let active = introspect(&token).await;
    assert_eq!(active["active"], true);
    assert_eq!(active["client_id"], api.client.0.as_str());
    assert_eq!(
        introspect(&[("token", "nonsense")]).await,
        json!({"active": false})
    );
    form(&api, "/api/2/idp/revoke_token", None, &token)
        .await
        .expect(401);
    form(&api, "/api/2/idp/revoke_token", good, &[])
        .await
        .expect(400);
    form(
        &api,
        "/api/2/idp/revoke_token",
        good,
        &[("token", "nonsense")],
    )
    .await
    .expect(200);
    api.get("/api/2/clients").await.expect(200);
    form(&api, "/api/2/idp/revoke_token", good, &token)
        .await
        .expect(200);
    let over = api.get("/api/2/clients").await.expect(401);
    assert!(over.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(introspect(&token).await, json!({"active": false}));
}

#[tokio::test]
async fn clients_are_created_changed_and_deleted() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let body = json!({
        "tenant_id": customer, "type": "agent", "data": {"client_name": "billing"},
        "scopes": ["account_read", "clients"],
    });
    let made = api.post("/api/2/clients", &body).await.expect(201).json();
    let (id, secret) = (
        made["client_id"].as_str().unwrap(),
        made["client_secret"].as_str().unwrap(),
    );
    assert_eq!(secret.len(), 43);
    let path = format!("/api/2/clients/{id}");
    let read = api.get(&path).await.expect(200).json();
    let mut expected = made.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(read, expected);
    assert_eq!(read["data"]["client_name"], "billing");
    assert_eq!(read["scopes"], json!(["account_read", "clients"]));
    let listed = api
        .get(&format!("/api/2/clients?tenant_id={customer}"))
        .await
        .expect(200);
    assert_eq!(listed.json()["items"], json!([expected]));
    assert!(!listed.text.contains("secret\""));

    let own = (id.to_owned(), secret.to_owned());
    let token = api.token_for(&own, &[]).await;
    // Nobody gives more than they have, nor changes what they cannot see.
    let more = json!({"tenant_id": customer, "scopes": ["account_write"]});
    let refused = api
        .call_as(&token, Method::POST, "/api/2/clients", Some(&more))
        .await;
    assert_eq!(refused.expect(403).code(), 1002);
    let above = json!({"tenant_id": api.root, "scopes": ["account_read"]});
    api.call_as(&token, Method::POST, "/api/2/clients", Some(&above))
        .await
        .expect(404);
    let grow = json!({"version": 1, "scopes": ["account_read", "clients", "account_write"]});
    api.call_as(&token, Method::PUT, &path, Some(&grow))
        .await
        .expect(403);

    for bad in [
        json!({"version": 1, "status": "asleep"}),
        json!({"status": "disabled"}),
    ] {
        api.put(&path, &bad).await.expect(400);
    }
    let stale = json!({"version": 7, "status": "disabled"});
    assert_eq!(api.put(&path, &stale).await.expect(409).code(), 1001);
    let disabled = json!({"version": 1, "status": "disabled"});
    assert_eq!(
        api.put(&path, &disabled).await.expect(200).json()["status"],
        "disabled"
    );
    // At once, for tokens that are out already.
    api.call_as(&token, Method::GET, &path, None)
        .await
        .expect(401);
    api.delete(&path).await.expect(204);
    api.get(&path).await.expect(404);
    for bad in [
        json!({"tenant_id": customer, "type": "planet"}),
        json!({"tenant_id": customer, "scopes": ["everything"]}),
        json!({"tenant_id": "7"}),
        json!({}),
    ] {
        api.post("/api/2/clients", &bad).await.expect(400);
    }
}

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
            answer.text
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
