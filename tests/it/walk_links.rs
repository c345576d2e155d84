//! Tracked links: from every place they stand in to exactly the right address of the shop.

use serde_json::{Value, json};

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, Tenant, User};
use crate::support::app::{Answer, TestApp};
use crate::support::sink::Sink;

/// The five usage names, their items and the placements of their alerts (rule `buy-link-data`: the casing of
/// the first is the vendor's).
const ITEMS: [(&str, &str, &str); 5] = [
    ("storage", "storage_size", "Alert_on_Storage"),
    (
        "workstations",
        "physical_machines",
        "alert_on_physical_machines",
    ),
    ("servers", "physical_servers", "alert_on_physical_servers"),
    ("vms", "virtual_machines", "alert_on_virtual_machines"),
    ("mobiles", "mobile_devices", "alert_on_mobile_devices"),
];

/// A tenant whose five quotas are exceeded, and its buyer, whose own storage is nearly full and
/// whose own machines are too many.
async fn full_house(app: &TestApp) -> (Tenant, User) {
    let tenant = app.create_customer().await;
    app.brand(&tenant, BUY_URL, true).await;
    let user = app.create_user(&tenant, ADMIN_BUYER).await;
    let (of_tenant, of_user) = (Account::Tenant(&tenant), Account::User(&user));
    let mut usages = Vec::new();
    for (usage_name, ..) in ITEMS {
        app.set_quota(of_tenant, usage_name, 10).await;
        usages.push((of_tenant, usage_name, 10));
    }
    for (usage_name, used) in [("storage", 90), ("workstations", 100), ("vms", 99)] {
        app.set_quota(of_user, usage_name, 100).await;
        usages.push((of_user, usage_name, used));
    }
    app.report(&usages).await;
    (tenant, user)
}

/// Where a link leads, after the checks that hold for every redirect.
fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}: {}", answer.request, answer.text());
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("x-robots-tag"), "noindex");
    answer.header("location").to_owned()
}

/// The Buy link of the full house.
fn buy_link(app_ids: (u64, u64), placement: &str, page: Option<&str>) -> String {
    let (user, tenant) = app_ids;
    let page = page.map_or(String::new(), |page| format!("&page={page}"));
    format!(
        "https://shop.example.com/buy?campaign=7&placement={placement}\
         &user_quota=storage_size%2Cphysical_machines\
         &tenant_quota=storage_size%2Cphysical_machines%2Cphysical_servers%2Cvirtual_machines\
         %2Cmobile_devices&user_id={user}&tenant_id={tenant}{page}#plans"
    )
}

fn offer_of(alerts: &[Value], scope: &str, item: &str) -> (String, String) {
    let found = alerts
        .iter()
        .find(|alert| alert["scope"] == scope && alert["item"] == item);
    let proposal = &found.unwrap_or_else(|| panic!("no {scope} alert of {item}"))["proposal"];
    let link = |name: &str| proposal[name].as_str().unwrap().to_owned();
    (link("href"), link("buy_url"))
}

#[tokio::test]
async fn each_of_the_seven_placements_leads_to_exactly_its_buy_link() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    let (tenant, user) = full_house(&app).await;
    let ids = (app.v1_id_of(&user).await, tenant.v1_id);
    assert_ne!(ids.0, ids.1);

    let alerts = app.alerts(&user).await;
    assert_eq!(alerts.len(), 7, "five of the tenant, two of the user");
    for (_, item, placement) in ITEMS {
        let (href, buy_url) = offer_of(&alerts, "tenant", item);
        assert!(href.starts_with(&format!("{}/r/", app.base)), "{href}");
        let expected = buy_link(ids, placement, Some("%2Fdevices"));
        assert_eq!(location(&app.visit(&href).await), expected);
        assert_eq!(buy_url, expected, "the direct link is the same");
    }

    let header = app.header(&user).await["proposal"].clone();
    let expected = buy_link(ids, "mc_usage_info", Some("%2Fhome"));
    let followed = app.visit(header["href"].as_str().unwrap()).await;
    assert_eq!(location(&followed), expected);

    let mail = sink.until(1).await.remove(0);
    let link = mail.tracked_link().unwrap();
    assert!(
        mail.hrefs().contains(&link),
        "both parts have the same link"
    );
    let expected = buy_link(ids, "email_notification", None);
    assert_eq!(location(&app.visit(&link).await), expected);
    // A web mailer says which page it is on.
    let request = app
        .http
        .get(&link)
        .header("referer", "https://mail.example/inbox?m=1");
    let followed = crate::support::app::send("GET the link", request).await;
    let page = "https%3A%2F%2Fmail.example%2Finbox%3Fm%3D1";
    assert_eq!(
        location(&followed),
        buy_link(ids, "email_notification", Some(page))
    );
}

