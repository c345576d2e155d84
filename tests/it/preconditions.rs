//! `ETag`, `If-Match` and `If-None-Match` wherever a thing has a version.

use reqwest::Method;
use serde_json::{Value, json};
use upsell::domain::ids::MailId;
use upsell::domain::mail::{Mail, MailKind, MailState};
use upsell::domain::time::Timestamp;
use upsell::store::engine::Changes;

use crate::audit::entries;
use crate::support::api::{Answer, Api};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

/// A way to read a thing, and a way to change it.
struct Case {
    read: String,
    method: Method,
    write: String,
    body: Value,
    /// Whether what is read then has another tag: an activation mail leaves the user as it is.
    is_changed: bool,
}

async fn cases(api: &Api) -> Vec<Case> {
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let body = json!({"tenant_id": tenant, "type": "agent"});
    let client = api.post("/api/2/clients", &body).await.expect(201).json();
    let to = (tenant.parse().unwrap(), user.parse().unwrap());
    let at = Timestamp::from_secs(1);
    let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, at, at);
    mail.state = MailState::Dead;
    let email = format!("/api/upsell/v1/emails/{}", mail.id);
    let mut changes = Changes::new();
    changes.create_mail(mail);
    api.env.store.commit(changes).await.unwrap();
    let (t, u) = (
        format!("/api/2/tenants/{tenant}"),
        format!("/api/2/users/{user}"),
    );
    let c = format!("/api/2/clients/{}", client["client_id"].as_str().unwrap());
    let settings = format!("/api/upsell/v1/tenants/{tenant}/quota-settings");
    let quota = json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 5}}]});
    let role = json!({"items": [{"tenant_id": tenant, "role_id": "company_admin"}]});
    let case = |read: &str, method: Method, write: &str, body: Value| Case {
        read: read.to_owned(),
        method,
        write: write.to_owned(),
        body,
        is_changed: !write.ends_with("send-activation-email"),
    };
    let (put, post, delete) = (Method::PUT, Method::POST, Method::DELETE);
    let policies = format!("{u}/access_policies");
    let (mine, ours) = (format!("{u}/offering_items"), format!("{t}/offering_items"));
    let (brand, logo) = (format!("{t}/brand"), format!("{t}/brand/logo"));
    let mail = format!("{u}/send-activation-email");
    vec![
        case(&brand, put.clone(), &brand, json!({"service_name": "Foo"})),
        case(&brand, post.clone(), &brand, json!({})),
        case(&brand, post.clone(), &logo, Value::Null),
        case(&logo, post.clone(), &logo, Value::Null),
        case(&brand, delete.clone(), &brand, json!({})),
        case(
            &settings,
            put.clone(),
            &settings,
            json!({"soon_percent": {"storage_size": 50}}),
        ),
        case(&ours, put.clone(), &ours, quota.clone()),
        case(
            &ours,
            put.clone(),
            &ours,
            json!({"offering_items": [{"usage_name": "vms", "quota": {"value": 1}}]}),
        ),
        case(&mine, put.clone(), &mine, quota),
        case(&policies, put.clone(), &policies, role),
        case(&policies, put.clone(), &policies, json!({"items": []})),
        case(&u, post.clone(), &mail, json!({})),
        case(&u, put.clone(), &u, json!({"activated": true})),
        case(&u, delete.clone(), &u, json!({})),
        case(&c, put.clone(), &c, json!({"status": "disabled"})),
        case(&c, delete.clone(), &c, json!({})),
        case(&email, post, &format!("{email}/retry"), json!({})),
        case(&t, put, &t, json!({"enabled": false})),
        case(&t, delete, &t, json!({})),
    ]
}

async fn write(api: &Api, case: &Case, tag: &str) -> Answer {
    let request = api
        .request(case.method.clone(), &case.write)
        .bearer_auth(&api.token);
    let request = request.header("if-match", tag);
    let request = match &case.body {
        Value::Null => request.header("content-type", "image/png").body(PNG),
        body => request.json(body),
    };
    api.send(request).await
}

