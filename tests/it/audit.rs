//! Who changed what: one entry per change, in the same commit, without secrets.

use reqwest::Method;
use serde_json::{Value, json};
use upsell::domain::ids::MailId;
use upsell::domain::mail::{Mail, MailKind, MailState};
use upsell::domain::time::Timestamp;
use upsell::store::engine::Changes;

use crate::support::api::{Answer, Api, unique};
use crate::support::app::TestApp;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

pub(crate) async fn page(api: &Api, query: &str) -> Value {
    let path = format!("/api/upsell/v1/audit{query}");
    api.get(&path).await.expect(200).json()
}

/// The entries of a tenant and all below it, the newest first.
pub(crate) async fn entries(api: &Api, tenant: &str) -> Vec<Value> {
    let page = page(api, &format!("?limit=500&tenant_id={tenant}")).await;
    page["items"].as_array().unwrap().clone()
}

pub(crate) async fn newest(api: &Api) -> Value {
    page(api, "?limit=1").await["items"][0].clone()
}

/// The newest entry must be of the request that got `answer`.
async fn entry_of(api: &Api, answer: &Answer, action: &str, object: &str) -> Value {
    let entry = newest(api).await;
    assert_eq!(
        (&entry["action"], &entry["object"]),
        (&json!(action), &json!(object))
    );
    assert_eq!(entry["request_id"], answer.header("x-request-id"));
    assert_eq!(entry["actor"]["kind"], "client");
    assert_eq!(entry["actor"]["client_id"], api.client.0);
    assert_eq!(entry["actor"]["user_id"], Value::Null);
    entry
}

#[tokio::test]
async fn what_is_created_changed_and_deleted_is_told_with_its_differences() {
    let api = Api::start().await;
    let name = unique("customer");
    let body = json!({"name": name, "kind": "customer", "parent_id": api.root});
    let made = api.post("/api/2/tenants", &body).await.expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let entry = entry_of(&api, &made, "tenant.create", &id).await;
    assert_eq!(entry["tenant_id"], json!(id));
    assert_eq!(entry["before"], Value::Null);
    assert_eq!(
        (&entry["after"]["name"], &entry["after"]["version"]),
        (&json!(name), &json!(1))
    );

    let path = format!("/api/2/tenants/{id}");
    let patch = json!({"version": 1, "contact": {"city": "Ulm"}, "enabled": false});
    let done = api.put(&path, &patch).await.expect(200);
    let entry = entry_of(&api, &done, "tenant.update", &id).await;
    let mut before = entry["before"].clone();
    let mut after = entry["after"].clone();
    for side in [&mut before, &mut after] {
        assert!(side.as_object_mut().unwrap().remove("updated_us").is_some());
    }
    assert_eq!(
        before,
        json!({"contact": {"city": ""}, "enabled": true, "version": 1})
    );
    assert_eq!(
        after,
        json!({"contact": {"city": "Ulm"}, "enabled": false, "version": 2})
    );

    let gone = api.delete(&format!("{path}?version=2")).await.expect(204);
    let entry = entry_of(&api, &gone, "tenant.delete", &id).await;
    assert_eq!(
        (&entry["before"]["name"], &entry["after"]),
        (&json!(name), &Value::Null)
    );
    let all = entries(&api, &api.root).await;
    let actions: Vec<&str> = all
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    let first = ["tenant.delete", "tenant.update", "tenant.create"];
    assert_eq!(actions[..3], first);
    // The first start has made these two, in one commit.
    let mut start = actions[3..].to_vec();
    start.sort_unstable();
    assert_eq!(start, ["client.create", "tenant.create"]);
    for entry in &all[3..] {
        let operator = json!({"kind": "operator", "client_id": null, "user_id": null});
        assert_eq!(
            (&entry["actor"], &entry["request_id"]),
            (&operator, &Value::Null)
        );
    }
}

