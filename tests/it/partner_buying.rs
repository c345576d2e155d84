//! A tenant names its partner plan; then its buyers are told what covers the overage and what that
//! costs, in alerts, header and mail.

use reqwest::header::ETAG;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::ids::{AccountId, TenantId, UserId};
use upsell::domain::plan::{PlanId, PlanRef};
use upsell::domain::quota::{Item, Quota};
use upsell::store::engine::{Changes, CommitError};
use upsell::usecases::compose::{Composed, Due, compose};

use crate::outbox_rules::{fan_out_all, queued_for};
use crate::support::http::{Site, add_shop};
use crate::support::partner::SEED_JSON;
use crate::support::world::{START, World};

const GIB: u64 = 1 << 30;

/// A customer over its quotas, with a shop, an admin who may buy and a buyer who may not; the root
/// partner sells the plan that the vendor prints.
struct Shop {
    site: Site,
    admin: UserId,
    buyer: UserId,
}

impl Shop {
    async fn open() -> Self {
        let world = World::new().await;
        add_shop(&world, "https://shop.example.com/buy").await;
        let (admin, buyer) = (
            world.add_user("admin", true).await,
            world.add_user("buyer", false).await,
        );
        let (tenant, own) = (world.tenant_account(), AccountId::User(admin));
        let quotas = [
            (Item::StorageSize, Quota::soft(20 * GIB)),
            (Item::PhysicalMachines, Quota::soft(10)),
            (Item::VirtualMachines, Quota::soft(1)),
        ];
        world.set_quotas(tenant, &quotas).await;
        world
            .set_quotas(own, &[(Item::StorageSize, Quota::soft(GIB))])
            .await;
        let used = [
            (tenant, Item::StorageSize, 32 * GIB),
            (tenant, Item::PhysicalMachines, 12),
            (tenant, Item::VirtualMachines, 2),
            (own, Item::StorageSize, 2 * GIB),
        ];
        world.report_all(&used, START).await;
        let site = Site::serve(world).await;
        let shop = Self { site, admin, buyer };
        let made = shop.partner(Method::POST, "", SEED_JSON).await;
        assert_eq!(made, StatusCode::CREATED);
        shop
    }

    fn root(&self) -> TenantId {
        self.site.world.root.root
    }

    fn tenant(&self) -> TenantId {
        self.site.world.customer.id
    }

    /// A call of the partner dialect on the root's plans.
    async fn partner(&self, method: Method, rest: &str, body: &'static str) -> StatusCode {
        let path = format!("/v1/partners/{}/plans{rest}", self.root());
        let token = self.site.token_for(self.root(), None).await;
        let request = self.site.public(method, &path).body(body);
        let request = request
            .header("authorization", format!("OAuth {token}"))
            .header("content-type", "application/json");
        request.send().await.unwrap().status()
    }

