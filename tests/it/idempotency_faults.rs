//! `Idempotency-Key` where things go wrong: a crash between change and answer, two nodes, lost
//! races, callers that hang up, answers past their time or too long.

use std::sync::Arc;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, Method, Uri, Version};
use serde_json::{Value, json};
use upsell::domain::ids::ClientId;
use upsell::http::message::{Head, Request, Service};
use upsell::http::service::Upsell;
use upsell::store::engine::{Changes, CommitError, Expect, Key};
use upsell::store::keys;
use upsell::store::mark::{Mark, Marked};
use upsell::store::record::{KeptRequest, Stored};
use upsell::usecases::clean_up::clean_up;

use crate::idempotency::{customer, is_replay, post, write};
use crate::support::api::{Api, unique};
use crate::support::app::eventually;
use crate::support::http::{Site, service};
use crate::support::world::{START, World};

/// As a crash after the change and before the answer leaves it.
async fn lose_answer(api: &Api, key: &str) {
    let client: ClientId = api.client.0.parse().unwrap();
    let name = keys::request::request(client, None, key);
    let found = api.env.store.load::<KeptRequest>(name.clone()).await;
    let mut kept = found.unwrap().unwrap().value;
    assert!(kept.sealed_answer.take().is_some());
    let mut changes = Changes::new();
    changes.put(name, kept.encode());
    api.env.store.commit(changes).await.unwrap();
}

#[tokio::test]
async fn after_a_crash_the_caller_is_told_that_it_was_carried_out() {
    let api = Api::start().await;
    let body = customer(&api);
    let first = post(&api, "k", "/api/2/tenants", &body).await.expect(201);
    lose_answer(&api, "k").await;
    for _ in 0..2 {
        let told = post(&api, "k", "/api/2/tenants", &body).await.expect(409);
        assert_eq!((told.code(), told.header("retry-after")), (409, ""));
        assert!(told.text().contains("was carried out"), "{}", told.text());
    }
    // Another request is still another request.
    post(&api, "k", "/api/2/tenants", &customer(&api))
        .await
        .expect(422);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/upsell/v1/tenants/{id}/quota-settings");
    let settings = json!({"soon_percent": {"storage_size": 5}});
    let put = async || write(&api, &api.token, "n", (Method::PUT, &path), &settings).await;
    put().await.expect(200);
    lose_answer(&api, "n").await;
    assert_eq!(
        put().await.expect(409).json()["type"],
        "urn:upsell:problem:answer-lost"
    );
}

#[tokio::test]
async fn the_mark_is_in_the_commit_of_the_change() {
    let world = World::new().await;
    let store = &world.env.store;
    let (name, other) = (Key(b"i-test".to_vec()), Key(b"t-other".to_vec()));
    let mark = |name: &Key| {
        let mut changes = Changes::new();
        changes
            .expect(name.clone(), Expect::Absent)
            .put(name.clone(), b"begun".to_vec());
        Arc::new(Mark::new(name.clone(), changes))
    };
    let put = |expect: Expect| {
        let mut changes = Changes::new();
        changes
            .expect(other.clone(), expect)
            .put(other.clone(), Vec::new());
        changes
    };
    let first = mark(&name);
    let marked = store.marked(Arc::clone(&first));
    let revision = upsell::store::engine::Revision(7);
    // A lost race of the change itself leaves the mark to the next try.
    let lost = marked.commit(put(Expect::Revision(revision))).await;
    assert_eq!(lost, Err(CommitError::Conflict(other.clone())));
    assert_eq!(first.state().await, Marked::NotYet);
    assert_eq!(store.engine().get(&name).await.unwrap(), None);
    marked.commit(put(Expect::Absent)).await.unwrap();
    assert_eq!(first.state().await, Marked::Made);
    let record = store.engine().get(&name).await.unwrap().unwrap();
    assert_eq!(record.body, b"begun");
    // Further changes of the request are not kept from it by its own mark.
    let mut more = Changes::new();
    more.put(Key(b"t-more".to_vec()), Vec::new());
    marked.commit(more).await.unwrap();
    assert_eq!(store.engine().get(&name).await.unwrap(), Some(record));
    // Who comes second changes nothing, however often it tries, and even where both are lost.
    let second = mark(&name);
    let marked = store.marked(Arc::clone(&second));
    for _ in 0..3 {
        let lost = marked.commit(put(Expect::Absent)).await;
        assert_eq!(lost, Err(CommitError::Conflict(name.clone())));
        assert_eq!(second.state().await, Marked::Taken);
    }
}