#[tokio::test]
async fn every_write_of_an_admin_leaves_its_entry() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let (t, u) = (
        format!("/api/2/tenants/{tenant}"),
        format!("/api/2/users/{user}"),
    );
    let put = async |path: String, body: Value| api.put(&path, &body).await;
    let quota = json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 5, "overage": null}}]});
    let policy = json!({"items": [{"tenant_id": tenant, "role_id": "company_admin"}]});

    let done = put(
        u.clone(),
        json!({"version": 1, "business_types": ["buyer"]}),
    )
    .await
    .expect(200);
    let entry = entry_of(&api, &done, "user.update", &user).await;
    assert_eq!(entry["after"]["buyer"], true);
    let done = put(format!("{u}/access_policies"), policy)
        .await
        .expect(200);
    let entry = entry_of(&api, &done, "user.access_policies", &user).await;
    assert_eq!(entry["before"]["policies"], json!([]));
    assert_eq!(entry["after"]["policies"][0]["role"], "company_admin");
    let done = api
        .post(&format!("{u}/send-activation-email"), &json!({}))
        .await
        .expect(204);
    let entry = entry_of(&api, &done, "user.send_activation_email", &user).await;
    assert_eq!(entry["after"]["kind"], "activation");

    let done = put(format!("{t}/offering_items"), quota.clone())
        .await
        .expect(200);
    let entry = entry_of(&api, &done, "account.offering_items", &tenant).await;
    assert_eq!(entry["before"], Value::Null);
    let more =
        json!({"offering_items": [{"usage_name": "vms", "quota": {"value": 7, "overage": null}}]});
    let done = put(format!("{t}/offering_items"), more).await.expect(200);
    let entry = entry_of(&api, &done, "account.offering_items", &tenant).await;
    assert_eq!(entry["before"]["offering_items"], json!([]));
    assert_eq!(
        entry["after"]["offering_items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(
        entry["after"]["offering_items"][0]["quota"],
        json!({"value": 7, "overage": null})
    );
    let done = put(format!("{u}/offering_items"), quota).await.expect(200);
    let both = page(&api, "?limit=2").await["items"]
        .as_array()
        .unwrap()
        .clone();
    let mut actions: Vec<_> = both
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    actions.sort_unstable();
    assert_eq!(actions, ["account.offering_items", "user.personal_tenant"]);
    for entry in both {
        assert_eq!(entry["request_id"], done.header("x-request-id"));
    }

    let settings = format!("/api/upsell/v1/tenants/{tenant}/quota-settings");
    let done = put(settings, json!({"soon_percent": {"storage_size": 50}}))
        .await
        .expect(200);
    entry_of(&api, &done, "tenant.quota_settings", &tenant).await;
    let done = put(
        format!("{t}/brand?version=2"),
        json!({"service_name": "Foo"}),
    )
    .await
    .expect(200);
    let entry = entry_of(&api, &done, "brand.update", &tenant).await;
    assert_eq!(
        (&entry["before"], &entry["after"]["service_name"]),
        (&Value::Null, &json!("Foo"))
    );
    let done = api
        .post(&format!("{t}/brand"), &json!({}))
        .await
        .expect(200);
    let entry = entry_of(&api, &done, "brand.enable", &tenant).await;
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({"enabled": false}), &json!({"enabled": true}))
    );
    let done = api.delete(&format!("{t}/brand")).await.expect(204);
    entry_of(&api, &done, "brand.disable", &tenant).await;
    let logo = api.request(Method::POST, &format!("{t}/brand/logo"));
    let logo = logo
        .bearer_auth(&api.token)
        .header("content-type", "image/png")
        .body(PNG);
    let done = api.send(logo).await.expect(200);
    let entry = entry_of(&api, &done, "brand.logo", &tenant).await;
    assert_eq!(entry["after"]["image"]["bytes"], PNG.len());
    assert_eq!(
        entry["after"]["image"]["sha256"].as_str().unwrap().len(),
        64
    );

    let client = json!({"tenant_id": tenant, "type": "agent", "scopes": ["account_read"]});
    let done = api.post("/api/2/clients", &client).await.expect(201);
    let client = done.json()["client_id"].as_str().unwrap().to_owned();
    entry_of(&api, &done, "client.create", &client).await;
    let path = format!("/api/2/clients/{client}");
    let done = put(path.clone(), json!({"version": 1, "status": "disabled"}))
        .await
        .expect(200);
    let entry = entry_of(&api, &done, "client.update", &client).await;
    assert_eq!(entry["after"], json!({"enabled": false, "version": 2}));
    let done = api.delete(&path).await.expect(204);
    entry_of(&api, &done, "client.delete", &client).await;
    let done = api.delete(&format!("{u}?version=2")).await.expect(204);
    entry_of(&api, &done, "user.delete", &user).await;
}

