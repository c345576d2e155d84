//! What the audit leaves out, who sees which part of it, and for how long.

use reqwest::Method;
use serde_json::{Value, json};
use upsell::domain::time::Timestamp;
use upsell::usecases::clean_up::clean_up;

use crate::audit::{entries, newest, page};
use crate::support::api::Api;

#[tokio::test]
async fn secrets_are_nowhere_in_it() {
    const CANARY: &str = "canary-7f31-of-the-mail-server";
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let brand = format!("/api/2/tenants/{tenant}/brand");
    let first = json!({"smtp_password": CANARY, "smtp_user": "u"});
    api.put(&format!("{brand}?version=1"), &first)
        .await
        .expect(200);
    let other = json!({"smtp_password": format!("{CANARY}-2")});
    api.put(&format!("{brand}?version=2"), &other)
        .await
        .expect(200);
    let entry = newest(&api).await;
    let masked = json!({"smtp": {"sealed_password": "***"}});
    assert_eq!((&entry["before"], &entry["after"]), (&masked, &masked));
    let body = json!({"tenant_id": tenant, "type": "agent"});
    let made = api.post("/api/2/clients", &body).await.expect(201).json();
    assert_eq!(newest(&api).await["after"]["secret_sha256"], "***");
    let client = api
        .env
        .store
        .client(made["client_id"].as_str().unwrap().parse().unwrap());
    let hash = client.await.unwrap().unwrap().secret_hash.0;
    let numbers = serde_json::to_string(&hash).unwrap();
    let sealed = api
        .env
        .store
        .brand(tenant.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let sealed = sealed.smtp.password.0.clone();
    assert!(!sealed.is_empty());
    let all = page(&api, "?limit=500").await.to_string();
    let secret = made["client_secret"].as_str().unwrap();
    for hidden in [CANARY, secret, &api.client.1, &numbers, &sealed] {
        assert!(!all.contains(hidden), "{hidden} stands in {all}");
    }
}

#[tokio::test]
async fn a_write_that_is_refused_or_loses_leaves_no_entry() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let twin = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let t = format!("/api/2/tenants/{tenant}");
    let name = api.get(&format!("/api/2/tenants/{twin}")).await.json()["name"].clone();
    let login = api.get(&format!("/api/2/users/{user}")).await.json()["login"].clone();
    let limits = json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 7}}]});
    let path = format!("{t}/offering_items");
    api.put(&path, &limits).await.expect(200);
    let before = entries(&api, &api.root).await;
    for (method, path, body, status) in [
        (
            Method::PUT,
            t.clone(),
            json!({"version": 7, "enabled": false}),
            409,
        ),
        (
            Method::PUT,
            t.clone(),
            json!({"version": 1, "name": name}),
            409,
        ),
        (
            Method::PUT,
            t.clone(),
            json!({"version": 1, "language": "klingon"}),
            400,
        ),
        (
            Method::PUT,
            t.clone(),
            json!({"version": 1, "kind": "partner"}),
            400,
        ),
        (Method::DELETE, format!("{t}?version=1"), json!({}), 400),
        (
            Method::POST,
            "/api/2/users".into(),
            json!({"tenant_id": twin, "login": login}),
            409,
        ),
        (
            Method::PUT,
            format!("{t}/brand?version=9"),
            json!({"service_name": "x"}),
            409,
        ),
        (
            Method::PUT,
            format!("{t}/brand?version=1"),
            json!({"color": "red"}),
            400,
        ),
        (
            Method::PUT,
            format!("{t}/offering_items"),
            json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 1, "version": 9}}]}),
            409,
        ),
        (
            Method::PUT,
            format!("/api/2/users/{user}/access_policies"),
            json!({"items": [{"tenant_id": tenant, "role_id": "emperor"}]}),
            400,
        ),
        (
            Method::PUT,
            format!("/api/upsell/v1/tenants/{tenant}/quota-settings"),
            json!({"soon_percent": {"storage_size": 5}, "version": 9}),
            409,
        ),
        (
            Method::POST,
            "/api/2/clients".into(),
            json!({"tenant_id": uuid::Uuid::new_v4(), "type": "agent"}),
            404,
        ),
    ] {
        let done = api.call_as(&api.token, method, &path, Some(&body)).await;
        assert_eq!(done.status, status, "{path} {body}: {}", done.text());
    }
    assert_eq!(entries(&api, &api.root).await, before);

    // Of many who change the same version one wins, and one is told.
    let change = json!({"version": 1, "internal_tag": "x"});
    let all = (0..16).map(|_| api.put(&t, &change));
    let statuses: Vec<u16> = futures_util::future::join_all(all)
        .await
        .iter()
        .map(|done| done.status)
        .collect();
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((won, statuses.len()), (1, 16), "{statuses:?}");
    assert_eq!(entries(&api, &api.root).await.len(), before.len() + 1);
    // Of many who do not say which version they mean all win, one after the other.
    let limits = json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 5}}]});
    let path = format!("{t}/offering_items");
    let all = (0..8).map(|_| api.put(&path, &limits));
    for done in futures_util::future::join_all(all).await {
        done.expect(200);
    }
    assert_eq!(entries(&api, &api.root).await.len(), before.len() + 9);
}