/// Two services on one store know nothing of each other but what is in it.
#[tokio::test]
async fn of_twins_on_two_nodes_one_is_carried_out() {
    let world = World::new().await;
    let (root, env) = (world.root.root, world.env.clone());
    let site = Site::serve(world).await;
    let (twin, _stop) = site.twin().await;
    let http = reqwest::Client::new();
    let token = site.token_for(root, None).await;
    let mut conflicts = 0;
    for round in 1..=10 {
        let key = unique("twins");
        let body = json!({"name": key, "kind": "customer", "parent_id": root.to_string()});
        let send = |base: &str| {
            let request = http
                .post(format!("{base}/api/2/tenants"))
                .bearer_auth(&token);
            request.header("idempotency-key", &key).json(&body).send()
        };
        let all = (0..6).map(|i| send(if i % 2 == 0 { site.base() } else { &twin }));
        let mut made = Vec::new();
        for answer in futures_util::future::join_all(all).await {
            let answer = answer.unwrap();
            match answer.status().as_u16() {
                201 => made.push(answer.text().await.unwrap()),
                409 => {
                    let is_early = answer.headers().contains_key(RETRY_AFTER);
                    let text = answer.text().await.unwrap();
                    // Not that the name is taken: that is the twin's own doing.
                    assert!(is_early || text.contains("was carried out"), "{text}");
                    conflicts += 1;
                }
                status => panic!("{status}"),
            }
        }
        made.dedup();
        assert_eq!(made.len(), 1, "{made:?}");
        let index = keys::children(root);
        // The world has one customer of its own.
        assert_eq!(
            env.store.ids_under(&index, None, 100).await.unwrap().len(),
            round + 1
        );
    }
    assert!(conflicts > 0);
}

/// As the server drops a request whose connection is gone.
#[tokio::test]
async fn a_caller_that_hangs_up_finds_the_answer() {
    let world = World::new().await;
    let (root, env) = (world.root.root, world.env.clone());
    let site = Site::serve(world).await;
    let client = ClientId::random();
    let token = site.token_of_client(client, root).await;
    let (service, _) = service(env.clone());
    let mut cut = 0;
    while cut < 5 {
        let key = unique("gone");
        let body = json!({"name": key, "kind": "customer", "parent_id": root.to_string()});
        let request = request(&service, &token, &key, &body).await;
        let name = keys::request::request(client, None, &key);
        let changed = async {
            while env.store.engine().get(&name).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = service.call(request.clone()) => {}
            () = changed => cut += 1,
        }
        let again = eventually("it is answered", async || {
            let answer = service.call(request.clone()).await;
            (!answer.headers().contains_key(RETRY_AFTER)).then_some(answer)
        })
        .await;
        assert_eq!(again.status(), 201, "{:?}", again.body());
        assert!(again.headers().contains_key("idempotency-replayed"));
    }
}

