//! The partner dialect: who may, whose partners they are, and what hostile bodies meet.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::partner::{Partner, SEED_JSON, SEED_XML};

#[tokio::test]
async fn tokens_come_in_the_dialects_own_scheme() {
    let partner = Partner::start().await;
    partner.create(SEED_JSON).await;
    let path = Partner::path("/1");
    let token = partner.api.token.clone();
    for header in [
        None,
        Some(format!("Bearer {token}")),
        Some("OAuth x".to_owned()),
    ] {
        let mut request = partner
            .api
            .request(Method::GET, &path)
            .header("accept", "application/xml");
        if let Some(value) = &header {
            request = request.header("authorization", value);
        }
        let answer = partner.api.send(request).await.expect(401);
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("OAuth realm=\"upsell\""),
            "{challenge}"
        );
        assert!(
            answer.text().contains("<error><code>401</code>"),
            "{}",
            answer.text()
        );
    }
    // Before the body is read.
    let body = partner.api.request(Method::PUT, &path).body(SEED_JSON);
    partner.api.send(body).await.expect(401);
}

#[tokio::test]
async fn reading_and_writing_need_their_scopes() {
    let partner = Partner::start().await;
    partner.create(SEED_JSON).await;
    let reads = partner.api.token_at(&partner.id, &["partners_read"]).await;
    let writes = partner.api.token_at(&partner.id, &["partners_write"]).await;
    let json = [("content-type", "application/json")];
    for (method, path, token, status) in [
        (Method::GET, "", &reads, 200),
        (Method::GET, "/1", &reads, 200),
        (Method::PUT, "/1", &reads, 403),
        (Method::POST, "", &reads, 403),
        (Method::DELETE, "/1", &reads, 403),
        (Method::GET, "", &writes, 403),
        (Method::GET, "/1", &writes, 403),
        (Method::PUT, "/1", &writes, 204),
        (Method::POST, "", &writes, 201),
        (Method::DELETE, "/1", &writes, 204),
    ] {
        let what = format!("{method} {path}");
        let answer = partner.call(token, (method, path), &json, SEED_JSON).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
    }
}

#[tokio::test]
async fn partners_are_named_by_id_or_by_a_name_of_the_callers_own_tree() {
    let partner = Partner::start().await;
    let (api, id) = (&partner.api, partner.id.clone());
    partner.create(SEED_JSON).await;
    let named = |name: &str| format!("/v1/partners/{name}/plans/1");
    for name in [
        id.as_str(),
        "barracuda",
        "BarraCuda",
        "%62arracuda",
        "%20barracuda",
    ] {
        partner.get(&named(name), "*/*").await.expect(200);
    }
    // A customer of that name is no partner.
    let sibling = api.tenant("partner", &api.root).await;
    let shop = json!({"name": "Barracuda", "kind": "customer", "parent_id": sibling});
    let shop = api.post("/api/2/tenants", &shop).await.expect(201).json();
    partner.get(&named("barracuda"), "*/*").await.expect(200);
    partner
        .get(&named(shop["id"].as_str().unwrap()), "*/*")
        .await
        .expect(404);
    // A second partner is in doubt for whoever sees both, and for nobody else.
    let other = api.tenant("partner", &api.root).await;
    let second = json!({"name": "barracuda", "kind": "partner", "parent_id": other});
    let second = api.post("/api/2/tenants", &second).await.expect(201).json();
    let second = second["id"].as_str().unwrap().to_owned();
    let doubt = partner.get(&named("barracuda"), "*/*").await.expect(409);
    assert!(doubt.text().contains("by its id"), "{}", doubt.text());
    partner.get(&named(&id), "*/*").await.expect(200);
    let of_first = api.token_at(&id, &["partners_read"]).await;
    let answer = partner.call(&of_first, (Method::GET, "/1"), &[], "").await;
    answer.expect(200);
    // Root has plans too.
    let path = format!("/v1/partners/{}/plans", api.root);
    partner
        .send(Method::POST, &path, "application/xml", SEED_XML)
        .await
        .expect(201);
    // What is out of reach answers like what is nowhere.
    let of_second = api
        .token_at(&second, &["partners_read", "partners_write"])
        .await;
    let unknown_path = named("00000000-0000-4000-8000-000000000000");
    let json = [("content-type", "application/json")];
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let unknown = partner.call(
            &of_second,
            (method.clone(), &unknown_path),
            &json,
            SEED_JSON,
        );
        let unknown = unknown.await.expect(404);
        for foreign in [id.as_str(), api.root.as_str()] {
            let path = named(foreign);
            let foreign = partner
                .call(&of_second, (method.clone(), &path), &json, SEED_JSON)
                .await;
            assert_eq!(foreign.expect(404).text(), unknown.text());
        }
    }
}

