//! Why a user is shown and sent what they are, over HTTP: it is what alerts, header and mails do.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::brand::Brand;
use upsell::domain::client::{ApiScope, ApiScopes, Client};
use upsell::domain::ids::{AccountId, ClientId, UserId};
use upsell::domain::link::{BuyUrl, BuyUrlRules};
use upsell::domain::quota::{Item, Quota};
use upsell::domain::user::User;
use upsell::store::engine::{Changes, Expect};
use upsell::usecases::fan_out::recipients_of;
use upsell::usecases::tokens::{TokenRequest, hash_secret, issue};

use crate::outbox_rules::{fan_out_all, later, queued_for, send};
use crate::support::http::Site;
use crate::support::partner::SEED_JSON;
use crate::support::world::{START, World};

const GIB: u64 = 1 << 30;

/// A customer over its quotas, a user over their own, and the plan that the vendor prints.
async fn site() -> (Site, UserId) {
    let world = World::new().await;
    let user = world.add_user("reader", true).await;
    let (tenant, own) = (world.tenant_account(), AccountId::User(user));
    let quotas = [
        (Item::StorageSize, Quota::soft(20 * GIB)),
        (Item::PhysicalMachines, Quota::soft(10)),
        (Item::VirtualMachines, Quota::hard(1, 0)),
        (Item::MobileDevices, Quota::UNLIMITED),
    ];
    world.set_quotas(tenant, &quotas).await;
    let storage = [(Item::StorageSize, Quota::soft(100))];
    world.set_quotas(own, &storage).await;
    let used = [
        (tenant, Item::StorageSize, 22 * GIB),
        (tenant, Item::PhysicalMachines, 4),
        (tenant, Item::VirtualMachines, 2),
        (own, Item::StorageSize, 91),
    ];
    world.report_all(&used, START).await;
    (Site::serve(world).await, user)
}

async fn name_plan(site: &Site) {
    let root = site.world.root.root;
    let token = site.token_for(root, None).await;
    let made = site
        .public(Method::POST, &format!("/v1/partners/{root}/plans"))
        .header("authorization", format!("OAuth {token}"))
        .header("content-type", "application/json")
        .body(SEED_JSON);
    assert_eq!(made.send().await.unwrap().status(), StatusCode::CREATED);
    let path = format!("/tenants/{}/plan", site.world.customer.id);
    let named = json!({ "partner": root.to_string(), "plan_id": 1 });
    let named = site.api(Method::PUT, &path).json(&named);
    assert_eq!(named.send().await.unwrap().status(), StatusCode::OK);
}

async fn set_brand(world: &World, enabled: bool, buy_url: &str) {
    let mut brand = Brand::unset(world.customer.id);
    brand.enabled = enabled;
    brand.buy_url = BuyUrl::parse(buy_url, BuyUrlRules::default()).ok();
    let old = world.env.store.brand(world.customer.id).await.unwrap();
    let mut changes = Changes::new();
    changes.put_brand(upsell::store::unchanged(old.as_ref()), brand);
    world.env.store.commit(changes).await.unwrap();
}

async fn enable_tenant(world: &World, enabled: bool) {
    let found = world.env.store.tenant(world.customer.id).await.unwrap();
    let found = found.unwrap();
    let mut tenant = found.value.clone();
    tenant.enabled = enabled;
    let mut changes = Changes::new();
    changes.update_tenant(&found, tenant);
    world.env.store.commit(changes).await.unwrap();
}

async fn explained(site: &Site, user: UserId) -> Value {
    site.get(&format!("/users/{user}/explain")).await
}

/// The rule that decided, as `is_buyer=false`.
fn decided(decision: &Value) -> String {
    let last = decision["rules"].as_array().unwrap().last().unwrap();
    assert!(!last["says"].as_str().unwrap().is_empty());
    format!("{}={}", last["rule"].as_str().unwrap(), last["holds"])
}

fn kind(proposal: &Value) -> Value {
    proposal.get("kind").cloned().unwrap_or_default()
}

