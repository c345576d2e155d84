//! What the console and the portal get, over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::ids::{AccountId, UserId};
use upsell::domain::quota::{Item, Quota};
use upsell::store::engine::Changes;
use upsell::store::unchanged;

use crate::support::http::{CONSOLE, Site, add_shop};
use crate::support::world::{START, World};

/// A customer with a shop, its storage over quota and an admin whose own quota is almost full.
async fn site() -> (Site, UserId) {
    let world = World::new().await;
    add_shop(&world, "https://shop.example.com/buy?c=1").await;
    let admin = world.add_user("admin", true).await;
    let (tenant, own) = (world.tenant_account(), AccountId::User(admin));
    let storage = Item::StorageSize;
    world
        .set_quotas(
            tenant,
            &[
                (storage, Quota::hard(1000, 100)),
                (Item::VirtualMachines, Quota::soft(10)),
            ],
        )
        .await;
    world.set_quotas(own, &[(storage, Quota::soft(100))]).await;
    world.report(tenant, storage, 1042, START).await;
    world.report(own, storage, 95, START).await;
    (Site::serve(world).await, admin)
}

#[tokio::test]
async fn alerts_have_the_shape_of_the_contract() {
    let (site, admin) = site().await;
    let answer = site
        .get(&format!(
            "/users/{admin}/alerts?page=https://c.example/x&lang=en"
        ))
        .await;
    assert_eq!(answer["user_id"], json!(admin.to_string()));
    assert_eq!(
        answer["tenant_id"],
        json!(site.world.customer.id.to_string())
    );
    assert_eq!(
        answer["generated_at"],
        json!("2023-11-14T22:13:20.000000+00:00")
    );
    assert_eq!(answer["stale"], json!(false));
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{answer}");
    let first = &items[0];
    let expected = json!({
        "id": format!("tenant.{}.storage_size", site.world.customer.id),
        "scope": "tenant", "item": "storage_size", "state": "exceeded", "severity": "error",
        "since": "2023-11-14T22:13:20.000000+00:00",
        "usage": 1042, "quota": 1000, "overage": 100, "unit": "bytes", "utilization": "104.2",
        "title": "Storage quota has been exceeded", "snoozed_until": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&first[name], value, "{name}");
    }
    assert_eq!(first["what_to_buy"], Value::Null);
    assert_eq!(first.as_object().unwrap().len(), 16);
    let proposal = &first["proposal"];
    assert_eq!(proposal["kind"], "buy_now");
    assert_eq!(proposal["label"], "Buy now");
    let (user, tenant) = ids(&site, admin).await;
    assert_eq!(
        proposal["buy_url"],
        json!(format!(
            "https://shop.example.com/buy?c=1&placement=Alert_on_Storage&user_quota=storage_size\
             &tenant_quota=storage_size&user_id={user}&tenant_id={tenant}\
             &page=https%3A%2F%2Fc.example%2Fx"
        ))
    );
    let href = proposal["href"].as_str().unwrap();
    assert!(href.starts_with("https://upsell.example.com/r/"), "{href}");
    assert!(
        href.ends_with("?page=https%3A%2F%2Fc.example%2Fx"),
        "{href}"
    );
    assert_eq!(items[1]["state"], "soon");
    assert_eq!(items[1]["title"], "Storage quota will be exceeded soon");
}

async fn ids(site: &Site, user: UserId) -> (u64, u64) {
    let store = &site.world.env.store;
    let user = store.user(user).await.unwrap().unwrap();
    (user.v1_id.0.into(), site.world.customer.v1_id.0.into())
}

#[tokio::test]
async fn the_reader_decides_what_is_proposed() {
    let (site, _) = site().await;
    let buyer = site.world.add_user("buyer", false).await;
    let plain = site.world.add_user("plain", true).await;
    site.world
        .change_user(plain, |user| user.buyer = false)
        .await;
    let answer = site.get(&format!("/users/{buyer}/alerts?lang=de")).await;
    let alert = &answer["items"][0];
    let title = alert["title"].as_str().unwrap();
    assert_ne!(title, "Storage quota has been exceeded");
    let proposal = alert["proposal"].as_object().unwrap();
    assert_eq!(proposal["kind"], "contact_sales");
    assert!(!proposal.contains_key("href") && !proposal.contains_key("buy_url"));
    let answer = site.get(&format!("/users/{plain}/alerts")).await;
    assert_eq!(answer["items"][0]["proposal"], Value::Null);
    site.world
        .change_user(plain, |user| user.enabled = false)
        .await;
    let answer = site.get(&format!("/users/{plain}/alerts")).await;
    assert_eq!(answer["items"], json!([]));
}