#[tokio::test]
async fn usage_reports_leave_none() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let before = entries(&api, &api.root).await.len();
    let report = json!([{"tenant_id": tenant, "item": "storage_size", "value": 5}]);
    api.post("/api/upsell/v1/usages", &report).await.expect(200);
    let report =
        json!({"items": [{"tenant_id": tenant, "usage_name": "storage", "absolute_value": 6}]});
    api.put("/api/2/tenants/usages", &report).await.expect(200);
    assert_eq!(entries(&api, &api.root).await.len(), before);
}

#[tokio::test]
async fn a_subtree_sees_its_own_entries_page_by_page() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let customer = api.tenant("customer", &partner).await;
    let sibling = api.tenant("customer", &api.root).await;
    for _ in 0..5 {
        api.user(&customer).await;
    }
    api.user(&sibling).await;
    let ids = |entries: &[Value]| -> Vec<String> {
        entries
            .iter()
            .map(|entry| entry["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(entries(&api, &customer).await.len(), 6);
    assert_eq!(entries(&api, &sibling).await.len(), 2);
    let token = api.token_at(&partner, &["audit_read"]).await;
    let get = async |query: &str| {
        let path = format!("/api/upsell/v1/audit{query}");
        api.call_as(&token, Method::GET, &path, None).await
    };
    // Its own root, where it names none: itself, the customer, five users, its own client.
    let whole = get("").await.expect(200).json();
    let whole = ids(whole["items"].as_array().unwrap());
    assert_eq!(whole.len(), 8);
    assert_eq!(whole, ids(&entries(&api, &partner).await));
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&format!("?limit=3{after}")).await.expect(200).json();
        seen.extend(ids(page["items"].as_array().unwrap()));
        match page["paging"]["cursors"]["after"].as_str() {
            Some(cursor) => after = format!("&after={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, whole);
    let unknown = uuid::Uuid::new_v4().to_string();
    for foreign in [&api.root, &sibling, &unknown] {
        get(&format!("?tenant_id={foreign}")).await.expect(404);
    }
    for bad in [
        "?limit=0",
        "?limit=501",
        "?after=x",
        "?after=0.x",
        "?tenant_id=x",
        "?actor=me",
    ] {
        get(bad).await.expect(400);
    }
    let blind = api
        .token_at(&partner, &["account_read", "alerts_read"])
        .await;
    let path = "/api/upsell/v1/audit";
    api.call_as(&blind, Method::GET, path, None)
        .await
        .expect(403);
    api.send(api.request(Method::GET, path)).await.expect(401);
}

#[tokio::test]
async fn entries_past_their_time_are_forgotten() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let newest = newest(&api).await["at"].as_str().unwrap().to_owned();
    let made = chrono::DateTime::parse_from_rfc3339(&newest).unwrap();
    let made = Timestamp::from_micros(made.timestamp_micros());
    let over = made.plus(api.env.settings.audit_retention);
    let count = async || entries(&api, &api.root).await.len();
    assert_eq!(count().await, 3);
    clean_up(&api.env, over).await.unwrap();
    // The newest is just as old as entries may get.
    assert_eq!(count().await, 1);
    let later = Timestamp::from_micros(over.micros() + 1);
    let cleaned = clean_up(&api.env, later).await.unwrap();
    assert_eq!((cleaned.audit_entries, count().await), (1, 0));
    assert_eq!(entries(&api, &tenant).await, Vec::<Value>::new());
}
