//! Tokens and links that were good once.

use std::time::Duration;

use upsell::app::system_clock;
use upsell::domain::link::Placement;
use upsell::domain::time::Timestamp;
use upsell::tracked_link::{Purpose, TrackedLink};
use upsell::usecases::Env;
use upsell::usecases::tokens::{self, TokenRequest};

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, User};
use crate::support::app::TestApp;
use crate::support::inside::inside;

const MINUTE: Duration = Duration::from_secs(60);

/// A link of an alert that is over a minute after `made`.
async fn link(env: &Env, user: &User, purpose: Purpose, made: Timestamp) -> String {
    let user = env.store.user(user.id.parse().unwrap()).await;
    let user = user.unwrap().unwrap().v1_id;
    let keyring = env.keyring.load();
    let (key_id, key) = keyring.link_signer();
    TrackedLink::new(purpose, user, made, MINUTE).sign(key_id, key)
}

#[tokio::test]
async fn what_is_over_is_refused_and_says_so() {
    let mut app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    app.brand(&tenant, BUY_URL, true).await;
    let user = app.create_user(&tenant, ADMIN_BUYER).await;
    app.set_quota(Account::Tenant(&tenant), "storage", 1).await;
    app.sigterm().await;

    let running = inside(&app).await;
    let env = &running.env;
    let now = system_clock();
    let past = Timestamp::from_secs(now.secs() - 86_400);
    let quota = Purpose::Quota(Placement::Email);
    let both = async |purpose| {
        [
            link(env, &user, purpose, now).await,
            link(env, &user, purpose, past).await,
        ]
    };
    let (links, stops) = (both(quota).await, both(Purpose::Unsubscribe).await);
    let request = TokenRequest {
        client_id: &app.first.client_id,
        client_secret: &app.first.client_secret,
        scope: None,
        user_id: None,
    };
    let mut bearers = Vec::new();
    for issued_at in [now, past] {
        let issued = tokens::issue(env, request, issued_at).await.unwrap();
        bearers.push(issued.access_token);
    }
    running.stop().await.unwrap();
    app.restart().await;

    let url = |kind: &str, token: &str| format!("{}/{kind}/{token}", app.base);
    app.visit(&url("r", &links[0])).await.expect(302);
    let page = app.visit(&url("r", &links[1])).await.expect(410);
    assert!(page.text().contains("<h1>"), "a page for people");
    assert_eq!(page.header("location"), "");
    app.visit(&url("u", &stops[0])).await.expect(200);
    app.visit(&url("u", &stops[1])).await.expect(410);

    let path = format!("/api/2/users/{}", user.id);
    app.token = bearers.remove(0);
    app.get(&path).await.expect(200);
    app.token = bearers.remove(0);
    let refused = app.get(&path).await.expect(401);
    assert!(
        refused.text().contains("get a new one"),
        "{}",
        refused.text()
    );
}