/// What is explained is what is shown: alert by alert, with its proposal and what to buy.
async fn must_agree(site: &Site, user: UserId, told: &Value, case: &str) {
    let alerts = site.get(&format!("/users/{user}/alerts")).await;
    let header = site.get(&format!("/users/{user}/header")).await;
    let edition = format!("/users/{user}/edition-proposal?edition=Advanced");
    let edition = site.get(&edition).await;
    let alerts = alerts["items"].as_array().unwrap();
    let of = |id: &Value| alerts.iter().find(|alert| alert["id"] == *id);
    let mut shown = 0;
    for item in told["items"].as_array().unwrap() {
        let alert = of(&item["alert_id"]);
        assert_eq!(item["alert_shown"], alert.is_some(), "{case}: {item}");
        assert_ne!(
            item["what_to_buy"].is_null(),
            item["why_not"].is_null(),
            "{case}: {item}"
        );
        let Some(alert) = alert else { continue };
        shown += 1;
        assert_eq!(kind(&alert["proposal"]), told["proposal"]["kind"], "{case}");
        for name in ["what_to_buy", "state", "since", "usage", "quota", "overage"] {
            assert_eq!(item[name], alert[name], "{case}: {name}");
        }
    }
    assert_eq!(shown, alerts.len(), "{case}");
    for (shown, said) in [(&header, "proposal"), (&edition, "edition_proposal")] {
        assert_eq!(kind(&shown["proposal"]), told[said]["kind"], "{case}");
    }
}

#[tokio::test]
async fn what_is_explained_is_what_is_shown() {
    let (site, user) = site().await;
    name_plan(&site).await;
    let sales = "contact_sales";
    for (admin, buyer) in [(false, false), (false, true), (true, false), (true, true)] {
        let change = |known: &mut User| {
            known.buyer = buyer;
            for policy in &mut known.policies {
                policy.role = if admin {
                    "company_admin"
                } else {
                    "backup_user"
                };
            }
        };
        site.world.change_user(user, change).await;
        for (branding, url) in [
            (true, "https://shop.example.com/"),
            (true, ""),
            (false, "https://shop.example.com/"),
            (false, ""),
        ] {
            set_brand(&site.world, branding, url).await;
            let (expected, edition, rule) = match (buyer, admin, branding, url) {
                (false, ..) => (Value::Null, json!(sales), "is_buyer=false"),
                (_, false, ..) => (json!(sales), json!(sales), "is_company_admin=false"),
                (_, _, true, "") | (_, _, false, _) => {
                    (Value::Null, Value::Null, "sales_without_buy_url=false")
                }
                _ => (json!("buy_now"), json!("buy_now"), "buy_url_set=true"),
            };
            let case = format!("admin {admin}, buyer {buyer}, branding {branding}, {url}");
            let told = explained(&site, user).await;
            assert_eq!(told["proposal"]["kind"], expected, "{case}");
            assert_eq!(told["edition_proposal"]["kind"], edition, "{case}");
            assert_eq!(decided(&told["proposal"]), rule, "{case}");
            assert_eq!(decided(&told["edition_proposal"]), rule, "{case}");
            assert_eq!(told["reader"]["company_admin"], admin, "{case}");
            assert_eq!(told["reader"]["buyer"], buyer, "{case}");
            let set = branding && !url.is_empty();
            let shop = json!({
                "brand_tenant_id": branding.then(|| site.world.customer.id.to_string()),
                "branding_enabled": branding, "buy_url_set": set, "buy_url_allowed": set,
            });
            assert_eq!(told["shop"], shop, "{case}");
            must_agree(&site, user, &told, &case).await;
        }
    }
}

#[tokio::test]
async fn who_is_told_nothing_is_explained_as_well() {
    let (site, user) = site().await;
    set_brand(&site.world, true, "https://shop.example.com/").await;
    name_plan(&site).await;
    enable_tenant(&site.world, false).await;
    let told = explained(&site, user).await;
    for proposal in ["proposal", "edition_proposal"] {
        assert_eq!(decided(&told[proposal]), "tenant_enabled=false");
    }
    assert_eq!(told["reader"]["tenant_enabled"], false);
    must_agree(&site, user, &told, "tenant disabled").await;
    enable_tenant(&site.world, true).await;
    let disable = |user: &mut User| user.enabled = false;
    site.world.change_user(user, disable).await;
    let told = explained(&site, user).await;
    for proposal in ["proposal", "edition_proposal"] {
        assert_eq!(decided(&told[proposal]), "user_enabled=false");
        assert_eq!(told[proposal]["kind"], Value::Null);
    }
    must_agree(&site, user, &told, "user disabled").await;
}

