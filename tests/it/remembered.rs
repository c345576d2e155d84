//! What consoles and portals are shown is remembered, and never shown when it is not true any more
//! or to whom it is not meant for.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::ids::{AccountId, ClientId, UserId};
use upsell::domain::quota::Item;
use upsell::store::engine::Changes;
use upsell::store::unchanged;
use upsell::tracked_link::TOKEN_CHARS;
use upsell::usecases::Env;
use upsell::usecases::remembered::Remembered;

use crate::account_hazards::edit_brand;
use crate::account_table::{step, world};
use crate::reseller_races::Dice;
use crate::support::http::Site;
use crate::support::world::START;

const STEPS: usize = 120;

async fn text(site: &Site, base: &str, path: &str, accept: &str) -> String {
    let url = format!("{base}/api/upsell/v1{path}");
    let asked = site.api(Method::GET, "/").build().unwrap();
    let token = asked.headers()["authorization"].clone();
    let client = reqwest::Client::new();
    let request = client.get(url).header("authorization", token);
    let answer = request.header("accept", accept).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

/// An answer without its moment and without the tokens of its links, which hold a time too.
fn timeless(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(at) = rest.find("/r/") {
        let (before, after) = rest.split_at(at + 3);
        kept.push_str(before);
        rest = after.get(TOKEN_CHARS..).unwrap_or_default();
    }
    kept.push_str(rest);
    match serde_json::from_str::<Value>(&kept) {
        Ok(mut value) => {
            value["generated_at"] = Value::Null;
            value.to_string()
        }
        Err(_) => kept,
    }
}

#[tokio::test]
async fn it_is_what_would_be_made_anew() {
    let (world, users) = world().await;
    let site = Site::serve(world).await;
    let cold = Env {
        remembered: Arc::new(Remembered::new(0)),
        ..site.world.env.clone()
    };
    let (cold, _stop) = site.twin_with(cold).await;
    let mut dice = Dice(7);
    for number in 0..STEPS {
        step(&site.world, &mut dice, &users).await;
        site.turn_to(i64::try_from(number).unwrap());
        let user = users[dice.roll(2)];
        for (what, accept) in [
            ("alerts", "application/json"),
            ("alerts?lang=de&page=x", "*/*"),
            ("header", "application/json"),
            ("header", "text/html"),
        ] {
            let path = format!("/users/{user}/{what}");
            let first = text(&site, site.base(), &path, accept).await;
            let anew = text(&site, &cold, &path, accept).await;
            assert_eq!(timeless(&first), timeless(&anew), "step {number}: {path}");
        }
    }
}

async fn generated_at(site: &Site, user: UserId) -> Value {
    site.get(&format!("/users/{user}/alerts")).await["generated_at"].take()
}

#[tokio::test]
async fn it_is_made_again_when_something_changes_and_after_a_minute() {
    let (world, [user, _]) = world().await;
    let site = Site::serve(world).await;
    let first = generated_at(&site, user).await;
    site.turn_to(59);
    assert_eq!(generated_at(&site, user).await, first);
    let account = AccountId::User(user);
    site.world
        .report(account, Item::StorageSize, 150, START)
        .await;
    let second = generated_at(&site, user).await;
    assert_ne!(second, first);
    site.turn_to(118);
    assert_eq!(generated_at(&site, user).await, second);
    site.turn_to(119);
    assert_ne!(generated_at(&site, user).await, second);
}

#[tokio::test]
async fn a_snooze_ends_on_time() {
    let (world, [user, _]) = world().await;
    let site = Site::serve(world).await;
    let account = AccountId::User(user);
    site.world
        .report(account, Item::StorageSize, 150, START)
        .await;
    let snoozed = |alerts: Value| alerts["items"][0]["snoozed_until"].is_string();
    let alerts = format!("/users/{user}/alerts");
    assert!(!snoozed(site.get(&alerts).await));
    let path = format!("{alerts}/user.{user}.storage_size/snooze");
    let until = json!({ "until": "2023-11-14T22:13:30+00:00" });
    let done = site.api(Method::POST, &path).json(&until).send().await;
    assert_eq!(done.unwrap().status(), StatusCode::OK);
    assert!(snoozed(site.get(&alerts).await));
    site.turn_to(9);
    assert!(snoozed(site.get(&alerts).await));
    site.turn_to(10);
    assert!(!snoozed(site.get(&alerts).await));
}

#[tokio::test]
async fn it_is_for_those_who_may_see_it() {
    let (world, [user, other]) = world().await;
    let site = Site::serve(world).await;
    let path = format!("/api/upsell/v1/users/{user}/alerts");
    let status = async |token: &str| {
        let request = site.public(Method::GET, &path).bearer_auth(token);
        request.send().await.unwrap().status()
    };
    site.get(&format!("/users/{user}/alerts")).await;
    let root = site.world.root.root;
    let own = site.token_for(root, Some(user)).await;
    let (foreign, elsewhere) = (
        site.token_for(root, Some(other)).await,
        site.token_for(site.world.add_stranger().await, None).await,
    );
    // Twice: the first time the caller is not remembered.
    for _ in 0..2 {
        assert_eq!(status(&own).await, StatusCode::OK);
        assert_eq!(status(&foreign).await, StatusCode::NOT_FOUND);
        assert_eq!(status(&elsewhere).await, StatusCode::NOT_FOUND);
        assert_eq!(status(&format!("{own}x")).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_caller_who_lost_the_right_is_refused_at_once() {
    let (world, [user, _]) = world().await;
    let site = Site::serve(world).await;
    let client = ClientId::random();
    let token = site.token_of_client(client, site.world.root.root).await;
    let path = format!("/api/upsell/v1/users/{user}/alerts");
    let status = async || {
        let request = site.public(Method::GET, &path).bearer_auth(&token);
        request.send().await.unwrap().status()
    };
    assert_eq!(status().await, StatusCode::OK);
    assert_eq!(status().await, StatusCode::OK);
    let store = &site.world.env.store;
    let found = store.client(client).await.unwrap().unwrap();
    let mut disabled = found.value.clone();
    disabled.enabled = false;
    let mut changes = Changes::new();
    changes.put_client(unchanged(Some(&found)), disabled);
    store.commit(changes).await.unwrap();
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_edit_of_a_brand_leaves_the_answers_of_others_as_they_are() {
    let (world, [user, _]) = world().await;
    let site = Site::serve(world).await;
    let (root, own) = (site.world.root.root, site.world.customer.id);
    let stranger = site.world.add_stranger().await;
    let first = generated_at(&site, user).await;
    site.turn_to(1);
    edit_brand(&site.world, stranger, 1).await;
    assert_eq!(generated_at(&site, user).await, first);
    for (second, above) in [(2, root), (3, own)] {
        let before = generated_at(&site, user).await;
        site.turn_to(second);
        edit_brand(&site.world, above, 1).await;
        assert_ne!(generated_at(&site, user).await, before);
    }
}