#[tokio::test]
async fn what_goes_with_a_tenant_is_told_too() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let client = json!({"tenant_id": tenant, "type": "agent"});
    let client = api.post("/api/2/clients", &client).await.expect(201).json();
    let path = format!("/api/2/tenants/{tenant}");
    api.put(&path, &json!({"version": 1, "enabled": false}))
        .await
        .expect(200);
    api.delete(&format!("{path}?version=2")).await.expect(204);
    let all = page(&api, "?limit=3").await;
    let mut gone: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["action"].as_str().unwrap(),
                entry["object"].as_str().unwrap(),
            )
        })
        .collect();
    gone.sort_unstable();
    let client = client["client_id"].as_str().unwrap();
    let expected = [
        ("client.delete", client),
        ("tenant.delete", &tenant),
        ("user.delete", &user),
    ];
    assert_eq!(gone, expected);
    // Nobody reaches the list of a tenant that is gone.
    api.get(&format!("/api/upsell/v1/audit?tenant_id={tenant}"))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_users_own_doings_name_the_user() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let quota = json!({"usage_name": "storage", "quota": {"value": 5, "overage": null}});
    let path = format!("/api/2/tenants/{tenant}/offering_items");
    api.put(&path, &json!({"offering_items": [quota]}))
        .await
        .expect(200);
    let report = json!([{"tenant_id": tenant, "item": "storage_size", "value": 6}]);
    api.post("/api/upsell/v1/usages", &report).await.expect(200);
    let own = api.token_for(&api.client, &[("user_id", &user)]).await;
    let alert = format!("tenant.{tenant}.storage_size");
    let path = format!("/api/upsell/v1/users/{user}/alerts/{alert}/snooze");
    let until = json!({"until": "2100-01-01T00:00:00+00:00"});
    let before = entries(&api, &api.root).await.len();
    api.call_as(&own, Method::POST, &path, Some(&until))
        .await
        .expect(400);
    let until = chrono::Utc::now() + chrono::TimeDelta::days(3);
    let until = json!({"until": until.to_rfc3339()});
    api.call_as(&own, Method::POST, &path, Some(&until))
        .await
        .expect(200);
    let entry = newest(&api).await;
    assert_eq!(entry["action"], "alert.snooze");
    assert_eq!(entry["object"], json!(format!("{user}/{alert}")));
    assert_eq!(
        (&entry["tenant_id"], &entry["before"]),
        (&json!(tenant), &Value::Null)
    );
    assert!(entry["after"][&alert].is_i64(), "{entry}");
    let actor = json!({"kind": "client", "client_id": api.client.0, "user_id": user});
    assert_eq!(entry["actor"], actor);
    for _ in 0..2 {
        api.call_as(&own, Method::DELETE, &path, None)
            .await
            .expect(204);
    }
    let entry = newest(&api).await;
    assert_eq!(
        (&entry["action"], &entry["actor"]),
        (&json!("alert.wake"), &actor)
    );
    assert_eq!(entry["after"], Value::Null);
    // What changed nothing is no change.
    assert_eq!(entries(&api, &api.root).await.len(), before + 2);
}

#[tokio::test]
async fn a_second_try_for_a_mail_is_told() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let to = (tenant.parse().unwrap(), user.parse().unwrap());
    let at = Timestamp::from_secs(1);
    let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, at, at);
    mail.state = MailState::Dead;
    let id = mail.id.to_string();
    let mut changes = Changes::new();
    changes.create_mail(mail);
    api.env.store.commit(changes).await.unwrap();
    let path = format!("/api/upsell/v1/emails/{id}/retry");
    let done = api.post(&path, &json!({})).await.expect(200);
    let entry = entry_of(&api, &done, "email.retry", &id).await;
    assert_eq!(
        (&entry["before"]["state"], &entry["after"]["state"]),
        (&json!("dead"), &json!("queued"))
    );
}

#[tokio::test]
async fn clients_made_on_the_command_line_are_told() {
    let mut app = TestApp::start(&[]).await;
    let run = async |app: &mut TestApp, arguments: &[&str]| {
        let (status, _) = app.sigterm().await;
        assert!(status.success());
        let output = app.command(arguments).await;
        app.restart().await;
        output
    };
    let root = app.first.tenant_id.clone();
    let create = [
        "client",
        "create",
        "--tenant",
        &root,
        "--scope",
        "account_read",
        "--format",
        "json",
    ];
    let made: Value = serde_json::from_str(&run(&mut app, &create).await).unwrap();
    let client = made["client_id"].as_str().unwrap();
    run(&mut app, &["client", "delete", client]).await;
    let audit = app.get("/api/upsell/v1/audit?limit=2").await.expect(200);
    assert!(
        !audit
            .text()
            .contains(made["client_secret"].as_str().unwrap())
    );
    let audit = audit.json();
    for (entry, action) in [(0, "client.delete"), (1, "client.create")] {
        let entry = &audit["items"][entry];
        assert_eq!(
            (&entry["action"], &entry["object"]),
            (&json!(action), &json!(client))
        );
        assert_eq!(entry["actor"]["kind"], "operator");
    }
}
