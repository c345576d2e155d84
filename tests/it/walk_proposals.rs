//! Who sees which proposal, in each of the three places.

use serde_json::Value;

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, BUYER, PLAIN, Role, User};
use crate::support::app::TestApp;
use crate::support::sink::{Mail, Sink};

/// Who administers and may not buy.
const ADMIN: Role = Role {
    is_admin: true,
    is_buyer: false,
};

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
async fn everybody_is_offered_what_the_table_says_in_all_three_places() {
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
