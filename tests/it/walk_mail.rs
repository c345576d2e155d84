//! Mail: to whom, how many, what it says, and how it stops.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, BUYER, PLAIN, Tenant, User};
use crate::support::app::{TestApp, eventually, send};
use crate::support::sink::{Mail, Sink};
use crate::support::smtp_script::{Act, At};

/// Every mail in the outbox to this user, whatever its state.
async fn outbox_of(app: &TestApp, user: &User) -> Vec<Value> {
    let path = "/api/upsell/v1/emails?limit=500";
    let mut all = app.get(path).await.expect(200).json()["items"].take();
    let mails = all.as_array_mut().unwrap();
    mails.retain(|mail| mail["user_id"] == user.id);
    mails.clone()
}

/// Returns when everything reported before has become mails: notices are worked on in order, and
/// this one comes last.
async fn settle(app: &TestApp, sink: &Sink) {
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    app.set_quota(Account::Tenant(&tenant), "vms", 1).await;
    app.report_usage(Account::Tenant(&tenant), "vms", 1).await;
    sink.until_all_have_mail(&[user.email]).await;
}

async fn customer_with(app: &TestApp, quota: u64) -> (Tenant, User) {
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    app.set_quota(Account::Tenant(&tenant), "storage", quota)
        .await;
    (tenant, user)
}

fn to<'a>(mails: &'a [Mail], user: &User) -> Vec<&'a Mail> {
    mails
        .iter()
        .filter(|mail| mail.to() == user.email)
        .collect()
}

#[tokio::test]
async fn each_recipient_gets_one_mail_with_all_items_of_both_levels() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[("UPSELL_MAIL_GROUP_WAIT", "2s")]).await;
    let tenant = app.create_customer().await;
    app.brand(&tenant, BUY_URL, true).await;
    let options = json!({"service_name": "Foo Backup", "smtp_reply_address": "help@foo.example"});
    app.put_brand(&tenant.id, &options).await;
    let admin = app.create_user(&tenant, ADMIN_BUYER).await;
    let buyer = app.create_user(&tenant, BUYER).await;
    let (of_tenant, of_admin) = (Account::Tenant(&tenant), Account::User(&admin));
    app.set_quota(of_tenant, "storage", 1000).await;
    app.set_quota(of_tenant, "vms", 10).await;
    app.set_quota(of_admin, "workstations", 5).await;

    // Three reports, all within the window.
    for (account, usage_name, used) in [
        (of_tenant, "storage", 950),
        (of_tenant, "vms", 12),
        (of_admin, "workstations", 6),
    ] {
        app.report_usage(account, usage_name, used).await;
    }
    sink.until(2).await;
    settle(&app, &sink).await;

    let mails = sink.mails();
    let [mail] = to(&mails, &admin)[..] else {
        panic!("{} mails to the admin", to(&mails, &admin).len());
    };
    assert_eq!(mail.subject, "3 quotas need your attention – Foo Backup");
    // Figures and units are kept on one line.
    let text = mail.text.replace(['\u{a0}', '\u{202f}'], " ");
    for line in [
        "Hello Jo Doe",
        "* Virtual machines: Exceeded",
        "12 of 10 virtual machines",
        "* Storage: Almost full",
        "950 B of 1,000 B (95%)",
        "Your quotas",
        "* Physical machines: Exceeded",
        "6 of 5 physical machines",
        "Buy now:",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    for part in [
        "Virtual machines",
        "Storage",
        "Physical machines",
        "Buy now",
    ] {
        assert!(mail.html.contains(part), "{part} in the HTML part");
    }
    let [other] = to(&mails, &buyer)[..] else {
        panic!("not one mail to the buyer");
    };
    assert!(other.text.contains("Contact your sales representative"));
    assert!(
        !other.text.contains("Physical machines"),
        "that is not theirs"
    );
    check_headers(&app, mail, &admin).await;
    assert_eq!(sink.script.breaches(), Vec::<String>::new());
}