/// Who is to contact sales is told how: by what the brand has, and by nothing that is not a safe link.
#[tokio::test]
async fn contact_sales_says_how() {
    let (site, _) = site().await;
    let buyer = site.world.add_user("buyer", false).await;
    let page = "https://help.example.com/sales";
    let phone = json!({ "phone": "+1 1111 1111111", "phone_href": "tel:+111111111111" });
    let cases = [
        ("+1 1111 1111111", "", phone.clone()),
        ("+1 1111 1111111", "javascript:alert(1)", phone),
        ("", page, json!({ "url": page })),
        ("Ask\nSue", page, json!({ "phone": "Ask Sue", "url": page })),
        ("", "", Value::Null),
    ];
    for (phone, support, contact) in cases {
        set_contacts(&site.world, phone, support).await;
        let alerts = site.get(&format!("/users/{buyer}/alerts?lang=en")).await;
        let header = site.get(&format!("/users/{buyer}/header?lang=en")).await;
        let edition = format!("/users/{buyer}/edition-proposal?edition=Advanced");
        let edition = site.get(&edition).await;
        for of in [&alerts["items"][0], &header, &edition] {
            assert_eq!(of["proposal"]["kind"], "contact_sales");
            assert_eq!(of["proposal"]["contact"], contact, "{phone:?} {support:?}");
        }
        let html = site
            .api(Method::GET, &format!("/users/{buyer}/header?lang=en"))
            .header("accept", "text/html");
        let html = html.send().await.unwrap().text().await.unwrap();
        let links: Vec<_> = html.split("href=\"").skip(1).collect();
        for name in ["phone_href", "url"] {
            let shown = contact[name].as_str();
            let is_linked = |link: &&str| shown.is_some_and(|shown| link.starts_with(shown));
            assert_eq!(links.iter().any(is_linked), shown.is_some(), "{html}");
        }
        assert!(!html.contains("javascript"), "{html}");
    }
}

async fn set_contacts(world: &World, phone: &str, support: &str) {
    let store = &world.env.store;
    let old = store.brand(world.customer.id).await.unwrap().unwrap();
    let mut brand = old.value.clone();
    brand.support_phone = phone.to_owned();
    brand.urls.support = support.to_owned();
    let mut changes = Changes::new();
    changes.put_brand(unchanged(Some(&old)), brand);
    store.commit(changes).await.unwrap();
}