/// What to buy, or why not, of the tenant's storage, computers and virtual machines, and of the
/// user's storage.
fn buying(told: &Value) -> Vec<Value> {
    let items = told["items"].as_array().unwrap().iter();
    let said = items.map(|item| match item["why_not"]["reason"].as_str() {
        Some(why) => json!(why),
        None => item["what_to_buy"]["total"].clone(),
    });
    said.collect()
}

#[tokio::test]
async fn what_to_buy_is_said_or_why_not() {
    let (site, user) = site().await;
    set_brand(&site.world, true, "https://shop.example.com/").await;
    let none = ["users_own", "no_plan", "no_plan", "not_sold", "not_sold"];
    assert_eq!(buying(&explained(&site, user).await), none);
    name_plan(&site).await;
    let told = explained(&site, user).await;
    let plan = ["users_own", "1.90", "not_over", "not_sold", "not_sold"];
    assert_eq!(buying(&told), plan);
    let german = site.get(&format!("/users/{user}/explain?lang=de")).await;
    let text = german["items"][1]["what_to_buy"]["text"].as_str().unwrap();
    assert!(text.starts_with("2 Zusatzblöcke"), "{text}");
    set_brand(&site.world, true, "").await;
    let reasons = [
        "users_own",
        "not_buy_now",
        "not_buy_now",
        "not_sold",
        "not_sold",
    ];
    assert_eq!(buying(&explained(&site, user).await), reasons);
}

