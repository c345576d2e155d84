//! Bulk usage over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::ids::{TenantId, UserId};
use upsell::domain::mail::MailState;
use upsell::domain::quota::{Item, Quota};
use upsell::usecases::Env;

use crate::support::http::{Site, json as body_of};
use crate::support::nodes::{Failure, Shared};
use crate::support::world::World;

const NDJSON: &str = "application/x-ndjson";

async fn site() -> (Site, UserId) {
    let world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    world
        .set_quotas(tenant, &[(Item::StorageSize, Quota::soft(100))])
        .await;
    (Site::serve(world).await, admin)
}

async fn post(site: &Site, query: &str, media_type: &str, body: String) -> Value {
    let request = site.api(Method::POST, &format!("/usages{query}"));
    let request = request.header("content-type", media_type).body(body);
    body_of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn each_line_has_its_own_fate() {
    let (site, admin) = site().await;
    let tenant = site.world.customer.id;
    let stranger = TenantId::random();
    let lines = [
        format!(
            r#"{{"tenant_id":"{tenant}","item":"storage_size","value":120,"observed_at":"2023-11-14T22:00:00Z"}}"#
        ),
        String::new(),
        format!(
            r#"{{"tenant_id":"{tenant}","item":"storage_size","value":7,"observed_at":"2023-11-14T21:00:00Z"}}"#
        ),
        format!(r#"{{"tenant_id":"{tenant}","usage_name":"storage","value":120}}"#),
        format!(r#"{{"user_id":"{admin}","item":"mobile_devices","value":3}}"#),
        format!(r#"{{"tenant_id":"{stranger}","item":"storage_size","value":1}}"#),
        format!(r#"{{"tenant_id":"{tenant}","item":"storage_size","value":-1}}"#),
        "{broken".to_owned(),
        format!(r#"{{"tenant_id":"{tenant}","item":"storage_size","value":1,"colour":"red"}}"#),
    ];
    let answer = post(&site, "", NDJSON, lines.join("\n")).await;
    assert_eq!(answer["accepted"], 2, "{answer}");
    assert_eq!(answer["skipped"], 1);
    assert_eq!(answer["unchanged"], 1);
    let rejected = answer["rejected"].as_array().unwrap();
    let of_line =
        |line: u64| &rejected.iter().find(|entry| entry["line"] == line).unwrap()["error"];
    assert_eq!(rejected.len(), 4);
    assert_eq!(of_line(6)["type"], "urn:upsell:problem:not-found");
    assert_eq!(of_line(6)["detail"], "tenant not found");
    assert_eq!(of_line(7)["type"], "urn:upsell:problem:malformed");
    assert!(
        of_line(8)["detail"]
            .as_str()
            .unwrap()
            .contains("no valid JSON")
    );
    assert!(
        of_line(9)["detail"]
            .as_str()
            .unwrap()
            .starts_with("colour: ")
    );
    // ok → exceeded of the storage is one change; the user has no quota for devices.
    assert_eq!(answer["transitions"], 1);
    assert!(answer.get("would_send").is_none());
    let quotas = site.get(&format!("/tenants/{tenant}/quotas")).await;
    assert_eq!(quotas["items"][0]["usage"], 120);
}

#[tokio::test]
async fn an_array_is_taken_alike_or_refused_as_a_whole() {
    let (site, _) = site().await;
    let tenant = site.world.customer.id;
    let records = json!([
        { "tenant_id": tenant.to_string(), "item": "storage_size", "value": 1 },
        7,
    ]);
    let answer = post(&site, "", "application/json", records.to_string()).await;
    assert_eq!(answer["accepted"], 1);
    assert_eq!(answer["rejected"][0]["line"], 2);
    for (media_type, body, status) in [
        ("application/json", "[{}", StatusCode::BAD_REQUEST),
        ("application/json", "{}", StatusCode::BAD_REQUEST),
        ("text/csv", "1,2", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let request = site
            .api(Method::POST, "/usages")
            .header("content-type", media_type);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
    }
    let request = site
        .api(Method::POST, "/usages?mode=maybe")
        .header("content-type", NDJSON);
    assert_eq!(
        request.body("").send().await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_dry_run_says_who_would_be_told_and_stores_nothing() {
    let (site, admin) = site().await;
    let buyer = site.world.add_user("buyer", false).await;
    site.world
        .change_user(buyer, |user| user.notifications.clear())
        .await;
    let tenant = site.world.customer.id;
    let line = format!(r#"{{"tenant_id":"{tenant}","item":"storage_size","value":100}}"#);
    let answer = post(&site, "?mode=dry_run", NDJSON, line.clone()).await;
    let expected = json!({
        "accepted": 1, "unchanged": 0, "skipped": 0, "transitions": 1, "rejected": [],
        "would_send": [{
            "recipient": admin.to_string(),
            "causes": [{ "scope": "tenant", "item": "storage_size", "level": "exceeded" }],
        }],
    });
    assert_eq!(answer, expected);
    let (meter, _) = site
        .world
        .env
        .store
        .meter(site.world.customer.account())
        .await
        .unwrap();
    assert!(meter.usages.is_empty());
    assert!(site.world.mails(MailState::Queued).await.is_empty());
    let real = post(&site, "", NDJSON, line).await;
    assert_eq!(
        (&real["accepted"], &real["transitions"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn what_the_store_has_no_room_for_is_to_come_again() {
    let (site, _) = site().await;
    let store = &site.world.env.store;
    let env = Env {
        store: Shared::failing(store, 0, Failure::Before),
        ..site.world.env.clone()
    };
    let (base, _stop) = site.twin_with(env).await;
    let tenant = site.world.customer.id;
    let line = format!(r#"{{"tenant_id":"{tenant}","item":"storage_size","value":120}}"#);
    let send = async || {
        let request = site.api(Method::POST, "/usages");
        let (client, request) = request.build_split();
        let mut request = request.unwrap();
        let url = format!("{base}{}", request.url().path());
        *request.url_mut() = url.parse().unwrap();
        request
            .headers_mut()
            .insert("content-type", NDJSON.parse().unwrap());
        *request.body_mut() = Some(line.clone().into());
        client.execute(request).await.unwrap()
    };
    let refused = send().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    // Nothing of it was kept, and it is taken the next time.
    let quotas = site.get(&format!("/tenants/{tenant}/quotas")).await;
    assert_eq!(quotas["items"][0]["usage"], 0);
    let taken = body_of(send().await).await;
    assert_eq!(taken["accepted"], 1, "{taken}");
    let quotas = site.get(&format!("/tenants/{tenant}/quotas")).await;
    assert_eq!(quotas["items"][0]["usage"], 120);
}
