//! The outbox for operators, over HTTP.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upsell::domain::ids::{AccountId, MailId, NodeId, TenantId, UserId};
use upsell::domain::mail::{Cause, Mail, MailKind, MailState};
use upsell::domain::quota::{Item, Level};
use upsell::domain::time::Timestamp;
use upsell::store::engine::Changes;
use upsell::usecases::deliver;

use crate::support::http::{Site, json as body_of};
use crate::support::world::{START, World};

async fn add_mail(world: &World, tenant: TenantId, secs: u64, state: MailState) -> MailId {
    let at = START.plus(Duration::from_secs(secs));
    let to = (tenant, UserId::random());
    let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, at, at);
    mail.state = state;
    mail.attempts = 3;
    mail.last_error = Some("the server refused".to_owned());
    mail.add(Cause {
        account: AccountId::Tenant(tenant),
        item: Item::StorageSize,
        level: Level::Soon,
    });
    let id = mail.id;
    let mut changes = Changes::new();
    changes.create_mail(mail);
    world.env.store.commit(changes).await.unwrap();
    id
}

fn ids(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn mails_are_listed_page_by_page_the_newest_first() {
    let world = World::new().await;
    let customer = world.customer.id;
    let mut all = Vec::new();
    for (secs, state) in [
        (1, MailState::Sent),
        (2, MailState::Dead),
        (3, MailState::Queued),
        (4, MailState::Dead),
        (5, MailState::Cancelled),
    ] {
        all.insert(0, add_mail(&world, customer, secs, state).await.to_string());
    }
    let foreign = add_mail(&world, world.root.root, 6, MailState::Dead).await;
    let site = Site::serve(world).await;
    let token = site.token_for(customer, None).await;
    let list = |query: String| {
        let path = format!("/api/upsell/v1/emails{query}");
        site.public(Method::GET, &path).bearer_auth(&token).send()
    };
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let answer = body_of(list(query).await.unwrap()).await;
        seen.extend(ids(&answer).into_iter().map(str::to_owned));
        match answer["paging"]["cursors"]["after"].as_str() {
            Some(after) => query = format!("?limit=2&after={after}"),
            None => break,
        }
    }
    assert_eq!(seen, all);
    let dead = body_of(list("?state=dead".to_owned()).await.unwrap()).await;
    assert_eq!(ids(&dead), [all[1].as_str(), all[3].as_str()]);
    let one = &dead["items"][0];
    assert_eq!(
        one["causes"],
        json!([{ "scope": "tenant", "item": "storage_size", "level": "soon" }])
    );
    assert_eq!(one["last_error"], "the server refused");
    assert_eq!(one.as_object().unwrap().len(), 12);
    let path = format!("/api/upsell/v1/emails/{foreign}");
    let hidden = site
        .public(Method::GET, &path)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    for query in ["?state=lost", "?limit=0", "?limit=501", "?after=x"] {
        let response = list(query.to_owned()).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_a_sent_one_is_not() {
    let world = World::new().await;
    let customer = world.customer.id;
    let dead = add_mail(&world, customer, 1, MailState::Dead).await;
    let sent = add_mail(&world, customer, 2, MailState::Sent).await;
    let site = Site::serve(world).await;
    site.turn_to(100);
    let woken = site.world.env.outbox_wake.clone();
    let answer = site
        .api(Method::POST, &format!("/emails/{dead}/retry"))
        .send()
        .await
        .unwrap();
    let mail = body_of(answer).await;
    assert_eq!(
        (&mail["state"], &mail["attempts"]),
        (&json!("queued"), &json!(0))
    );
    assert_eq!(mail["due_at"], "2023-11-14T22:15:00.000000+00:00");
    woken.notified().await;
    let shown = site.get(&format!("/emails/{dead}")).await;
    assert_eq!(shown, mail);
    let answer = site
        .api(Method::POST, &format!("/emails/{sent}/retry"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_mail_that_is_being_sent_is_not_sent_again() {
    let world = World::new().await;
    let id = add_mail(&world, world.customer.id, 1, MailState::Queued).await;
    // By another node. The test's token is good for as long as a lease, from the start on: this one
    // ends before it.
    let found = world.env.store.mail(id).await.unwrap().unwrap();
    let now = Timestamp::from_micros(START.micros() - 100_000_000);
    let mut leased = found.value.clone();
    leased.take(NodeId::random(), now, deliver::LEASE);
    let mut changes = Changes::new();
    changes.update_mail(&found, &leased);
    world.env.store.commit(changes).await.unwrap();
    let site = Site::serve(world).await;
    site.turn_to(1);
    let path = format!("/emails/{id}/retry");
    let answer = site.api(Method::POST, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let problem: Value = answer.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("at this moment"), "{detail}");
    // A lease that ran out holds nobody up.
    let over = deliver::LEASE.as_secs() - 99;
    site.turn_to(over.try_into().unwrap());
    let answer = site.api(Method::POST, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    // By this process.
    let now = START.plus(deliver::LEASE);
    let claimed = deliver::claim(&site.world.env, &[id], now).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let answer = site.api(Method::POST, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
}
