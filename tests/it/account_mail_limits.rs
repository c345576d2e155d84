//! No caller has more mails sent to an address, a user or a tenant than the limits allow, on however many nodes.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use upsell::domain::time::Timestamp;
use upsell::store::engine::Key;
use upsell::usecases::Settings;
use upsell::usecases::clean_up::clean_up;
use upsell::usecases::mail_limits::MailLimits;

use crate::nodes::two_nodes;
use crate::support::accounts::{Account, PLAIN};
use crate::support::api::{Answer, Api, unique};
use crate::support::app::{TestApp, eventually, send};
use crate::support::backing::Backing;
use crate::support::http::Site;
use crate::support::sink::Sink;
use crate::support::world::{START, World};

async fn activate(api: &Api, user: &str) -> Answer {
    let path = format!("/api/2/users/{user}/send-activation-email");
    api.post(&path, &json!({})).await
}

async fn user_with(api: &Api, tenant: &str, email: &str) -> String {
    let body = json!({"tenant_id": tenant, "login": unique("user"), "contact": {"email": email}});
    let made = api.post("/api/2/users", &body).await.expect(200).json();
    made["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn is_refused(answer: &Answer, setting: &str) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert_eq!(answer.code(), 429);
    assert!(answer.text().contains(setting), "{}", answer.text());
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=8641).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn an_address_and_a_user_get_so_many_mails_a_day() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = user_with(&api, &tenant, "victim@example.com").await;
    let mut queued = 0;
    for _ in 0..50 {
        queued += usize::from(activate(&api, &user).await.status == 204);
    }
    assert_eq!(queued, 10);
    is_refused(&activate(&api, &user).await, "mail.address_per_day");
    // The address is meant, whoever has it and however it is spelled.
    let other = api.tenant("customer", &api.root).await;
    let twin = user_with(&api, &other, "Victim@Example.COM").await;
    is_refused(&activate(&api, &twin).await, "mail.address_per_day");
    // And the user, with another address each time.
    for number in 0..12 {
        let path = format!("/api/2/users/{user}");
        let email = format!("victim+{number}@example.com");
        let body = json!({"version": number + 1, "contact": {"email": email}});
        api.put(&path, &body).await.expect(200);
        let answer = activate(&api, &user).await;
        if number < 10 {
            answer.expect(204);
        } else {
            is_refused(&answer, "mail.user_per_day");
        }
    }
    let mails = api.get("/api/upsell/v1/emails?limit=500").await.expect(200);
    assert_eq!(mails.json()["items"].as_array().unwrap().len(), 20);
    let text = api.env.metrics.encode().unwrap();
    for counted in [
        "{limit=\"address\"} 42",
        "{limit=\"user\"} 2",
        "{limit=\"tenant\"} 0",
    ] {
        let line = format!("upsell_mails_refused_total{counted}");
        assert!(text.lines().any(|shown| shown == line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn a_mail_that_is_tried_again_counts_and_a_repeated_request_does_not() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let user = user_with(&api, &tenant, "again@example.com").await;
    let path = format!("/api/2/users/{user}/send-activation-email");
    for _ in 0..20 {
        let request = api.request(Method::POST, &path).bearer_auth(&api.token);
        let request = request.header("idempotency-key", "once");
        api.send(request).await.expect(204);
    }
    let mails = api.get("/api/upsell/v1/emails").await.expect(200).json();
    let mail = mails["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(mails["items"].as_array().unwrap().len(), 1);
    let retry = format!("/api/upsell/v1/emails/{mail}/retry");
    for _ in 1..10 {
        api.post(&retry, &json!({})).await.expect(200);
    }
    let refused = api.post(&retry, &json!({})).await.expect(429);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(
        refused.text().contains("mail.address_per_day"),
        "{}",
        refused.text()
    );
    assert_eq!(refused.json()["type"], "urn:upsell:problem:limit-reached");
    assert!(!refused.header("retry-after").is_empty());
    is_refused(&activate(&api, &user).await, "mail.address_per_day");
}

/// Two nodes, and requests on both at once: not one mail more.
#[tokio::test]
async fn a_tenant_gets_so_many_mails_from_all_nodes_together() {
    const USERS: usize = 10;
    let backing = Backing::start().await;
    let (a, b) = two_nodes(&backing, &[("UPSELL_MAIL_TENANT_PER_DAY", "4")]).await;
    let tenant = a.create_customer().await;
    let mut asked = Vec::new();
    for number in 0..USERS {
        let login = unique("crowd");
        let email = format!("{login}@example.com");
        let body = json!({"tenant_id": tenant.id, "login": login, "contact": {"email": email}});
        let user = a.post("/api/2/users", &body).await.expect(200).json();
        let node = [&a, &b][number % 2];
        let id = user["id"].as_str().unwrap().to_owned();
        asked.push((node, format!("/api/2/users/{id}/send-activation-email")));
    }
    let ask = async |(node, path): &(&TestApp, String)| {
        // Who loses a race is to ask again.
        loop {
            let answer = send(path, node.request(Method::POST, path)).await;
            if answer.status != 409 {
                return answer.status;
            }
        }
    };
    let answers = futures_util::future::join_all(asked.iter().map(ask)).await;
    let counted = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((counted(204), counted(429)), (4, USERS - 4), "{answers:?}");
    let mails = b.get("/api/upsell/v1/emails").await.expect(200).json();
    assert_eq!(mails["items"].as_array().unwrap().len(), 4);
}

async fn counts(site: &Site) -> usize {
    let mut found = 0;
    for family in [b'Q', b'z'] {
        let engine = site.world.env.store.engine();
        let prefix = Key(vec![family]);
        found += engine.scan(&prefix, None, 100).await.unwrap().len();
    }
    found
}

#[tokio::test]
async fn there_is_room_again_and_nothing_stays_behind() {
    let mut world = World::new().await;
    let user = world.add_user("jane", false).await;
    world.change_user(user, |user| user.activated = false).await;
    let limits = MailLimits {
        address_per_day: 2,
        user_per_day: 5,
        tenant_per_day: 5,
    };
    world.env.settings = Arc::new(Settings {
        mail_limits: limits,
        ..Settings::clone(&world.env.settings)
    });
    let site = Site::serve(world).await;
    let path = format!("/api/2/users/{user}/send-activation-email");
    let token = site.token_for(site.world.root.root, None).await;
    let ask = async || {
        let request = site.public(Method::POST, &path).bearer_auth(&token);
        let answer = request.send().await.unwrap();
        let wait = answer.headers().get("retry-after").cloned();
        (
            answer.status().as_u16(),
            wait.map(|wait| wait.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(ask().await, (204, None));
    assert_eq!(ask().await, (204, None));
    assert_eq!(ask().await, (429, Some("43201".to_owned())));
    assert_eq!(counts(&site).await, 6);
    let at = |seconds: i64| Timestamp::from_micros(START.micros() + seconds * 1_000_000);
    // Half a day: one of two. The token is younger than that.
    site.turn_to(43_201);
    let token = site.token_at(site.world.root.root, at(43_201)).await;
    let request = site.public(Method::POST, &path).bearer_auth(&token);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 204);
    let cleaned = clean_up(&site.world.env, at(43_202)).await.unwrap();
    assert_eq!((cleaned.mail_counts, counts(&site).await), (0, 6));
    let cleaned = clean_up(&site.world.env, at(4 * 86_400)).await.unwrap();
    assert_eq!((cleaned.mail_counts, counts(&site).await), (3, 0));
}

/// Usage that goes up and down for ever makes no mail each time.
#[tokio::test]
async fn quota_mails_above_the_limit_wait_and_go_together() {
    let sink = Sink::start().await;
    let limit = [("UPSELL_MAIL_USER_PER_DAY", "3")];
    let app = TestApp::with_sink(&sink, &limit).await;
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    let account = Account::Tenant(&tenant);
    app.set_quota(account, "vms", 10).await;
    let waiting = async || {
        let path = "/api/upsell/v1/emails?state=queued";
        let mails = app.get(path).await.expect(200).json()["items"].take();
        let mails: Vec<Value> = mails.as_array().unwrap().clone();
        mails
    };
    for round in 1..=8 {
        app.report_usage(account, "vms", 12).await;
        eventually("the notice became a mail", async || {
            let notices = app.get("/api/upsell/v1/emails?state=queued").await;
            let sent = sink.mails().len();
            let queued = notices.json()["items"].as_array().unwrap().len();
            (sent == round.min(3) && queued == usize::from(round > 3)).then_some(())
        })
        .await;
        app.report_usage(account, "vms", 0).await;
    }
    let mails = waiting().await;
    let due = mails[0]["due_at"].as_str().unwrap();
    let due: chrono::DateTime<chrono::Utc> = due.parse().unwrap();
    let minutes = (due - chrono::Utc::now()).num_minutes();
    assert!((7 * 60..=8 * 60).contains(&minutes), "{mails:?}");
    assert_eq!(
        sink.mails()
            .iter()
            .filter(|mail| mail.to() == user.email)
            .count(),
        3
    );
}