async fn request(service: &Upsell, token: &str, key: &str, body: &Value) -> Request {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("authorization", format!("Bearer {token}").as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ] {
        headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let head = Head {
        method: Method::POST,
        uri: Uri::from_static("/api/2/tenants"),
        version: Version::HTTP_11,
        headers,
        client_address: [127, 0, 0, 1].into(),
        received_at: START,
        request_id: upsell::http::message::RequestId::from_bits(1),
        target: service.resolve("/api/2/tenants"),
    };
    let admitted = service.admit(&head).await.unwrap();
    Request {
        head: head.into(),
        body: body.to_string().into(),
        caller: admitted.caller,
    }
}

#[tokio::test]
async fn a_day_later_the_key_is_free_again() {
    let world = World::new().await;
    let (root, env) = (world.root.root, world.env.clone());
    let site = Site::serve(world).await;
    let token = site.token_for(root, None).await;
    let send = async |key: &str, login: &str| {
        let body = json!({"tenant_id": root.to_string(), "login": login});
        let request = site
            .public(Method::POST, "/api/2/users")
            .bearer_auth(&token);
        let request = request.header("idempotency-key", key).json(&body);
        let answer = request.send().await.unwrap();
        let replayed = answer.headers().contains_key("idempotency-replayed");
        (answer.status().as_u16(), replayed)
    };
    let kept = async || {
        let prefix = keys::request::expiries();
        let index = env
            .store
            .engine()
            .scan(&prefix, None, 100)
            .await
            .unwrap()
            .len();
        let requests = env
            .store
            .engine()
            .scan(&Key(b"i".to_vec()), None, 100)
            .await
            .unwrap();
        (index, requests.len())
    };
    assert_eq!(send("a", "one").await, (200, false));
    assert_eq!(send("b", "two").await, (200, false));
    assert_eq!(kept().await, (2, 2));
    // The token would be over by then; its clock is the site's.
    let day = 24 * 3600;
    let at = |secs: u64| START.plus(std::time::Duration::from_secs(secs));
    clean_up(&env, at(day - 1)).await.unwrap();
    assert_eq!(kept().await, (2, 2));
    site.turn_to(i64::try_from(day).unwrap());
    let token = site.token_at(root, at(day)).await;
    let body = json!({"tenant_id": root.to_string(), "login": "three"});
    let request = site
        .public(Method::POST, "/api/2/users")
        .bearer_auth(&token);
    let answer = request
        .header("idempotency-key", "a")
        .json(&body)
        .send()
        .await
        .unwrap();
    // Another caller's key: the one of the first is still kept.
    assert_eq!((answer.status().as_u16(), kept().await), (200, (3, 3)));
    let cleaned = clean_up(&env, at(day)).await.unwrap();
    assert_eq!((cleaned.requests, kept().await), (2, (1, 1)));
}

#[tokio::test]
async fn an_expired_request_that_was_not_cleaned_up_yet_is_begun_anew() {
    let api = Api::start().await;
    let body = customer(&api);
    post(&api, "k", "/api/2/tenants", &body).await.expect(201);
    let client: ClientId = api.client.0.parse().unwrap();
    let name = keys::request::request(client, None, "k");
    let found = api
        .env
        .store
        .load::<KeptRequest>(name.clone())
        .await
        .unwrap()
        .unwrap();
    let mut kept = found.value;
    let mut changes = Changes::new();
    changes.delete(keys::request::expiry(kept.expires_at, &name));
    kept.expires_at = START;
    changes.put(keys::request::expiry(START, &name), Vec::new());
    changes.put(name.clone(), kept.encode());
    api.env.store.commit(changes).await.unwrap();
    let other = customer(&api);
    let first = post(&api, "k", "/api/2/tenants", &other).await.expect(201);
    assert!(!is_replay(&first));
    // The old entry of the index went with it: a clean-up finds nothing to forget.
    assert_eq!(clean_up(&api.env, START).await.unwrap().requests, 0);
    let index = keys::request::expiries();
    let index = api.env.store.engine().scan(&index, None, 9).await.unwrap();
    assert_eq!(index.len(), 1);
    assert!(is_replay(
        &post(&api, "k", "/api/2/tenants", &other).await.expect(201)
    ));
}

#[tokio::test]
async fn an_answer_that_is_too_long_counts_as_carried_out() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let report =
        |tenant: &str| json!({"tenant_id": tenant, "usage_name": "storage", "absolute_value": 6});
    let unknown = uuid::Uuid::new_v4().to_string();
    let mut items: Vec<Value> = (0..2000).map(|_| report(&unknown)).collect();
    let send = async |items: &[Value]| {
        let body = json!({ "items": items });
        let path = "/api/2/tenants/usages";
        write(&api, &api.token, "long", (Method::PUT, path), &body).await
    };
    // Nothing was changed: it may as well be done again.
    for _ in 0..2 {
        let done = send(&items).await.expect(200);
        assert!(done.text().len() > 256 * 1024 && !is_replay(&done));
    }
    items.push(report(&tenant));
    send(&items).await.expect(200);
    let told = send(&items).await.expect(409);
    assert!(told.text().contains("was carried out"), "{}", told.text());
}
