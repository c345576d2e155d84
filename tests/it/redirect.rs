//! Tracked and unsubscribe links, from outside.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use upsell::domain::ids::{AccountId, UserId, V1Id};
use upsell::domain::link::Placement;
use upsell::domain::quota::{Item, Quota};
use upsell::domain::user::QUOTA_NOTIFICATION;
use upsell::tracked_link::{Purpose, TrackedLink};

use crate::support::http::{Site, add_shop};
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;

async fn site() -> (Site, UserId) {
    let world = World::new().await;
    add_shop(&world, "https://shop.example.com/buy#plans").await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    world
        .set_quotas(tenant, &[(STORAGE, Quota::soft(100))])
        .await;
    world
        .set_quotas(AccountId::User(admin), &[(STORAGE, Quota::soft(100))])
        .await;
    world.report(tenant, STORAGE, 100, START).await;
    (Site::serve(world).await, admin)
}

async fn number(site: &Site, user: UserId) -> V1Id {
    site.world
        .env
        .store
        .user(user)
        .await
        .unwrap()
        .unwrap()
        .v1_id
}

fn token(site: &Site, purpose: Purpose, user: V1Id) -> String {
    let keyring = site.world.env.keyring.load();
    let (key_id, key) = keyring.link_signer();
    let ttl = Duration::from_secs(3600);
    TrackedLink::new(purpose, user, START, ttl).sign(key_id, key)
}

async fn link(site: &Site, user: UserId) -> String {
    let purpose = Purpose::Quota(Placement::Email);
    format!("/r/{}", token(site, purpose, number(site, user).await))
}

async fn follow(site: &Site, path: &str) -> Response {
    site.public(Method::GET, path).send().await.unwrap()
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()["location"].to_str().unwrap()
}