#[tokio::test]
async fn thresholds_arming_and_snoozes_are_said() {
    let (site, user) = site().await;
    let told = explained(&site, user).await;
    let soon = |told: &Value, index: usize| told["items"][index]["soon"].clone();
    assert_eq!(
        soon(&told, 1),
        json!({ "percent": 90, "from": "deployment" })
    );
    assert_eq!(
        soon(&told, 3),
        json!({ "percent": null, "from": "deployment" })
    );
    // The user's own storage stands in "soon", which was told; "exceeded" would be.
    assert_eq!(
        told["items"][0]["levels"],
        json!([
            { "level": "soon", "at": 90, "armed": false, "rearmed_below": 85 },
            { "level": "exceeded", "at": 100, "armed": true, "rearmed_below": 95 },
        ])
    );
    assert_eq!(told["items"][3]["state"], "hard_exceeded");
    assert_eq!(told["items"][4]["levels"], json!([]));
    let settings = format!("/tenants/{}/quota-settings", site.world.customer.id);
    let own = json!({ "soon_percent": { "storage_size": 95, "virtual_machines": 0 } });
    let set = site.api(Method::PUT, &settings).json(&own);
    assert_eq!(set.send().await.unwrap().status(), StatusCode::OK);
    let alert = told["items"][0]["alert_id"].as_str().unwrap();
    let path = format!("/users/{user}/alerts/{alert}/snooze");
    let until = json!({ "until": "2023-11-15T00:00:00+00:00" });
    // With a threshold of 95 % the own 91 of 100 is no alert that could be put aside.
    let refused = site.api(Method::POST, &path).json(&until);
    assert_eq!(
        refused.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    let own = json!({ "soon_percent": { "storage_size": 91 } });
    site.api(Method::PUT, &settings)
        .json(&own)
        .send()
        .await
        .unwrap();
    let snoozed = site.api(Method::POST, &path).json(&until);
    assert_eq!(snoozed.send().await.unwrap().status(), StatusCode::OK);
    let told = explained(&site, user).await;
    assert_eq!(soon(&told, 0), json!({ "percent": 91, "from": "tenant" }));
    assert_eq!(soon(&told, 3), json!({ "percent": null, "from": "tenant" }));
    assert_eq!(
        told["items"][0]["snoozed_until"],
        "2023-11-15T00:00:00.000000+00:00"
    );
    assert_eq!(told["items"][0]["alert_shown"], true);
}

#[tokio::test]
async fn mail_rules_say_what_the_fan_out_does() {
    type Change = fn(&mut User);
    for (change, rule) in [
        ((|_| {}) as Change, "tenant_enabled=true"),
        (|user| user.enabled = false, "user_enabled=false"),
        (|user| user.activated = false, "user_activated=false"),
        (|user| user.contact.email = None, "has_address=false"),
        (|user| user.notifications.clear(), "wants_quota_mail=false"),
    ] {
        let (site, user) = site().await;
        site.world.change_user(user, change).await;
        let told = explained(&site, user).await;
        assert_eq!(decided(&told["mail"]), rule);
        let account = site.world.tenant_account();
        let recipients = recipients_of(&site.world.env, account, 9).await.unwrap();
        assert_eq!(told["mail"]["receives"], !recipients.is_empty(), "{rule}");
    }
    let (site, user) = site().await;
    enable_tenant(&site.world, false).await;
    let told = explained(&site, user).await;
    assert_eq!(decided(&told["mail"]), "tenant_enabled=false");
    assert_eq!(told["mail"]["receives"], false);
}

#[tokio::test]
async fn the_mail_that_waits_and_the_next_reminder_are_said() {
    let (site, user) = site().await;
    let told = explained(&site, user).await;
    let facts = |told: &Value| {
        let mail = &told["mail"];
        json!([
            mail["latest_mail"]["state"],
            mail["last_sent_at"],
            mail["next_reminder_at"]
        ])
    };
    assert_eq!(facts(&told), json!([null, null, null]));
    fan_out_all(&site.world, START).await;
    let told = explained(&site, user).await;
    assert_eq!(facts(&told), json!(["queued", null, null]));
    let latest = &told["mail"]["latest_mail"];
    assert_eq!(latest["due_at"], "2023-11-14T22:13:50.000000+00:00");
    assert_eq!(latest["causes"].as_array().unwrap().len(), 3, "{latest}");
    let mail = queued_for(&site.world, user).await.remove(0);
    send(&site.world, mail.id, later(30)).await;
    let told = explained(&site, user).await;
    let expected = [
        "sent",
        "2023-11-14T22:13:50.000000+00:00",
        "2023-11-21T22:13:50.000000+00:00",
    ];
    assert_eq!(facts(&told), json!(expected));
}

#[tokio::test]
async fn only_who_may_see_the_alerts_is_told() {
    let (site, user) = site().await;
    let customer = site.world.customer.id;
    let own = site.token_for(customer, Some(user)).await;
    let admin = site.token_for(customer, None).await;
    let other = site.world.add_user("other", false).await;
    let stranger = site.world.add_stranger().await;
    let foreign = site.token_for(stranger, None).await;
    let (narrow, secret) = (ClientId::random(), "a secret for tests");
    let mut changes = Changes::new();
    changes.put_client(
        Expect::Absent,
        Client {
            id: narrow,
            tenant_id: customer,
            name: "narrow".to_owned(),
            secret_hash: hash_secret(secret),
            scopes: ApiScopes::of(&[ApiScope::AlertsWrite, ApiScope::UsageWrite]),
            enabled: true,
            created_at: START,
            version: 1,
        },
    );
    site.world.env.store.commit(changes).await.unwrap();
    let request = TokenRequest {
        client_id: &narrow.to_string(),
        client_secret: secret,
        scope: None,
        user_id: None,
    };
    let narrow = issue(&site.world.env, request, START).await.unwrap();
    let path = |user: &str| format!("/api/upsell/v1/users/{user}/explain");
    for (id, token, query, status) in [
        (user.to_string(), Some(&own), "", 200),
        (user.to_string(), Some(&admin), "?lang=ja", 200),
        (other.to_string(), Some(&own), "", 404),
        (user.to_string(), Some(&foreign), "", 404),
        (UserId::random().to_string(), Some(&admin), "", 404),
        ("x".to_owned(), Some(&admin), "", 404),
        (user.to_string(), Some(&narrow.access_token), "", 403),
        (user.to_string(), None, "", 401),
        (user.to_string(), Some(&own), "?lang=!", 400),
        (user.to_string(), Some(&own), "?page=1", 400),
    ] {
        let mut request = site.public(Method::GET, &format!("{}{query}", path(&id)));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{id}{query}");
    }
}
