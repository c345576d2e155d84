//! `/api/2/tenants` and `/api/2/search`: versions, names, pages, deletes.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Api, unique};

fn keys(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn a_tenant_is_created_read_changed_and_deleted() {
    let api = Api::start().await;
    let body = json!({
        "name": "Foobar", "kind": "customer", "parent_id": api.root, "internal_tag": "tag-7",
        "language": "de", "contact": {"address1": "366 5th Ave", "email": "foo.bar@example.com"},
    });
    let made = api.post("/api/2/tenants", &body).await.expect(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.json();
    let expected = BTreeSet::from([
        "ancestral_access",
        "brand_id",
        "brand_uuid",
        "contact",
        "contacts",
        "created_at",
        "customer_id",
        "customer_type",
        "default_idp_id",
        "deleted_at",
        "enabled",
        "has_children",
        "id",
        "internal_tag",
        "kind",
        "language",
        "mfa_status",
        "name",
        "owner_id",
        "parent_id",
        "pricing_mode",
        "update_lock",
        "updated_at",
        "v1_id",
        "version",
    ]);
    assert_eq!(keys(&made), expected);
    assert_eq!(made["parent_id"], api.root.as_str());
    assert_eq!(made["contact"]["address1"], "366 5th Ave");
    assert_eq!(
        made["update_lock"],
        json!({"enabled": false, "owner_id": null})
    );
    let path = format!("/api/2/tenants/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.expect(200).json(), made);
    let root = api
        .get(&format!("/api/2/tenants/{}", api.root))
        .await
        .json();
    assert_eq!(root["has_children"], true);

    // A part is changed, the rest stays; the whole object may be sent back.
    let mut whole = made.clone();
    whole["name"] = json!("Foobar 2");
    let changed = api.put(&path, &whole).await.expect(200).json();
    assert_eq!(
        (&changed["name"], &changed["version"]),
        (&json!("Foobar 2"), &json!(2))
    );
    let part = json!({"version": 2, "contact": {"city": "New York"}});
    let changed = api.put(&path, &part).await.expect(200).json();
    assert_eq!(changed["contact"]["city"], "New York");
    assert_eq!(changed["contact"]["address1"], "366 5th Ave");
    assert_eq!(changed["internal_tag"], "tag-7");

    let enabled = api.delete(&format!("{path}?version=3")).await.expect(400);
    assert_eq!(enabled.code(), 1006);
    api.put(&path, &json!({"version": 3, "enabled": false}))
        .await
        .expect(200);
    assert_eq!(
        api.delete(&format!("{path}?version=3"))
            .await
            .expect(409)
            .code(),
        1001
    );
    api.delete(&path).await.expect(400);
    api.delete(&format!("{path}?version=4")).await.expect(204);
    assert_eq!(api.get(&path).await.expect(404).code(), 1005);
    // The name is free again.
    api.post("/api/2/tenants", &body).await.expect(201);
}

#[tokio::test]
async fn stale_versions_change_nothing() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let path = format!("/api/2/tenants/{id}");
    api.put(&path, &json!({"version": 1, "internal_tag": "kept"}))
        .await
        .expect(200);
    let before = api.get(&path).await.expect(200).text();
    let if_match = async |tag: &'static str, body: Value| {
        let request = api
            .request(Method::PUT, &path)
            .bearer_auth(&api.token)
            .header("if-match", tag)
            .json(&body);
        api.send(request).await
    };
    for version in [0, 1, 3, u64::MAX] {
        let stale = api
            .put(&path, &json!({"version": version, "internal_tag": "x"}))
            .await;
        assert_eq!(stale.expect(409).code(), 1001);
    }
    assert_eq!(
        if_match("\"1\"", json!({"internal_tag": "x"}))
            .await
            .expect(412)
            .code(),
        1001
    );
    if_match("\"2\"", json!({"version": 1, "internal_tag": "x"}))
        .await
        .expect(400);
    let missing = api
        .put(&path, &json!({"internal_tag": "x"}))
        .await
        .expect(400)
        .json();
    assert_eq!(
        missing["error"]["details"]["addition"][0]["field"],
        "version"
    );
    assert_eq!(api.get(&path).await.expect(200).text(), before);
    let done = if_match("\"2\"", json!({"internal_tag": "y"}))
        .await
        .expect(200);
    assert_eq!(done.header("etag"), "\"3\"");
    if_match("*", json!({"internal_tag": "z"}))
        .await
        .expect(200);
}

/// Of many writers with the same version one wins.
#[tokio::test]
async fn of_concurrent_writers_one_wins() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let path = format!("/api/2/tenants/{id}");
    let write = |n: usize| {
        let body = json!({"version": 1, "internal_tag": format!("writer {n}")});
        let (api, path) = (&api, &path);
        async move { api.put(path, &body).await }
    };
    let done = futures_util::future::join_all((0..16).map(write)).await;
    let won = done.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    assert!(
        done.iter()
            .all(|answer| answer.status == 200 || answer.code() == 1001)
    );
    assert_eq!(api.get(&path).await.json()["version"], 2);
}

