//! The steps that the vendor's documents show, and what they lead to: who sees which proposal.

use serde_json::{Value, json};

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, BUYER, PLAIN, Role, User};
use crate::support::app::TestApp;
use crate::support::sink::{Mail, Sink};

/// Who administers and may not buy.
const ADMIN: Role = Role {
    is_admin: true,
    is_buyer: false,
};

#[tokio::test]
async fn a_user_becomes_a_buyer_as_seed_000_shows() {
    let app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    let before = app.user(&user).await;
    assert_eq!(before["business_types"], json!([]));

    let after = app.set_buyer(&user, true).await;

    // The answer is the whole user: the fields of the seed, no more and no fewer.
    let mut expected = before.clone();
    expected["business_types"] = json!(["buyer"]);
    expected["version"] = json!(before["version"].as_u64().unwrap() + 1);
    assert_eq!(after, expected);
    let names: Vec<&String> = after.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "activated",
            "business_types",
            "contact",
            "created_at",
            "enabled",
            "id",
            "idp_id",
            "language",
            "login",
            "mfa_status",
            "notifications",
            "personal_tenant_id",
            "tenant_id",
            "terms_accepted",
            "version"
        ]
    );
    assert_eq!(app.user(&user).await, after);

    // The version of the request is the current one no more.
    let again = json!({"business_types": [], "version": before["version"]});
    let path = format!("/api/2/users/{}", user.id);
    let stale = app.put(&path, &again).await.expect(409).json();
    assert_eq!(stale["error"]["code"], 1001, "{stale}");
    assert_eq!(app.user(&user).await, after, "nothing was changed");
}

#[tokio::test]
async fn the_buy_url_is_set_as_seed_001_shows() {
    let app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    let version = app.tenant_version(&tenant.id).await;
    let path = format!("/api/2/tenants/{}/brand?version={version}", tenant.id);
    let options = json!({"upsell_url": BUY_URL});

    let brand = app.put(&path, &options).await.expect(200).json();

    assert_eq!(brand["upsell_url"], BUY_URL);
    let names: Vec<&String> = brand.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "account_server_url",
            "backup_console_url",
            "color",
            "color_scheme",
            "company_name",
            "help_url",
            "hide_predefined",
            "home_url",
            "knowledgebase_url",
            "logotype",
            "mobile_app_android_download_url",
            "mobile_app_ios_download_url",
            "owns_custom_legal_docs",
            "platform_terms_url",
            "privacy_policy_url",
            "router_url",
            "service_name",
            "smtp_encryption",
            "smtp_override",
            "smtp_password",
            "smtp_port",
            "smtp_reply_address",
            "smtp_server",
            "smtp_user",
            "support_phone",
            "support_url",
            "terms_url",
            "upsell_url",
            "user_guide_url"
        ]
    );
    assert_eq!(app.tenant_version(&tenant.id).await, version + 1);

    let stale = app.put(&path, &json!({"upsell_url": ""})).await.expect(409);
    assert_eq!(stale.json()["error"]["code"], 1001);
    let path = format!("/api/2/tenants/{}/brand", tenant.id);
    assert_eq!(app.get(&path).await.expect(200).json(), brand);
    assert_eq!(app.tenant_version(&tenant.id).await, version + 1);
}

/// The table of rule `who-may-buy`, with the note on branding and the Buy URL.
fn expected(role: Role, has_url: bool, is_branded: bool) -> Option<&'static str> {
    match (role.is_admin, role.is_buyer, has_url && is_branded) {
        (true, true, true) => Some("buy_now"),
        (true, true, false) => None,
        (false, true, _) => Some("contact_sales"),
        (_, false, _) => None,
    }
}

#[tokio::test]
async fn everybody_is_offered_what_seed_000_says_in_all_three_places() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    let mut people = Vec::new();
    for (has_url, is_branded) in [(true, true), (true, false), (false, true), (false, false)] {
        let tenant = app.create_customer().await;
        let url = if has_url { BUY_URL } else { "" };
        app.brand(&tenant, url, is_branded).await;
        for role in [ADMIN_BUYER, ADMIN, BUYER, PLAIN] {
            let user = app.create_user(&tenant, role).await;
            people.push((user, role, has_url, is_branded));
        }
        app.set_quota(Account::Tenant(&tenant), "storage", 100)
            .await;
        app.report_usage(Account::Tenant(&tenant), "storage", 100)
            .await;
    }
    let mails = sink.until(people.len()).await;
    for (user, role, has_url, is_branded) in &people {
        let wanted = expected(*role, *has_url, *is_branded);
        let case = format!("{role:?}, Buy URL: {has_url}, branding: {is_branded}");

        let alerts = app.alerts(user).await;
        assert_eq!(alerts.len(), 1, "{case}: {alerts:?}");
        assert_eq!(
            alerts[0]["title"], "Storage quota has been exceeded",
            "{case}"
        );
        check_proposal(&alerts[0]["proposal"], wanted, &case);
        check_proposal(&app.header(user).await["proposal"], wanted, &case);
        check_mail(&mails, user, wanted, &case);
    }
}

fn check_proposal(proposal: &Value, wanted: Option<&str>, case: &str) {
    let Some(kind) = wanted else {
        assert_eq!(*proposal, Value::Null, "{case}");
        return;
    };
    assert_eq!(proposal["kind"], kind, "{case}");
    let (label, has_links) = match kind {
        "buy_now" => ("Buy now", true),
        _ => ("Contact your sales representative", false),
    };
    assert_eq!(proposal["label"], label, "{case}");
    for link in ["href", "buy_url"] {
        assert_eq!(proposal[link].is_string(), has_links, "{case}: {proposal}");
    }
}

fn check_mail(mails: &[Mail], user: &User, wanted: Option<&str>, case: &str) {
    let own: Vec<&Mail> = mails
        .iter()
        .filter(|mail| mail.to() == user.email)
        .collect();
    let [mail] = own[..] else {
        panic!("{case}: {} mails", own.len());
    };
    for body in [&mail.text, &mail.html] {
        let offers = ["Buy now", "Contact your sales representative"];
        let found: Vec<bool> = offers.iter().map(|offer| body.contains(offer)).collect();
        let kinds = ["buy_now", "contact_sales"];
        let expected: Vec<bool> = kinds.iter().map(|kind| wanted == Some(*kind)).collect();
        assert_eq!(found, expected, "{case}: {body}");
    }
    let is_sold = wanted == Some("buy_now");
    assert_eq!(mail.tracked_link().is_some(), is_sold, "{case}");
    let in_html = mail.hrefs().iter().any(|url| url.contains("/r/"));
    assert_eq!(in_html, is_sold, "{case}: {:?}", mail.hrefs());
}
