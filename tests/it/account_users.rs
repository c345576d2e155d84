//! `/api/2/users`: logins, notifications, roles, activation, a user's own token.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Api, unique};

#[tokio::test]
async fn logins_are_unique_over_the_deployment() {
    let api = Api::start().await;
    let one = api.tenant("customer", &api.root).await;
    let other = api.tenant("customer", &api.root).await;
    let check = async |login: &str| {
        let path = format!("/api/2/users/check_login?username={login}");
        api.get(&path).await.status
    };
    assert_eq!(check("JaneDoe").await, 204);
    let body = json!({"tenant_id": one, "login": "JaneDoe"});
    let jane = api.post("/api/2/users", &body).await.expect(200).json();
    assert_eq!((check("JaneDoe").await, check("janedoe").await), (409, 409));
    let body = json!({"tenant_id": other, "login": "JANEDOE"});
    assert_eq!(
        api.post("/api/2/users", &body).await.expect(409).code(),
        1004
    );
    let id = api.user(&other).await;
    let path = format!("/api/2/users/{id}");
    let rename = json!({"version": 1, "login": "janedoe"});
    assert_eq!(api.put(&path, &rename).await.expect(409).code(), 1004);
    assert_eq!(api.get(&path).await.json()["version"], 1);
    // Free again with its user; the address serves where no login is given.
    let path = format!("/api/2/users/{}", jane["id"].as_str().unwrap());
    api.delete(&path).await.expect(400);
    assert_eq!(
        api.delete(&format!("{path}?version=2"))
            .await
            .expect(409)
            .code(),
        1001
    );
    api.delete(&format!("{path}?version=1")).await.expect(204);
    assert_eq!(check("JaneDoe").await, 204);
    let body = json!({"tenant_id": one, "contact": {"email": "jane@example.com"}});
    let made = api.post("/api/2/users", &body).await.expect(200).json();
    assert_eq!(made["login"], "jane@example.com");
    assert_eq!(
        (&made["activated"], &made["enabled"]),
        (&json!(false), &json!(true))
    );
}

#[tokio::test]
async fn bad_users_are_refused_and_nothing_is_stored() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let user = api.user(&customer).await;
    let path = format!("/api/2/users/{user}");
    let before = api.get(&path).await.expect(200).text();
    for (body, field) in [
        (json!({"business_types": ["seller"]}), "business_types"),
        (json!({"business_types": "buyer"}), "business_types"),
        (json!({"notifications": ["gossip"]}), "notifications"),
        (json!({"login": "a b c"}), "login"),
        (json!({"login": "ab"}), "login"),
        (json!({"language": "english"}), "language"),
        (json!({"contact": {"email": "nobody"}}), "contact.email"),
        (
            json!({"contact": {"email": "a@b\r\nBcc: c@d"}}),
            "contact.email",
        ),
        (
            json!({"contact": {"firstname": "J\nohn"}}),
            "contact.firstname",
        ),
        (json!({"enabled": "yes"}), "enabled"),
        (json!({"tenant_id": api.root}), "tenant_id"),
    ] {
        let mut body: Value = body;
        body["version"] = json!(1);
        let refused = api.put(&path, &body).await.expect(400).json();
        assert_eq!(refused["error"]["details"]["addition"][0]["field"], field);
    }
    assert_eq!(api.get(&path).await.expect(200).text(), before);
    for body in [json!({"login": "nobody"}), json!({"tenant_id": customer})] {
        api.post("/api/2/users", &body).await.expect(400);
    }
    let foreign = json!({"tenant_id": uuid::Uuid::new_v4(), "login": unique("user")});
    assert_eq!(
        api.post("/api/2/users", &foreign).await.expect(404).code(),
        1005
    );
    let found = api
        .get(&format!("/api/2/tenants/{customer}/users"))
        .await
        .json();
    assert_eq!(found, json!({ "items": [user] }));
}

#[tokio::test]
async fn users_are_listed_by_subtree_by_tenant_and_by_id() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let unit = api.tenant("unit", &customer).await;
    let elsewhere = api.tenant("customer", &api.root).await;
    let (a, b, c) = (
        api.user(&customer).await,
        api.user(&unit).await,
        api.user(&elsewhere).await,
    );
    let list = async |query: &str| {
        let page = api
            .get(&format!("/api/2/users?{query}"))
            .await
            .expect(200)
            .json();
        let items = page["items"].as_array().unwrap().clone();
        let mut ids: Vec<String> = items
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        (
            ids,
            page["paging"]["cursors"]["after"]
                .as_str()
                .map(str::to_owned),
        )
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let both = sorted(vec![a.clone(), b.clone()]);
    let (ids, after) = list(&format!("subtree_root_tenant_id={customer}")).await;
    assert_eq!((ids, after), (both.clone(), None));
    let own = list(&format!("tenant_id={customer}")).await.0;
    assert_eq!(own, std::slice::from_ref(&a));
    assert_eq!(
        list(&format!("uuids={a},{c},{}", uuid::Uuid::new_v4()))
            .await
            .0,
        sorted(vec![a, c])
    );
    let (first, after) = list(&format!("subtree_root_tenant_id={customer}&limit=1")).await;
    let query = format!(
        "subtree_root_tenant_id={customer}&limit=1&after={}",
        after.unwrap()
    );
    let (second, after) = list(&query).await;
    assert_eq!((sorted([first, second].concat()), after), (both, None));
    api.get("/api/2/users").await.expect(400);
}