#[tokio::test]
async fn hostile_bodies_are_refused_at_once_and_store_nothing() {
    let partner = Partner::start().await;
    partner.create(SEED_JSON).await;
    let kept = partner.plan(1).await.0;
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE z [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
                <plan><name>&b;</name></plan>";
    let deep = format!("{}{}", "<a>".repeat(9_000), "</a>".repeat(9_000));
    let levels = "<name>".repeat(17);
    let utf_16: Vec<u8> = SEED_XML.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let swap = |from: &str, to: &str| SEED_XML.replace(from, to).into_bytes();
    for (what, body) in [
        ("a document type", swap("<plan>", "<!DOCTYPE plan><plan>")),
        ("an entity bomb", bomb.as_bytes().to_vec()),
        ("9,000 levels", deep.into_bytes()),
        ("17 levels", swap("<name>", &levels)),
        ("another encoding", swap("UTF-8", "ISO-8859-1")),
        ("UTF-16", utf_16),
        ("broken UTF-8", [SEED_XML.as_bytes(), &[0xff]].concat()),
        ("another root", swap("plan>", "partner>")),
        ("an unknown element", swap("<name>", "<x/><name>")),
        (
            "a duplicate",
            swap("<name>", "<computers>1</computers><name>"),
        ),
        ("an attribute", swap("<name>", "<name a='b'>")),
        ("a namespace", swap("<plan>", "<plan xmlns='urn:x'>")),
        ("an instruction", swap("<plan>", "<?php x?><plan>")),
        ("two roots", swap("</plan>", "</plan><plan/>")),
        ("an unknown entity", swap("20g", "&xxe;")),
        ("no end", swap("</plan>", "")),
        ("nothing", Vec::new()),
        ("a negative price", swap("19.95", "-19.95")),
        ("a missing element", swap("<computers>10</computers>", "")),
        ("an exponent", swap("19.95", "1.995e1")),
    ] {
        let headers = [
            ("content-type", "application/xml"),
            ("accept", "application/xml"),
        ];
        for (method, path) in [(Method::PUT, "/1"), (Method::POST, "")] {
            let began = Instant::now();
            let answer = partner.call(&partner.api.token, (method, path), &headers, body.clone());
            let answer = answer.await;
            // Generous: it takes well below 10 ms, but the machine may be busy.
            let took = began.elapsed();
            assert!(took < Duration::from_secs(2), "{what}: {took:?}");
            assert_eq!(answer.status, 400, "{what}: {}", answer.text());
            assert!(
                answer.text().contains("<error><code>400</code><message>"),
                "{}",
                answer.text()
            );
        }
    }
    let long = format!("{SEED_XML}{}", " ".repeat(64 * 1024));
    partner
        .send(Method::PUT, "/1", "application/xml", &long)
        .await
        .expect(413);
    partner
        .send(Method::PUT, "/1", "application/json", &long)
        .await
        .expect(413);
    assert_eq!(partner.plan(1).await.0, kept);
    let list = partner.get("", "*/*").await.expect(200).json();
    assert_eq!(list["count"], 1);
}

#[tokio::test]
async fn changes_are_audited_and_a_partner_goes_with_its_plans() {
    let partner = Partner::start().await;
    let (api, id) = (&partner.api, &partner.id);
    partner.create(SEED_JSON).await;
    partner
        .put("/1", &Partner::variant("New", "4.810"))
        .await
        .expect(204);
    partner.create(SEED_JSON).await;
    partner.delete("/2").await.expect(204);
    let path = format!("/api/upsell/v1/audit?tenant_id={id}");
    let audit = api.get(&path).await.expect(200);
    let entries = audit.json()["items"].as_array().unwrap().clone();
    let plans: Vec<_> = entries
        .iter()
        .filter(|entry| {
            entry["action"]
                .as_str()
                .unwrap()
                .starts_with("partner_plan.")
        })
        .collect();
    let told: Vec<_> = plans
        .iter()
        .map(|entry| (&entry["action"], &entry["object"]))
        .collect();
    let (created, updated, deleted) = (
        json!("partner_plan.create"),
        json!("partner_plan.update"),
        json!("partner_plan.delete"),
    );
    let (one, two) = (json!("1"), json!("2"));
    assert_eq!(
        told,
        [
            (&deleted, &two),
            (&created, &two),
            (&updated, &one),
            (&created, &one)
        ]
    );
    assert_eq!(plans[2]["before"]["base_price"], "19.95");
    assert_eq!(plans[2]["after"]["base_price"], "4.810");
    // A disabled partner takes no plan; a deleted one has none.
    let tenant = format!("/api/2/tenants/{id}");
    api.put(&tenant, &json!({"enabled": false, "version": 1}))
        .await
        .expect(200);
    partner
        .send(Method::POST, "", "application/json", SEED_JSON)
        .await
        .expect(422);
    api.delete(&format!("{tenant}?version=2")).await.expect(204);
    partner
        .get(&format!("/v1/partners/{id}/plans/1"), "*/*")
        .await
        .expect(404);
    let id = id.parse().unwrap();
    assert_eq!(api.env.store.plans(id, 10).await.unwrap(), vec![]);
}