#[tokio::test]
async fn strangers_and_unknown_users_are_answered_alike() {
    let (site, admin) = site().await;
    let own = site.token_for(site.world.customer.id, Some(admin)).await;
    let other = site.world.add_user("other", false).await;
    let path = |user: &str| format!("/api/upsell/v1/users/{user}/alerts");
    for (user, token, status) in [
        (admin.to_string(), Some(&own), StatusCode::OK),
        (other.to_string(), Some(&own), StatusCode::NOT_FOUND),
        (
            UserId::random().to_string(),
            Some(&own),
            StatusCode::NOT_FOUND,
        ),
        ("x".to_owned(), Some(&own), StatusCode::NOT_FOUND),
        (admin.to_string(), None, StatusCode::UNAUTHORIZED),
    ] {
        let mut request = site.public(Method::GET, &path(&user));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{user}");
        if status == StatusCode::NOT_FOUND {
            let mut problem: Value = response.json().await.unwrap();
            problem["request_id"].take();
            assert_eq!(problem["detail"], "user not found");
            assert_eq!(problem["type"], "urn:upsell:problem:not-found");
        }
    }
    for query in ["?lang=!", "?colour=1", "?page=1&page=2"] {
        let path = format!("/users/{admin}/alerts{query}");
        let response = site.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn an_alert_is_put_aside_and_taken_back() {
    let (site, admin) = site().await;
    let alerts = format!("/users/{admin}/alerts");
    let id = format!("tenant.{}.storage_size", site.world.customer.id);
    let path = format!("{alerts}/{id}/snooze");
    let until = json!({ "until": "2023-11-15T00:00:00+01:00" });
    let response = site
        .api(Method::POST, &path)
        .json(&until)
        .send()
        .await
        .unwrap();
    let answer = crate::support::http::json(response).await;
    assert_eq!(
        answer,
        json!({ "id": id, "snoozed_until": "2023-11-14T23:00:00.000000+00:00" })
    );
    let listed = site.get(&alerts).await;
    assert_eq!(
        listed["items"][0]["snoozed_until"],
        "2023-11-14T23:00:00.000000+00:00"
    );
    site.turn_to(3600);
    assert_eq!(
        site.get(&alerts).await["items"][0]["snoozed_until"],
        Value::Null
    );
    site.turn_to(0);
    for _ in 0..2 {
        let response = site.api(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(
        site.get(&alerts).await["items"][0]["snoozed_until"],
        Value::Null
    );

    let stranger = format!(
        "{alerts}/tenant.{}.storage_size/snooze",
        site.world.root.root
    );
    let calm = format!(
        "{alerts}/tenant.{}.virtual_machines/snooze",
        site.world.customer.id
    );
    let past = json!({ "until": "2023-11-14T22:13:20Z" });
    let extra = json!({ "until": "2023-11-15T00:00:00Z", "by": "me" });
    for (path, body, status) in [
        (&stranger, &until, StatusCode::NOT_FOUND),
        (&calm, &until, StatusCode::NOT_FOUND),
        (&path, &past, StatusCode::BAD_REQUEST),
        (&path, &extra, StatusCode::BAD_REQUEST),
        (
            &path,
            &json!({ "until": "2030-01-01T00:00:00Z" }),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let response = site
            .api(Method::POST, path)
            .json(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{path} {body}");
    }
}

#[tokio::test]
async fn the_header_is_json_or_html() {
    let (site, admin) = site().await;
    let path = format!("/users/{admin}/header");
    let answer = site.get(&path).await;
    let items = answer["items"].as_array().unwrap();
    let states: Vec<_> = items
        .iter()
        .map(|item| item["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["exceeded", "soon", "ok"]);
    assert_eq!(items[0].as_object().unwrap().len(), 13);
    for (name, text) in [("lang", "en"), ("dir", "ltr")] {
        assert_eq!(answer[name], text);
    }
    // The words are those of the fragment.
    for name in ["group", "title", "label", "figures", "percent"] {
        assert_ne!(items[0][name].as_str(), Some(""), "{name}");
    }
    let buy_url = answer["proposal"]["buy_url"].as_str().unwrap();
    assert!(buy_url.contains("placement=mc_usage_info"), "{buy_url}");
    let html = site
        .api(Method::GET, &path)
        .header("accept", "text/html,*/*;q=0.8");
    let html = html.send().await.unwrap();
    assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(
        html.headers()["vary"],
        "Origin, Accept".split(", ").last().unwrap()
    );
    let text = html.text().await.unwrap();
    assert!(
        text.starts_with("<section class=\"upsell-header\""),
        "{text}"
    );
    assert!(text.contains("https://upsell.example.com/r/"), "{text}");
    let refused = site.api(Method::GET, &path).header("accept", "image/png");
    assert_eq!(
        refused.send().await.unwrap().status(),
        StatusCode::NOT_ACCEPTABLE
    );
}

#[tokio::test]
async fn an_edition_is_proposed_with_the_bare_buy_url() {
    let (site, admin) = site().await;
    let answer = site
        .get(&format!("/users/{admin}/edition-proposal?edition=Advanced"))
        .await;
    assert_eq!(answer["edition"], "Advanced");
    assert_eq!(
        answer["proposal"]["buy_url"],
        "https://shop.example.com/buy?c=1"
    );
    let href = answer["proposal"]["href"].as_str().unwrap();
    let response = site.public(Method::GET, href).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(
        response.headers()["location"],
        "https://shop.example.com/buy?c=1"
    );
    let long = format!("?edition={}", "x".repeat(129));
    for bad in [
        "",
        "?edition=",
        "?edition=%20",
        "?edition=a%0Ab",
        "?edition=a%C2%9Bb",
        &long,
    ] {
        let path = format!("/users/{admin}/edition-proposal{bad}");
        let refused = site.api(Method::GET, &path).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn listed_origins_alone_may_call_from_a_browser() {
    let (site, admin) = site().await;
    let path = format!("/api/upsell/v1/users/{admin}/alerts");
    for (origin, allowed) in [
        (CONSOLE, true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let preflight = site
            .public(Method::OPTIONS, &path)
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let preflight = preflight.send().await.unwrap();
        assert_eq!(
            preflight.status() == StatusCode::NO_CONTENT,
            allowed,
            "{origin}"
        );
        // Errors too: else a page could not tell a lost token from a lost network.
        let answer = site.public(Method::GET, &path).header("origin", origin);
        let answer = answer.send().await.unwrap();
        let named = answer.headers().get("access-control-allow-origin");
        assert_eq!(named.is_some(), allowed, "{origin}");
        assert!(named.is_none_or(|named| named == origin));
    }
}