#[tokio::test]
async fn a_write_obeys_if_match_and_a_stale_one_changes_nothing() {
    let api = Api::start().await;
    for case in cases(&api).await {
        let name = format!("{} {}", case.method, case.write);
        let read = api.get(&case.read).await.expect(200);
        let tag = read.header("etag").to_owned();
        assert!(
            tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'),
            "{name}: {tag}"
        );
        let before = entries(&api, &api.root).await;
        for stale in [
            "\"987654321\"",
            "\"x\"",
            &tag[1..],
            &format!("W/{tag}"),
            "\"\"",
            &format!("{tag}, {tag}"),
        ] {
            let refused = write(&api, &case, stale).await;
            assert_eq!(refused.status, 412, "{name} {stale}: {}", refused.text());
        }
        assert_eq!(entries(&api, &api.root).await, before, "{name}");
        let again = api.get(&case.read).await.expect(200);
        assert_eq!(
            (again.header("etag"), &again.text()),
            (tag.as_str(), &read.text()),
            "{name}"
        );

        let done = write(&api, &case, &tag).await;
        assert!((200..300).contains(&done.status), "{name}: {}", done.text());
        // A brand that is disabled is still there.
        if case.method == Method::DELETE && !case.read.ends_with("/brand") {
            api.get(&case.read).await.expect(404);
            continue;
        }
        let now = api
            .get(&case.read)
            .await
            .expect(200)
            .header("etag")
            .to_owned();
        assert_eq!(now != tag, case.is_changed, "{name}: {tag} {now}");
        // A mail that is tried again is the outbox's from then on, and goes on changing.
        let is_left_alone = !case.write.ends_with("/retry");
        if done.status != 204 && case.is_changed && is_left_alone {
            assert_eq!(done.header("etag"), now, "{name}");
        }
        if case.is_changed {
            let late = write(&api, &case, &tag).await;
            assert_eq!(late.status, 412, "{name}: {}", late.text());
        }
    }
}

#[tokio::test]
async fn usage_does_not_change_the_tag_of_what_is_sold() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let path = format!("/api/2/tenants/{tenant}/offering_items");
    let body = json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 5}}]});
    let tag = api
        .put(&path, &body)
        .await
        .expect(200)
        .header("etag")
        .to_owned();
    let report = json!([{"tenant_id": tenant, "item": "storage_size", "value": 6}]);
    api.post("/api/upsell/v1/usages", &report).await.expect(200);
    assert_eq!(api.get(&path).await.header("etag"), tag);
}

#[tokio::test]
async fn snoozes_have_a_tag_too() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = api.user(&tenant).await;
    let body = json!({"offering_items": [{"usage_name": "storage", "quota": {"value": 5}}]});
    let path = format!("/api/2/tenants/{tenant}/offering_items");
    api.put(&path, &body).await.expect(200);
    let report = json!([{"tenant_id": tenant, "item": "storage_size", "value": 6}]);
    api.post("/api/upsell/v1/usages", &report).await.expect(200);
    let path = format!("/api/upsell/v1/users/{user}/alerts/tenant.{tenant}.storage_size/snooze");
    let snooze = |days: i64| {
        let until = chrono::Utc::now() + chrono::TimeDelta::days(days);
        json!({"until": until.to_rfc3339()})
    };
    let send = async |method: Method, tag: &str, body: &Value| {
        let request = api.request(method, &path).bearer_auth(&api.token);
        api.send(request.header("if-match", tag).json(body)).await
    };
    let first = api.post(&path, &snooze(1)).await.expect(200);
    let tag = first.header("etag").to_owned();
    let second = send(Method::POST, &tag, &snooze(2)).await.expect(200);
    assert_ne!(second.header("etag"), tag);
    send(Method::POST, &tag, &snooze(3)).await.expect(412);
    let refused = send(Method::DELETE, &tag, &json!({}))
        .await
        .expect(412)
        .json();
    assert_eq!(refused["type"], "urn:upsell:problem:precondition");
    send(Method::DELETE, second.header("etag"), &json!({}))
        .await
        .expect(204);
}

#[tokio::test]
async fn who_has_it_already_gets_304() {
    let api = Api::start().await;
    let mut seen = 0;
    for case in cases(&api).await {
        // These show what no version counts: `has_children`, `personal_tenant_id`.
        let parts = case.read.split('/').count();
        let is_account = parts == 5 && !case.read.starts_with("/api/2/clients/");
        if is_account {
            continue;
        }
        if case.read.ends_with("/logo") {
            write(&api, &case, "*").await.expect(200);
        }
        let first = api.get(&case.read).await.expect(200);
        let get = async |tag: &str| {
            let request = api.request(Method::GET, &case.read).bearer_auth(&api.token);
            api.send(request.header("if-none-match", tag)).await
        };
        for known in [
            first.header("etag"),
            &format!("W/{}", first.header("etag")),
            "*",
        ] {
            let same = get(known).await;
            assert_eq!(
                (same.status, same.text().as_str()),
                (304, ""),
                "{} {known}",
                case.read
            );
            assert_eq!(same.header("etag"), first.header("etag"));
            assert_eq!(same.header("cache-control"), first.header("cache-control"));
        }
        assert_eq!(get("\"987654321\"").await.expect(200).text(), first.text());
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
    // Nobody learns from a tag what they may not read.
    let tenant = api.tenant("customer", &api.root).await;
    let sibling = api.tenant("customer", &api.root).await;
    let token = api.token_at(&tenant, &["account_read"]).await;
    let path = format!("/api/2/tenants/{sibling}/brand");
    let request = api.request(Method::GET, &path).bearer_auth(&token);
    api.send(request.header("if-none-match", "*"))
        .await
        .expect(404);
}
