//! Quotas, soon thresholds and previews over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::ids::UserId;
use upsell::domain::quota::{Item, Quota};
use upsell::store::keys;

use crate::support::http::{Site, add_shop, json as body_of};
use crate::support::world::{START, World};

async fn site() -> (Site, UserId) {
    let world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    let vms = Item::VirtualMachines;
    world
        .set_quotas(
            tenant,
            &[
                (vms, Quota::soft(10)),
                (Item::StorageSize, Quota::UNLIMITED),
            ],
        )
        .await;
    world.report(tenant, vms, 8, START).await;
    (Site::serve(world).await, admin)
}

async fn put(site: &Site, body: &Value, if_match: Option<&str>) -> reqwest::Response {
    let path = format!("/tenants/{}/quota-settings", site.world.customer.id);
    let mut request = site.api(Method::PUT, &path).json(body);
    if let Some(tag) = if_match {
        request = request.header("if-match", tag);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn quotas_say_how_each_item_stands() {
    let (site, admin) = site().await;
    let answer = site
        .get(&format!("/tenants/{}/quotas", site.world.customer.id))
        .await;
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items[0]["state"], "unlimited");
    assert_eq!(items[0]["quota"], Value::Null);
    assert_eq!(items[0]["utilization"], Value::Null);
    assert_eq!(items[1]["state"], "ok");
    assert_eq!(items[1]["utilization"], "80.0");
    let own = site.get(&format!("/users/{admin}/quotas")).await;
    assert_eq!(own["user_id"], json!(admin.to_string()));
    assert_eq!(own["items"], json!([]));
}

#[tokio::test]
async fn a_tenants_own_threshold_opens_and_closes_alerts_at_once() {
    let (site, admin) = site().await;
    let response = put(
        &site,
        &json!({ "soon_percent": { "virtual_machines": 80 }, "version": 1 }),
        None,
    )
    .await;
    assert_eq!(response.headers()["etag"], "\"2\"");
    let settings = body_of(response).await;
    let expected = json!({
        "soon_percent": {
            "storage_size": null, "physical_machines": null, "physical_servers": null,
            "virtual_machines": 80, "mobile_devices": null,
        },
        "version": 2,
    });
    assert_eq!(settings, expected);
    let alerts = format!("/users/{admin}/alerts");
    assert_eq!(site.get(&alerts).await["items"][0]["state"], "soon");
    // Told in the same commit: the notice is there, before any further report.
    let engine = site.world.env.store.engine();
    assert_eq!(
        engine.scan(&keys::notices(), None, 9).await.unwrap().len(),
        1
    );
    let account = site.world.customer.account();
    let (meter, _) = site.world.env.store.meter(account).await.unwrap();
    assert_eq!(
        meter
            .standings
            .get(Item::VirtualMachines)
            .unwrap()
            .state
            .name(),
        "soon"
    );
    let off = body_of(
        put(
            &site,
            &json!({ "soon_percent": { "virtual_machines": 0 } }),
            Some("\"2\""),
        )
        .await,
    )
    .await;
    assert_eq!(off["soon_percent"]["virtual_machines"], 0);
    assert_eq!(site.get(&alerts).await["items"], json!([]));
}

#[tokio::test]
async fn stale_versions_and_wrong_thresholds_change_nothing() {
    let (site, _) = site().await;
    let soon = |value: Value| json!({ "soon_percent": value });
    for (body, tag, status) in [
        (
            json!({ "soon_percent": {}, "version": 7 }),
            None,
            StatusCode::CONFLICT,
        ),
        (
            soon(json!({ "storage_size": 50 })),
            Some("\"7\""),
            StatusCode::PRECONDITION_FAILED,
        ),
        (
            soon(json!({ "storage_size": 100 })),
            None,
            StatusCode::BAD_REQUEST,
        ),
        (
            soon(json!({ "storage_size": -1 })),
            None,
            StatusCode::BAD_REQUEST,
        ),
        (
            soon(json!({ "storage_size": "50" })),
            None,
            StatusCode::BAD_REQUEST,
        ),
        (soon(json!({ "disks": 50 })), None, StatusCode::BAD_REQUEST),
        (
            json!({ "soon_percent": {}, "x": 1 }),
            None,
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let response = put(&site, &body, tag).await;
        assert_eq!(response.status(), status, "{body}");
    }
    let path = format!("/tenants/{}/quota-settings", site.world.customer.id);
    assert_eq!(site.get(&path).await["version"], 1);
}

#[tokio::test]
async fn any_message_can_be_previewed() {
    let (site, _) = site().await;
    add_shop(&site.world, "https://shop.example.com/buy").await;
    let preview = |what: &str, change: Value| {
        let mut body = json!({
            "what": what, "lang": "en", "company_admin": true, "buyer": true, "branding": true,
            "buy_url": "https://other.example.com/",
            "items": [{ "scope": "tenant", "item": "storage_size", "usage": 95, "quota": 100 }],
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        site.api(Method::POST, "/preview").json(&body).send()
    };
    let alert = body_of(preview("alert", json!({})).await.unwrap()).await;
    assert_eq!(
        alert["items"][0]["title"],
        "Storage quota will be exceeded soon"
    );
    let proposal = &alert["items"][0]["proposal"];
    assert!(
        proposal["href"]
            .as_str()
            .unwrap()
            .starts_with("https://other.example.com/?placement=")
    );
    let mail = body_of(
        preview(
            "mail",
            json!({ "buy_url": null, "tenant_id": site.world.customer.id.to_string() }),
        )
        .await
        .unwrap(),
    )
    .await;
    let subject = mail["subject"].as_str().unwrap();
    assert!(subject.contains("FooBackup"), "{subject}");
    let text = mail["text"].as_str().unwrap();
    let link =
        "https://shop.example.com/buy?placement=email_notification&tenant_quota=storage_size";
    assert!(text.contains(link), "{text}");
    assert!(mail["html"].as_str().unwrap().contains("<html"));
    let header = body_of(preview("header", json!({ "buyer": false })).await.unwrap()).await;
    assert_eq!(header["header"]["proposal"], Value::Null);
    assert!(header["html"].as_str().unwrap().contains("upsell-header"));
    for change in [
        json!({ "buy_url": "javascript:alert(1)" }),
        json!({ "lang": "!" }),
        json!({ "items": [{ "scope": "tenant", "item": "disk", "usage": 1, "quota": 1 }] }),
        json!({ "items": [{ "scope": "tenant", "item": "storage_size", "usage": 1 }] }),
        json!({ "items": [] }),
    ] {
        let response = preview("mail", change.clone()).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{change}");
    }
}

#[tokio::test]
async fn reminders_and_activation_mails_can_be_previewed() {
    let (site, _) = site().await;
    add_shop(&site.world, "https://shop.example.com/buy").await;
    let customer = site.world.customer.id;
    let body = |what: &str, tenant: &str| {
        json!({
            "what": what, "lang": "en", "company_admin": true, "buyer": true, "branding": true,
            "tenant_id": tenant,
            "items": [
                { "scope": "user", "item": "storage_size", "usage": 95, "quota": 100 },
                { "scope": "tenant", "item": "virtual_machines", "usage": 12, "quota": 10 },
            ],
        })
    };
    for (what, subject, expected) in [
        ("reminder", "Reminder: 2 quotas", "nothing has changed"),
        ("activation", "FooBackup", "example"),
    ] {
        let sent = site.api(Method::POST, "/preview");
        let sent = sent.json(&body(what, &customer.to_string())).send();
        let answer = body_of(sent.await.unwrap()).await;
        assert_eq!(answer["what"], what);
        let subjects = answer["subject"].as_str().unwrap();
        assert!(subjects.contains(subject), "{subjects}");
        let text = answer["text"].as_str().unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(answer["html"].as_str().unwrap().contains("FooBackup"));
    }
    // Another's tenant is as unknown as none.
    let root = site.world.root.root.to_string();
    let token = site.token_for(customer, None).await;
    for tenant in [root, uuid::Uuid::from_u128(1).to_string()] {
        let sent = site.public(Method::POST, "/api/upsell/v1/preview");
        let sent = sent.bearer_auth(&token).json(&body("activation", &tenant));
        let status = sent.send().await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{tenant}");
    }
}