#[tokio::test]
async fn names_are_unique_among_siblings() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let new =
        |name: &str, parent: &str| json!({"name": name, "kind": "customer", "parent_id": parent});
    let first = api
        .post("/api/2/tenants", &new("Foobar", &api.root))
        .await
        .expect(201)
        .json();
    for taken in ["Foobar", "FOOBAR", " foobar "] {
        let refused = api
            .post("/api/2/tenants", &new(taken, &api.root))
            .await
            .expect(409);
        assert_eq!(refused.code(), 1004, "{taken}");
    }
    api.post("/api/2/tenants", &new("Foobar", &partner))
        .await
        .expect(201);
    let other = api
        .post("/api/2/tenants", &new("Other", &api.root))
        .await
        .expect(201)
        .json();
    let path = format!("/api/2/tenants/{}", other["id"].as_str().unwrap());
    let rename = json!({"version": 1, "name": "Foobar"});
    assert_eq!(api.put(&path, &rename).await.expect(409).code(), 1004);
    // Its own name in another case is free for it.
    let path = format!("/api/2/tenants/{}", first["id"].as_str().unwrap());
    api.put(&path, &json!({"version": 1, "name": "FOOBAR"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn bad_tenants_are_refused_and_nothing_is_stored() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let before = api
        .get(&format!("/api/2/tenants?subtree_root_id={}", api.root))
        .await;
    let unknown = uuid::Uuid::new_v4().to_string();
    for (name, kind, parent, status) in [
        ("", "customer", &api.root, 400),
        ("  ", "customer", &api.root, 400),
        ("a\nb", "customer", &api.root, 400),
        ("x", "planet", &api.root, 400),
        ("x", "unit", &api.root, 422),
        ("x", "customer", &customer, 422),
        ("x", "customer", &unknown, 404),
        ("x", "customer", &"7".to_owned(), 400),
    ] {
        let body = json!({"name": name, "kind": kind, "parent_id": parent});
        api.post("/api/2/tenants", &body).await.expect(status);
    }
    let long = json!({"name": "x".repeat(201), "kind": "customer", "parent_id": api.root});
    api.post("/api/2/tenants", &long).await.expect(400);
    for text in [r#"{"name":"a","name":"b"}"#, "{", "[]", "null"] {
        let request = api
            .request(Method::POST, "/api/2/tenants")
            .bearer_auth(&api.token)
            .header("content-type", "application/json")
            .body(text);
        api.send(request).await.expect(400);
    }
    let path = format!("/api/2/tenants/{customer}");
    for body in [
        json!({"version": 1, "kind": "partner"}),
        json!({"version": 1, "parent_id": customer}),
        json!({"version": 1, "language": "../en"}),
        json!({"version": 1, "contact": {"email": "a@b\r\nc"}}),
        json!({"version": "1"}),
    ] {
        api.put(&path, &body).await.expect(400);
    }
    let after = api
        .get(&format!("/api/2/tenants?subtree_root_id={}", api.root))
        .await;
    assert_eq!(after.json()["items"], before.json()["items"]);
}

#[tokio::test]
async fn a_deleted_tenant_takes_its_people_along_but_not_its_children() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let unit = api.tenant("unit", &customer).await;
    let user = api.user(&customer).await;
    let token = api.token_at(&customer, &["account_read"]).await;
    let login = api.get(&format!("/api/2/users/{user}")).await.json()["login"].clone();
    let disable = |id: &str| {
        let path = format!("/api/2/tenants/{id}");
        let api = &api;
        async move {
            api.put(&path, &json!({"version": 1, "enabled": false}))
                .await
                .expect(200)
        }
    };
    disable(&customer).await;
    // What is disabled takes nothing new, so that nothing is left behind.
    let new = json!({"tenant_id": customer, "login": unique("late")});
    api.post("/api/2/users", &new).await.expect(422);
    let child = json!({"name": unique("late"), "kind": "unit", "parent_id": customer});
    api.post("/api/2/tenants", &child).await.expect(422);

    let path = format!("/api/2/tenants/{customer}?version=2");
    let refused = api.delete(&path).await.expect(409);
    assert!(refused.text().contains("child"), "{}", refused.text());
    api.get(&format!("/api/2/users/{user}")).await.expect(200);
    disable(&unit).await;
    api.delete(&format!("/api/2/tenants/{unit}?version=2"))
        .await
        .expect(204);
    api.delete(&path).await.expect(204);
    api.get(&format!("/api/2/users/{user}")).await.expect(404);
    let check = format!(
        "/api/2/users/check_login?username={}",
        login.as_str().unwrap()
    );
    api.get(&check).await.expect(204);
    let me = api
        .call_as(
            &token,
            Method::GET,
            &format!("/api/2/tenants/{customer}"),
            None,
        )
        .await;
    me.expect(401);
    let root = format!("/api/2/tenants/{}", api.root);
    api.delete(&format!("{root}?version=1")).await.expect(422);
}