#[tokio::test]
async fn a_shop_of_the_vendor_gets_the_parameters_it_knows() {
    let app = TestApp::start(&[("UPSELL_LINKS_PROFILE", "acronis")]).await;
    let (tenant, user) = full_house(&app).await;
    // What the shop's own address has of these names goes, the rest stays.
    let options = json!({"upsell_url": "https://shop.example.com/?a=%20b&origin=x&page=2"});
    app.put_brand(&tenant.id, &options).await;
    let (href, _) = offer_of(&app.alerts(&user).await, "tenant", "mobile_devices");
    let expected = format!(
        "https://shop.example.com/?a=%20b&page=2&origin=alert_on_mobile_devices\
         &user_quotas=storage_size%2Cphysical_machines\
         &tenant_quotas=storage_size%2Cphysical_machines%2Cphysical_servers%2Cvirtual_machines\
         %2Cmobile_devices&user_account_id={}&tenant_id={}&redirect_url=%2Fdevices",
        app.v1_id_of(&user).await,
        tenant.v1_id
    );
    assert_eq!(location(&app.visit(&href).await), expected);
}

#[tokio::test]
async fn a_link_follows_what_is_true_when_it_is_followed() {
    let app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    app.brand(&tenant, BUY_URL, true).await;
    let user = app.create_user(&tenant, ADMIN_BUYER).await;
    let account = Account::Tenant(&tenant);
    app.set_quota(account, "storage", 100).await;
    app.report_usage(account, "storage", 100).await;
    let (href, _) = offer_of(&app.alerts(&user).await, "tenant", "storage_size");
    let (user_id, tenant_id) = (app.v1_id_of(&user).await, tenant.v1_id);
    let with = |lists: &str| {
        format!(
            "https://shop.example.com/buy?campaign=7&placement=Alert_on_Storage{lists}\
             &user_id={user_id}&tenant_id={tenant_id}&page=%2Fdevices#plans"
        )
    };
    let full = with("&tenant_quota=storage_size");
    assert_eq!(location(&app.visit(&href).await), full);

    // Room again: the alert goes; the reader may still buy, and no quota is named.
    app.report_usage(account, "storage", 10).await;
    assert!(app.alerts(&user).await.is_empty());
    assert_eq!(location(&app.visit(&href).await), with(""));

    app.report_usage(account, "storage", 101).await;
    assert_eq!(app.alerts(&user).await.len(), 1);
    app.set_quota(account, "storage", 1000).await;
    assert!(app.alerts(&user).await.is_empty(), "the quota was raised");

    // Another address of the shop is used at once, by links that are out already.
    app.set_quota(account, "storage", 100).await;
    let options = json!({"upsell_url": "https://other.example/"});
    app.put_brand(&tenant.id, &options).await;
    let moved = location(&app.visit(&href).await);
    assert!(
        moved.starts_with("https://other.example/?placement="),
        "{moved}"
    );

    // No buyer any more, no branding, no address: to the sales representative.
    app.set_buyer(&user, false).await;
    contact_page(&app.visit(&href).await);
    app.set_buyer(&user, true).await;
    app.set_company_admin(&tenant, &user, false).await;
    contact_page(&app.visit(&href).await);
    app.set_company_admin(&tenant, &user, true).await;
    assert_eq!(location(&app.visit(&href).await), moved);
    app.brand(&tenant, BUY_URL, false).await;
    contact_page(&app.visit(&href).await);
    app.brand(&tenant, "", true).await;
    contact_page(&app.visit(&href).await);

    app.brand(&tenant, BUY_URL, true).await;
    assert_eq!(location(&app.visit(&href).await), full);
    let path = format!("/api/2/users/{}", user.id);
    let version = app.user(&user).await["version"].clone();
    let disabled = json!({"enabled": false, "version": version});
    app.put(&path, &disabled).await.expect(200);
    contact_page(&app.visit(&href).await);

    // The user is deleted: the link is nobody's.
    let version = app.user(&user).await["version"].clone();
    let path = format!("{path}?version={version}");
    app.delete(&path).await.expect(204);
    app.visit(&href).await.expect(404);
    let path = format!("/api/upsell/v1/users/{}/alerts", user.id);
    app.get(&path).await.expect(404);
}

fn contact_page(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("location"), "");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(
        answer
            .text()
            .contains("<h1>Contact your sales representative</h1>"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn tokens_that_were_touched_lead_nowhere() {
    let app = TestApp::start(&[]).await;
    let (_, user) = full_house(&app).await;
    let (href, _) = offer_of(&app.alerts(&user).await, "tenant", "storage_size");
    let href = href.split('?').next().unwrap().to_owned();
    location(&app.visit(&href).await);
    let (before, token) = href.rsplit_once('/').unwrap();
    let mut bodies = Vec::new();
    for at in 0..token.len() {
        let old = token.as_bytes()[at];
        let new = if old == b'A' { 'B' } else { 'A' };
        let forged = format!("{}{new}{}", &token[..at], &token[at + 1..]);
        bodies.push(
            app.visit(&format!("{before}/{forged}"))
                .await
                .expect(404)
                .body,
        );
    }
    for forged in [
        &token[..token.len() - 1],
        &format!("{token}A"),
        &format!("{token}="),
        "",
        "x",
    ] {
        app.visit(&format!("{before}/{forged}")).await.expect(404);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "all are refused in the same words");
    // A link to the shop does not stop mail, and the other way round.
    app.visit(&format!("{}/u/{token}", app.base))
        .await
        .expect(404);
}