async fn check_headers(app: &TestApp, mail: &Mail, user: &User) {
    let listed = outbox_of(app, user).await;
    assert_eq!(listed.len(), 1);
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(mail.header("Message-ID"), format!("<{id}@cloud.example>"));
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.header("Reply-To").contains("help@foo.example"));
    assert!(mail.header("From").contains("<upsell@cloud.example>"));
    assert!(mail.header("To").contains(&user.email));
    assert_eq!(mail.envelope.from, "upsell@cloud.example");
    assert_eq!(
        mail.header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    let unsubscribe = mail.unsubscribe_url();
    assert!(unsubscribe.starts_with(&format!("{}/u/", app.base)));
    assert!(mail.text.contains(&unsubscribe), "the same link for people");
    assert!(mail.hrefs().contains(&unsubscribe));
    let date = mail_parser::DateTime::parse_rfc822(&mail.header("Date")).unwrap();
    let age = chrono::Utc::now().timestamp() - date.to_timestamp();
    assert!((0..60).contains(&age), "Date is {age} s old");
    for header in ["Message-ID", "Date", "Subject", "From", "To", "Reply-To"] {
        assert_eq!(mail.count(header), 1, "{header}");
    }
}

#[tokio::test]
async fn storage_is_nearly_full_from_ninety_percent_rounded_up_and_told_once_until_armed_again() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    // 90 % of 101 is 90.9; armed again below 95 % of 91, which is 86.45.
    let (tenant, user) = customer_with(&app, 101).await;
    let steps = [
        (90, None, 0, "not yet"),
        (91, Some("soon"), 1, "exactly there"),
        (91, Some("soon"), 1, "the same again"),
        (95, Some("soon"), 1, "still there"),
        (90, None, 1, "the alert goes at once"),
        (91, Some("soon"), 1, "back, but it never was clearly below"),
        (86, None, 1, "not low enough"),
        (91, Some("soon"), 1, "so nobody is told again"),
        (85, None, 1, "low enough: armed"),
        (91, Some("soon"), 2, "told again"),
        (101, Some("exceeded"), 3, "a higher level is told"),
    ];
    for (usage, state, mails, why) in steps {
        app.report_usage(Account::Tenant(&tenant), "storage", usage)
            .await;
        let alerts = app.alerts(&user).await;
        let found = alerts.first().map(|alert| alert["state"].as_str().unwrap());
        assert_eq!(found, state, "{usage}: {why}");
        settle(&app, &sink).await;
        // One that is not true any more by the time it is sent would be among them, cancelled.
        assert_eq!(outbox_of(&app, &user).await.len(), mails, "{usage}: {why}");
        eventually("the mails are sent", async || {
            (to(&sink.mails(), &user).len() == mails).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_mail_that_is_no_longer_true_is_not_sent() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[("UPSELL_MAIL_GROUP_WAIT", "1500ms")]).await;
    let (tenant, user) = customer_with(&app, 100).await;
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    app.report_usage(Account::Tenant(&tenant), "storage", 50)
        .await;
    let ended = eventually("the mail comes to an end", async || {
        let mails = outbox_of(&app, &user).await;
        mails.into_iter().find(|mail| mail["state"] != "queued")
    })
    .await;
    assert_eq!(ended["state"], "cancelled", "{ended}");
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn one_click_stops_the_mails_and_a_look_does_not() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    let (tenant, user) = customer_with(&app, 100).await;
    let other = app.create_user(&tenant, PLAIN).await;
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    let mails = sink.until(2).await;
    let url = to(&mails, &user)[0].unsubscribe_url();
    let before = app.user(&user).await;

    let page = app.visit(&url).await.expect(200).text();
    assert!(page.contains("<form method=\"post\">"), "{page}");
    assert_eq!(app.user(&user).await, before, "a look changes nothing");

    // As RFC 8058 §3.2 shows it.
    let request = app
        .http
        .post(&url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    let done = send("POST the unsubscribe URL", request).await.expect(200);
    assert!(done.text().contains("You have unsubscribed"));
    let again = "name=\"wish\" value=\"subscribe\">Subscribe again</button></form>";
    assert!(done.text().contains(again), "{}", done.text());
    let after = app.user(&user).await;
    assert_eq!(
        after["notifications"],
        json!(["reports", "backup_daily_report"])
    );

    let account = Account::Tenant(&tenant);
    app.set_quota(account, "vms", 1).await;
    app.report_usage(account, "vms", 1).await;
    settle(&app, &sink).await;
    assert_eq!(outbox_of(&app, &other).await.len(), 2);
    assert_eq!(outbox_of(&app, &user).await.len(), 1, "no mail any more");
    assert_eq!(app.alerts(&user).await.len(), 2, "alerts go on");

    // The reader thinks better of it. A look changes nothing here either.
    let page = app.visit(&url).await.expect(200).text();
    assert!(page.contains("You have unsubscribed"), "{page}");
    for _ in 0..2 {
        let request = app.http.post(&url).form(&[("wish", "subscribe")]);
        let done = send("POST to subscribe", request).await.expect(200);
        assert!(done.text().contains("are on again"), "{}", done.text());
        assert!(!done.text().contains("<form"), "{}", done.text());
    }
    let notifications = json!(["reports", "backup_daily_report", "quota"]);
    assert_eq!(app.user(&user).await["notifications"], notifications);
    app.set_quota(account, "servers", 1).await;
    app.report_usage(account, "servers", 1).await;
    settle(&app, &sink).await;
    assert_eq!(outbox_of(&app, &user).await.len(), 2, "mail again");
    let audit = app.get("/api/upsell/v1/audit").await.expect(200).json();
    let actions: Vec<_> = audit["items"].as_array().unwrap().iter().collect();
    for action in ["user.unsubscribe", "user.subscribe"] {
        let done = actions.iter().filter(|entry| entry["action"] == action);
        let by: Vec<_> = done.map(|entry| &entry["actor"]["kind"]).collect();
        assert_eq!(by, ["reader"], "{action}");
    }
}

#[tokio::test]
async fn a_refused_mail_is_a_dead_letter_that_can_be_sent_again() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    sink.script
        .always(At::Rcpt, Act::say("550 5.1.1 no such mailbox here"));
    let (tenant, user) = customer_with(&app, 100).await;
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    let dead = eventually("the mail is dead", async || app.emails("dead").await.pop()).await;
    assert_eq!(dead["user_id"], user.id);
    assert_eq!(dead["attempts"], 1, "a 5xx ends it");
    assert_eq!(
        dead["last_error"],
        "The SMTP server did not accept the recipient."
    );
    assert!(sink.mails().is_empty());
    eventually("it is counted by reason", async || {
        let metrics = app.visit(&format!("{}/metrics", app.ops)).await.text();
        let series = "upsell_mails_unsent_total{reason=\"refused\"} 1";
        metrics.contains(series).then_some(())
    })
    .await;

    sink.script.relent();
    let id = dead["id"].as_str().unwrap();
    let path = format!("/api/upsell/v1/emails/{id}/retry");
    app.post(&path, &json!({})).await.expect(200);
    let mail = sink.until(1).await.remove(0);
    assert_eq!(mail.header("Message-ID"), format!("<{id}@cloud.example>"));
    eventually("the mail counts as sent", async || {
        let path = format!("/api/upsell/v1/emails/{id}");
        (app.get(&path).await.expect(200).json()["state"] == "sent").then_some(())
    })
    .await;
    assert!(app.emails("dead").await.is_empty());
    app.post(&path, &json!({})).await.expect(409);
}

#[tokio::test]
async fn passing_trouble_delays_a_mail_and_a_lost_answer_may_double_it() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    sink.script
        .once(At::Greeting, Act::Close)
        .once(At::Rcpt, Act::say("450 4.2.1 try later"))
        .once(At::FinalDot, Act::say("451 4.3.0 try later"))
        .once(At::FinalDot, Act::TakeAndClose);
    let (tenant, user) = customer_with(&app, 100).await;
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    let mails = sink.until(2).await;
    let ids: Vec<String> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(
        ids[0], ids[1],
        "so that its reader's program knows it again"
    );
    let sent = eventually("the mail counts as sent", async || {
        outbox_of(&app, &user)
            .await
            .pop()
            .filter(|mail| mail["state"] == "sent")
    })
    .await;
    assert_eq!(sent["attempts"], 5, "{sent}");
}

#[tokio::test]
async fn who_cannot_or_will_not_be_told_gets_no_mail() {
    let sink = Sink::start().await;
    let app = TestApp::with_sink(&sink, &[]).await;
    let (tenant, told) = customer_with(&app, 100).await;
    let mut silent = Vec::new();
    for change in [
        json!({"enabled": false}),
        json!({"activated": false}),
        json!({"notifications": ["reports"]}),
        json!({"contact": {"email": ""}}),
    ] {
        let user = app.create_user(&tenant, PLAIN).await;
        let mut body = change;
        body["version"] = app.user(&user).await["version"].clone();
        let path = format!("/api/2/users/{}", user.id);
        app.put(&path, &body).await.expect(200);
        silent.push(user);
    }
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    settle(&app, &sink).await;
    // Mails of one moment go over several connections, in any order.
    sink.until_all_have_mail(std::slice::from_ref(&told.email))
        .await;
    assert_eq!(to(&sink.mails(), &told).len(), 1);
    for user in &silent {
        assert_eq!(outbox_of(&app, user).await, Vec::<Value>::new());
    }
}
