//! `/api/2/idp` and `/api/2/clients`.

use reqwest::Method;
use serde_json::json;

use crate::support::api::{Answer, Api};

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
    let reader = api.user(&api.root).await;
    let user = ("user_id", reader.as_str());
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
        (good, vec![grant, user, ("scope", "alerts_read")], 200, ""),
        (good, vec![grant, user, ("scope", " ")], 200, ""),
        (
            good,
            vec![grant, user, ("scope", "account_read")],
            400,
            "invalid_scope",
        ),
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
    assert_eq!(unknown_client.text(), wrong_secret.text());
}

#[tokio::test]
async fn a_request_without_a_body_lacks_its_parameters() {
    let api = Api::start().await;
    let (id, secret) = (api.client.0.as_str(), api.client.1.as_str());
    for (path, media_type) in [
        ("/api/2/idp/token", None),
        ("/api/2/idp/token", Some("application/json")),
        ("/api/2/idp/revoke_token", None),
        ("/api/2/idp/introspect_token", None),
    ] {
        let request = api.request(Method::POST, path).basic_auth(id, Some(secret));
        let request = match media_type {
            Some(media_type) => request.header("content-type", media_type),
            None => request,
        };
        let answer = api.send(request).await.expect(400).json();
        assert_eq!(answer["error"], "invalid_request", "{path}: {answer}");
    }
    let request = api.request(Method::POST, "/api/2/idp/token");
    let request = request.basic_auth(id, Some(secret)).json(&json!({}));
    let answer = api.send(request).await.expect(415).json();
    assert_eq!(answer["error"], "invalid_request");
}

/// RFC 6750 §3.1: a client learns whether to get another token or another scope.
#[tokio::test]
async fn challenges_say_what_the_token_lacks() {
    let api = Api::start().await;
    let narrow = api.token_at(&api.root, &["usage_write"]).await;
    let clients_only = api.token_at(&api.root, &["clients"]).await;
    let invalid = "Bearer realm=\"upsell\", error=\"invalid_token\"";
    let lacks = |scope: &str| {
        format!("Bearer realm=\"upsell\", error=\"insufficient_scope\", scope=\"{scope}\"")
    };
    for (token, path, status, challenge) in [
        ("nonsense", "/api/2/tenants", 401, invalid.to_owned()),
        ("nonsense", "/api/upsell/v1/emails", 401, invalid.to_owned()),
        (&narrow, "/api/2/clients", 403, lacks("clients")),
        (&narrow, "/api/2/tenants", 403, lacks("account_read")),
        (&narrow, "/api/upsell/v1/emails", 403, lacks("emails_read")),
    ] {
        let answer = api.call_as(token, Method::GET, path, None).await;
        let answer = answer.expect(status);
        assert_eq!(answer.header("www-authenticate"), challenge, "{path}");
    }
    let more = json!({"tenant_id": api.root, "scopes": ["account_write"]});
    let refused = api
        .call_as(&clients_only, Method::POST, "/api/2/clients", Some(&more))
        .await
        .expect(403);
    let challenge = refused.header("www-authenticate");
    assert_eq!(
        challenge,
        "Bearer realm=\"upsell\", error=\"insufficient_scope\""
    );
    let nobody = api.send(api.request(Method::GET, "/api/2/tenants")).await;
    let challenge = nobody.expect(401).header("www-authenticate").to_owned();
    assert_eq!(challenge, "Bearer realm=\"upsell\"");
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
    assert!(!listed.text().contains("secret\""));

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