    /// A call of the native dialect; status, ETag and body.
    async fn native(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, String, Value) {
        let mut request = self.site.api(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let tag = response
            .headers()
            .get(ETAG)
            .map_or("", |tag| tag.to_str().unwrap());
        let (status, tag) = (response.status().as_u16(), tag.to_owned());
        let text = response.text().await.unwrap();
        (status, tag, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn name_plan(&self) {
        let path = format!("/tenants/{}/plan", self.tenant());
        let body = json!({"partner": self.root().to_string(), "plan_id": 1});
        let (status, _, answer) = self.native(Method::PUT, &path, Some(body.clone())).await;
        assert_eq!((status, answer), (200, body));
    }

    async fn name_currency(&self, currency: &str) {
        let path = format!("/tenants/{}/currency", self.root());
        let body = json!({"currency": currency});
        let (status, _, answer) = self.native(Method::PUT, &path, Some(body.clone())).await;
        assert_eq!((status, answer), (200, body));
    }

    /// What is to be bought by scope and item, of alerts or a header.
    async fn told(&self, what: &str, user: UserId, lang: &str) -> Vec<(String, Value)> {
        let answer = self
            .site
            .get(&format!("/users/{user}/{what}?lang={lang}"))
            .await;
        let items = answer["items"].as_array().unwrap().iter();
        let told = items.filter(|item| !item["what_to_buy"].is_null());
        let name = |item: &Value| format!("{}.{}", item["scope"], item["item"]).replace('"', "");
        told.map(|item| (name(item), item["what_to_buy"].clone()))
            .collect()
    }

    async fn mail_to(&self, user: UserId) -> Composed {
        let world = &self.site.world;
        fan_out_all(world, START).await;
        let mail = queued_for(world, user).await.remove(0);
        match compose(&world.env, &mail, START).await.unwrap() {
            Due::Send(composed) => *composed,
            Due::Cancel(why) => panic!("{why:?}"),
        }
    }
}

#[tokio::test]
async fn who_may_buy_is_told_what_and_for_how_much() {
    let shop = Shop::open().await;
    for what in ["alerts", "header"] {
        assert_eq!(
            shop.told(what, shop.admin, "en").await,
            vec![],
            "no plan, nothing said"
        );
    }
    shop.name_plan().await;
    // 12 GiB over; 2 extra computers bring 10 GiB; 2 blocks of 1 GiB are left.
    let storage = json!({
        "blocks": 2, "block_bytes": GIB, "computers_bytes": 10 * GIB, "unit_price": "0.95", "total": "1.90", "currency": null,
        "text": "2 extra blocks of 1\u{a0}GiB, beside the 10\u{a0}GiB that the extra computers bring, cover what is over the quota. Price per month: 1.90 (2\u{a0}×\u{a0}0.95).",
    });
    let machines = json!({
        "computers": 2, "unit_price": "4.95", "total": "9.90", "currency": null,
        "text": "2 extra computers cover what is over the quota. Price per month: 9.90 (2\u{a0}×\u{a0}4.95).",
    });
    let expected = vec![
        ("tenant.storage_size".to_owned(), storage),
        ("tenant.physical_machines".to_owned(), machines),
    ];
    assert_eq!(shop.told("alerts", shop.admin, "en").await, expected);
    assert_eq!(shop.told("header", shop.admin, "en").await, expected);
    // Who is sent to a salesperson hears the price there.
    for what in ["alerts", "header"] {
        assert_eq!(shop.told(what, shop.buyer, "en").await, vec![]);
    }
    shop.name_currency("EUR").await;
    // Though the same was asked for, and answered without a currency, a moment ago.
    for what in ["alerts", "header"] {
        let told = shop.told(what, shop.admin, "en").await;
        assert_eq!(told[0].1["currency"], "EUR", "{what}");
    }
    let german = shop.told("alerts", shop.admin, "de").await;
    assert_eq!(german[0].1["currency"], "EUR");
    assert_eq!(
        german[0].1["text"],
        "2 Zusatzblöcke von je 1\u{a0}GiB decken zusammen mit den 10\u{a0}GiB der zusätzlichen \
         Rechner die Überschreitung. Preis pro Monat: 1,90\u{a0}EUR (2\u{a0}×\u{a0}0,95\u{a0}EUR)."
    );
    // The plan of this moment counts.
    let dearer = SEED_JSON.replace("0.95", "1234.950").leak();
    assert_eq!(
        shop.partner(Method::PUT, "/1", dearer).await,
        StatusCode::NO_CONTENT
    );
    let english = shop.told("alerts", shop.admin, "en").await;
    assert_eq!(english[0].1["total"], "2469.900");
    let text = english[0].1["text"].as_str().unwrap();
    assert!(
        text.contains("EUR\u{a0}2,469.900 (2\u{a0}×\u{a0}EUR\u{a0}1,234.950)"),
        "{text}"
    );
    let path = format!("/users/{}/header", shop.admin);
    let html = shop
        .site
        .api(Method::GET, &path)
        .header("accept", "text/html");
    let html = html.send().await.unwrap().text().await.unwrap();
    assert!(
        html.contains("2 extra computers cover what is over the quota."),
        "{html}"
    );
}

#[tokio::test]
async fn the_mail_says_it_in_both_parts() {
    let shop = Shop::open().await;
    shop.name_plan().await;
    shop.name_currency("USD").await;
    let mail = shop.mail_to(shop.admin).await;
    for part in [&mail.html, &mail.text] {
        let part: String = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            part.contains("Price per month: USD 1.90 (2 × USD 0.95)."),
            "{part}"
        );
        assert!(
            part.contains("Price per month: USD 9.90 (2 × USD 4.95)."),
            "{part}"
        );
    }
    if let Ok(path) = std::env::var("UPSELL_TEST_MAIL") {
        std::fs::write(path, &mail.html).unwrap();
    }
    let mail = shop.mail_to(shop.buyer).await;
    assert!(!mail.html.contains("Price:") && !mail.text.contains("Price:"));
    let preview = json!({
        "what": "mail", "company_admin": true, "buyer": true, "branding": true,
        "tenant_id": shop.tenant().to_string(),
        "items": [{"scope": "tenant", "item": "storage_size", "usage": 21 * GIB, "quota": 20 * GIB}],
    });
    let (status, _, answer) = shop.native(Method::POST, "/preview", Some(preview)).await;
    assert_eq!(status, 200, "{answer}");
    let text = answer["text"].as_str().unwrap();
    assert!(text.contains("1 extra block of 1\u{a0}GiB"), "{text}");
}

#[tokio::test]
async fn a_plan_in_use_is_not_deleted() {
    let shop = Shop::open().await;
    shop.name_plan().await;
    assert_eq!(
        shop.partner(Method::DELETE, "/1", "").await,
        StatusCode::CONFLICT
    );
    let path = format!("/tenants/{}/plan", shop.tenant());
    let (status, tag, answer) = shop.native(Method::GET, &path, None).await;
    assert_eq!((status, answer["plan_id"].as_u64()), (200, Some(1)));
    assert_eq!(tag, "\"2\"", "it is the tenant's version");
    // Naming the same plan again changes nothing.
    shop.name_plan().await;
    assert_eq!(shop.native(Method::GET, &path, None).await.1, "\"2\"");
    let stale = shop
        .site
        .api(Method::DELETE, &path)
        .header("if-match", "\"1\"");
    assert_eq!(
        stale.send().await.unwrap().status(),
        StatusCode::PRECONDITION_FAILED
    );
    assert_eq!(shop.native(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(shop.native(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(shop.native(Method::GET, &path, None).await.0, 404);
    assert_eq!(shop.told("alerts", shop.admin, "en").await, vec![]);
    assert_eq!(
        shop.partner(Method::DELETE, "/1", "").await,
        StatusCode::NO_CONTENT
    );
}

/// Who has seen that nobody uses a plan, and deletes it after somebody began to, is too late.
#[tokio::test]
async fn naming_a_plan_makes_a_delete_that_began_before_it_lose() {
    let shop = Shop::open().await;
    let store = &shop.site.world.env.store;
    let named = PlanRef {
        partner: shop.root(),
        plan: PlanId(1),
    };
    let seen = store.plan(named).await.unwrap().unwrap();
    assert!(!store.plan_is_used(named).await.unwrap());
    shop.name_plan().await;
    assert!(store.plan_is_used(named).await.unwrap());
    let mut changes = Changes::new();
    changes.delete_plan(&seen);
    let late = store.commit(changes).await;
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
    let now = store.plan(named).await.unwrap().unwrap();
    assert_eq!(now.value, seen.value);
}

/// Of a tenant that begins to use a plan and a partner who deletes it, one is too late, whoever
/// comes first.
#[tokio::test]
async fn naming_and_deleting_a_plan_at_once_leaves_no_loose_end() {
    let shop = Shop::open().await;
    let path = format!("/tenants/{}/plan", shop.tenant());
    let mut outcomes = [0, 0];
    for id in 1..=20 {
        let body = json!({"partner": shop.root().to_string(), "plan_id": id});
        let rest = format!("/{id}");
        let (named, deleted) = tokio::join!(
            shop.native(Method::PUT, &path, Some(body)),
            shop.partner(Method::DELETE, &rest, ""),
        );
        match (named.0, deleted) {
            (200, StatusCode::CONFLICT) => outcomes[0] += 1,
            (404, StatusCode::NO_CONTENT) => outcomes[1] += 1,
            other => panic!("{other:?}"),
        }
        shop.native(Method::DELETE, &path, None).await;
        shop.partner(Method::POST, "", SEED_JSON).await;
    }
    assert_eq!(outcomes[0] + outcomes[1], 20);
}

#[tokio::test]
async fn only_plans_of_partners_above_within_reach_can_be_named() {
    let shop = Shop::open().await;
    let (root, tenant) = (shop.root().to_string(), shop.tenant().to_string());
    let nowhere = "00000000-0000-4000-8000-000000000000";
    let plan = |tenant: &str| format!("/tenants/{tenant}/plan");
    let named = |partner: &str, id: u64| Some(json!({"partner": partner, "plan_id": id}));
    for (path, body, status) in [
        (plan(&tenant), named(&root, 2), 404),
        (plan(&tenant), named(nowhere, 1), 404),
        (plan(&tenant), named(&tenant, 1), 404),
        (plan(nowhere), named(&root, 1), 404),
        (plan(&root), named(&root, 1), 422),
        (plan(&tenant), named("root", 1), 400),
        (
            plan(&tenant),
            Some(json!({"partner": root, "plan_id": -1})),
            400,
        ),
        (plan(&tenant), Some(json!({"partner": root})), 400),
        (
            plan(&tenant),
            Some(json!({"partner": root, "plan_id": 1, "x": 1})),
            400,
        ),
    ] {
        let answer = shop.native(Method::PUT, &path, body.clone()).await;
        assert_eq!(answer.0, status, "{path} {body:?}: {}", answer.2);
    }
    // The customer's own client does not reach the partner: it names no plan, and sees its own.
    let token = shop.site.token_for(shop.tenant(), None).await;
    let path = format!("/api/upsell/v1{}", plan(&tenant));
    let request = shop.site.public(Method::PUT, &path).bearer_auth(&token);
    let request = request.json(&json!({"partner": root, "plan_id": 1}));
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    shop.name_plan().await;
    let own = shop.site.public(Method::GET, &path).bearer_auth(&token);
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn currencies_are_those_of_iso_4217_and_belong_to_partners() {
    let shop = Shop::open().await;
    let of = |tenant: TenantId| format!("/tenants/{tenant}/currency");
    let (root, customer) = (of(shop.root()), of(shop.tenant()));
    assert_eq!(shop.native(Method::GET, &root, None).await.0, 404);
    for bad in ["", "eur", "EURO", "ABC", "€", "HRK", "XXX", "XTS"] {
        let body = Some(json!({ "currency": bad }));
        let answer = shop.native(Method::PUT, &root, body).await;
        assert_eq!(
            (answer.0, &answer.2["field"]),
            (400, &json!("currency")),
            "{bad}"
        );
    }
    let euro = || Some(json!({"currency": "EUR"}));
    assert_eq!(shop.native(Method::PUT, &customer, euro()).await.0, 422);
    for code in ["EUR", "JPY", "BHD"] {
        shop.name_currency(code).await;
        let answer = shop.native(Method::GET, &root, None).await;
        assert_eq!((answer.0, answer.2), (200, json!({ "currency": code })));
    }
    assert_eq!(shop.native(Method::DELETE, &root, None).await.0, 204);
    assert_eq!(shop.native(Method::GET, &root, None).await.0, 404);
}