#[tokio::test]
async fn a_link_leads_to_the_buy_link_of_this_moment() {
    let (site, admin) = site().await;
    let link = link(&site, admin).await;
    let user = number(&site, admin).await;
    let tenant = site.world.customer.v1_id;
    let response = follow(&site, &link).await;
    assert_eq!(
        location(&response),
        format!(
            "https://shop.example.com/buy?placement=email_notification&tenant_quota=storage_size\
             &user_id={user}&tenant_id={tenant}#plans"
        )
    );
    for (name, value) in [
        ("cache-control", "private, no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    // The state at the click, not at the sending.
    site.world
        .report(AccountId::User(admin), STORAGE, 95, START)
        .await;
    site.world
        .report(site.world.tenant_account(), STORAGE, 10, START)
        .await;
    let response = follow(&site, &link).await;
    let now = location(&response);
    assert!(now.contains("user_quota=storage_size"), "{now}");
    assert!(!now.contains("tenant_quota"), "{now}");
}

#[tokio::test]
async fn the_page_is_data_and_never_a_destination() {
    let (site, admin) = site().await;
    let link = link(&site, admin).await;
    let response = follow(
        &site,
        &format!("{link}?page=https://evil.example/%0d%0aX:y&url=https://evil.example"),
    )
    .await;
    let to = location(&response);
    assert!(to.starts_with("https://shop.example.com/buy?"), "{to}");
    assert!(
        to.contains("page=https%3A%2F%2Fevil.example%2FX%3Ay"),
        "{to}"
    );
    let referred = site
        .public(Method::GET, &link)
        .header("referer", "https://mail.example/in box");
    let referred = referred.send().await.unwrap();
    assert!(location(&referred).contains("page=https%3A%2F%2Fmail.example%2Fin"));
    let long = format!("{link}?page={}", "a".repeat(7000));
    assert!(location(&follow(&site, &long).await).len() < 2400);
}

#[tokio::test]
async fn links_that_are_not_ours_are_404_and_say_nothing() {
    let (site, admin) = site().await;
    let good = link(&site, admin).await;
    let purpose = Purpose::Quota(Placement::Email);
    let gone = format!("/r/{}", token(&site, purpose, V1Id(u32::MAX)));
    let tenant = site.world.customer.v1_id;
    let of_a_tenant = format!("/r/{}", token(&site, purpose, tenant));
    let own = number(&site, admin).await;
    let other = format!("/r/{}", token(&site, Purpose::Unsubscribe, own));
    let mut changed = good.clone().into_bytes();
    changed[30] = if changed[30] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    let mut bodies = Vec::new();
    for path in [
        gone,
        of_a_tenant,
        other,
        changed,
        format!("{good}A"),
        "/r/x".into(),
        "/r/%ff".into(),
    ] {
        let response = follow(&site, &path).await;
        let status = response.status();
        if path.contains("%ff") {
            assert_eq!(status, StatusCode::BAD_REQUEST);
            continue;
        }
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'"),
            "{policy}"
        );
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        bodies.push(response.text().await.unwrap());
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(bodies[0].contains("This link does not work"));
}

#[tokio::test]
async fn an_expired_link_is_410_in_the_readers_brand() {
    let (site, admin) = site().await;
    let link = link(&site, admin).await;
    site.turn_to(3599);
    assert_eq!(follow(&site, &link).await.status(), StatusCode::FOUND);
    site.turn_to(3600);
    let response = follow(&site, &link).await;
    assert_eq!(response.status(), StatusCode::GONE);
    let text = response.text().await.unwrap();
    assert!(
        text.contains("This link has expired") && text.contains("FooBackup"),
        "{text}"
    );
}

#[tokio::test]
async fn who_may_not_buy_any_more_is_sent_to_sales() {
    let (site, admin) = site().await;
    let link = link(&site, admin).await;
    site.world
        .change_user(admin, |user| user.language = "de".to_owned())
        .await;
    site.world
        .change_user(admin, |user| user.policies.clear())
        .await;
    let response = follow(&site, &link).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "private, no-store");
    let text = response.text().await.unwrap();
    assert!(
        text.contains("<html lang=\"de\"") && text.contains("+1 1111 1111111"),
        "{text}"
    );
}

#[tokio::test]
async fn head_is_answered_like_get() {
    let (site, admin) = site().await;
    let head = site
        .public(Method::HEAD, &link(&site, admin).await)
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), StatusCode::FOUND);
    assert!(head.headers().contains_key("location"));
    let post = site
        .public(Method::POST, &link(&site, admin).await)
        .send()
        .await
        .unwrap();
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn only_a_post_unsubscribes_and_it_may_come_twice() {
    let (site, admin) = site().await;
    let token = token(&site, Purpose::Unsubscribe, number(&site, admin).await);
    let path = format!("/u/{token}");
    let user = || async { site.world.env.store.user(admin).await.unwrap().unwrap() };
    let asked = follow(&site, &path).await;
    assert_eq!(asked.status(), StatusCode::OK);
    assert!(
        asked
            .text()
            .await
            .unwrap()
            .contains("<form method=\"post\">")
    );
    assert!(user().await.notifications.contains(&QUOTA_NOTIFICATION));
    for _ in 0..2 {
        let one_click = site
            .public(Method::POST, &path)
            .form(&[("List-Unsubscribe", "One-Click")]);
        let response = one_click.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let text = response.text().await.unwrap();
        assert!(
            text.contains("You have unsubscribed") && text.contains("admin@example.com"),
            "{text}"
        );
        assert!(!user().await.notifications.contains(&QUOTA_NOTIFICATION));
        assert_eq!(user().await.version, 2);
    }
    let other = link(&site, admin).await.replace("/r/", "/u/");
    let refused = site.public(Method::POST, &other).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_are_served_for_pages_and_consoles() {
    let (site, _) = site().await;
    let renderer = &site.world.env.renderer;
    let sheet = follow(&site, renderer.stylesheet_path()).await;
    assert_eq!(sheet.status(), StatusCode::OK);
    assert_eq!(
        sheet.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    let widget = follow(&site, "/widget.js").await;
    assert_eq!(
        widget.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    let tag = widget.headers()["etag"].to_str().unwrap().to_owned();
    let script = widget.text().await.unwrap();
    assert!(script.contains("upsell-alerts"));
    // It has the words of every language, and stays small.
    assert!(script.contains("Noch einmal versuchen") && !script.contains("WORDS = {}"));
    assert!(script.len() < 34_000, "{} bytes", script.len());
    let again = site
        .public(Method::GET, "/widget.js")
        .header("if-none-match", tag);
    assert_eq!(
        again.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    let logo = format!("/brand/{}/logo", site.world.customer.id);
    assert_eq!(follow(&site, &logo).await.status(), StatusCode::NOT_FOUND);
    let image = b"\x89PNG\r\n\x1a\nrest".to_vec();
    let mut changes = upsell::store::engine::Changes::new();
    changes.put(
        upsell::store::keys::logo(site.world.customer.id),
        image.clone(),
    );
    site.world.env.store.commit(changes).await.unwrap();
    let response = follow(&site, &logo).await;
    assert_eq!(response.headers()["content-type"], "image/png");
    assert_eq!(response.bytes().await.unwrap(), image);
    assert_eq!(
        follow(&site, "/assets/../secret").await.status(),
        StatusCode::NOT_FOUND
    );
    let missing = follow(&site, "/nothing").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        missing.headers()["content-type"],
        "text/html; charset=utf-8"
    );
}