#[tokio::test]
async fn access_policies_make_the_company_administrator() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let user = api.user(&customer).await;
    let path = format!("/api/2/users/{user}/access_policies");
    assert_eq!(
        api.get(&path).await.expect(200).json(),
        json!({"items": []})
    );
    let nobody = uuid::Uuid::nil();
    let policy = json!({
        "id": nobody, "issuer_id": nobody, "trustee_id": user, "trustee_type": "user",
        "tenant_id": customer, "role_id": "company_admin", "version": 0,
    });
    let body = json!({ "items": [policy] });
    let given = api.put(&path, &body).await.expect(200).json();
    let shown = &given["items"][0];
    assert_ne!(shown["id"], json!(nobody));
    assert_eq!(shown["issuer_id"], api.client.0.as_str());
    assert_eq!(shown["role_id"], "company_admin");
    assert_eq!(shown["version"], 1);
    assert_eq!(api.get(&path).await.expect(200).json(), given);
    let id = user.parse().unwrap();
    let stored = async || api.env.store.user(id).await.unwrap().unwrap().value;
    assert!(stored().await.is_company_admin());
    // Policies have versions of their own.
    assert_eq!(
        api.get(&format!("/api/2/users/{user}")).await.json()["version"],
        1
    );

    let wrong = |field: &str, value: Value| {
        let mut policy = policy.clone();
        policy[field] = value;
        json!({ "items": [policy] })
    };
    for (body, status) in [
        (wrong("role_id", json!("emperor")), 400),
        (wrong("trustee_id", json!(uuid::Uuid::new_v4())), 400),
        (wrong("trustee_type", json!("group")), 400),
        (wrong("tenant_id", json!(uuid::Uuid::new_v4())), 404),
        (json!({}), 400),
    ] {
        api.put(&path, &body).await.expect(status);
    }
    let mut stale = given.clone();
    stale["items"][0]["version"] = json!(7);
    assert_eq!(api.put(&path, &stale).await.expect(409).code(), 1001);
    assert_eq!(api.get(&path).await.expect(200).json(), given);
    api.put(&path, &json!({"items": []})).await.expect(200);
    assert!(!stored().await.is_company_admin());
}

#[tokio::test]
async fn activation_goes_through_the_outbox() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let user = api.user(&customer).await;
    let path = format!("/api/2/users/{user}");
    let send = format!("{path}/send-activation-email");
    api.post(&send, &json!({})).await.expect(204);
    let queued = upsell::store::keys::mails_by_state(upsell::domain::mail::MailState::Queued);
    let mails = api.env.store.ids_under(&queued, None, 10).await.unwrap();
    assert_eq!(mails.len(), 1);
    let id = upsell::domain::ids::MailId::new(mails[0]);
    let mail = api.env.store.mail(id).await.unwrap().unwrap();
    assert_eq!(mail.kind, upsell::domain::mail::MailKind::Activation);
    assert_eq!(mail.user_id.to_string(), user);

    let none = json!({"version": 1, "contact": {"email": ""}});
    api.put(&path, &none).await.expect(200);
    assert!(
        api.post(&send, &json!({}))
            .await
            .expect(422)
            .text()
            .contains("e-mail")
    );
    let active = json!({"version": 2, "activated": true, "contact": {"email": "a@b.example"}});
    assert_eq!(
        api.put(&path, &active).await.expect(200).json()["activated"],
        true
    );
    assert!(
        api.post(&send, &json!({}))
            .await
            .expect(422)
            .text()
            .contains("active")
    );
}

#[tokio::test]
async fn a_users_token_speaks_for_that_user_only() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let (user, other) = (api.user(&customer).await, api.user(&customer).await);
    let token = api.token_for(&api.client, &[("user_id", &user)]).await;
    let get = async |path: &str| api.call_as(&token, Method::GET, path, None).await;
    let me = get("/api/2/users/me").await.expect(200).json();
    assert_eq!(me["id"], user.as_str());
    for path in [
        format!("/api/2/users/{user}"),
        format!("/api/2/users/{other}"),
        format!("/api/2/tenants/{customer}"),
        format!("/api/2/clients/{}", api.client.0),
        "/api/2/clients".to_owned(),
    ] {
        assert_eq!(get(&path).await.expect(403).code(), 1002, "{path}");
    }
    let client = api.get("/api/2/users/me").await.expect(403);
    assert!(client.text().contains("API client"), "{}", client.text());
}
