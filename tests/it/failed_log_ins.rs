//! Whoever guesses secrets or tokens is slowed down, and nobody else is.

use std::net::IpAddr;

use http::StatusCode;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::support::app::{First, TestApp};

/// Guesses that the attack makes.
const GUESSES: usize = 6_000;

/// Everybody from an address of this machine's own.
fn from(address: [u8; 4]) -> Client {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    client.local_address(IpAddr::from(address)).build().unwrap()
}

fn log_in(http: &Client, app: &TestApp, id: &str, secret: &str) -> RequestBuilder {
    let url = format!("{}/api/2/idp/token", app.base);
    let form = [("grant_type", "client_credentials")];
    http.post(url).basic_auth(id, Some(secret)).form(&form)
}

async fn right(http: &Client, app: &TestApp, client: &First) -> StatusCode {
    let request = log_in(http, app, &client.client_id, &client.client_secret);
    request.send().await.unwrap().status()
}

async fn metric(app: &TestApp, cause: &str) -> usize {
    let text = app.http.get(format!("{}/metrics", app.ops)).send().await;
    let text = text.unwrap().text().await.unwrap();
    let name = format!("upsell_failed_log_ins_total{{cause=\"{cause}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&name));
    value.expect(cause).parse().unwrap()
}

async fn refusal(response: Response) -> (u16, String, u64) {
    let status = response.status().as_u16();
    let wait = response.headers().get("retry-after");
    let wait = wait.map_or(0, |wait| wait.to_str().unwrap().parse().unwrap());
    let body: Value = response.json().await.unwrap();
    (status, body["error"].as_str().unwrap().to_owned(), wait)
}

#[tokio::test]
async fn guesses_at_one_client_are_hardly_looked_at() {
    let app = TestApp::start(&[]).await;
    let (attacker, honest) = (from([127, 0, 0, 66]), from([127, 0, 0, 2]));
    let mut looked_at = 0;
    let id = &app.first.client_id;
    // The service takes both for the same client.
    let spelled = [id.to_lowercase(), id.to_uppercase()];
    for n in 0..GUESSES {
        let guess = log_in(&attacker, &app, &spelled[n % 2], &format!("guess {n}"));
        match refusal(guess.send().await.unwrap()).await {
            (401, error, 0) if error == "invalid_client" => looked_at += 1,
            (429, error, 1..) if error == "slow_down" => {}
            other => panic!("{other:?}"),
        }
        // The client itself gets its token all the while, from a new address too.
        if n % 500 == 0 {
            assert_eq!(right(&app.http, &app, &app.first).await, StatusCode::OK);
            assert_eq!(right(&honest, &app, &app.first).await, StatusCode::OK);
        }
    }
    // Five at once, then after 1, 2, 4, 8 … seconds; ten more would take a quarter of an hour.
    assert!((5..16).contains(&looked_at), "{looked_at}");
    assert_eq!(metric(&app, "secret").await, looked_at);
    assert_eq!(metric(&app, "blocked").await, GUESSES - looked_at);
    // The right secret does not help who is blocked: it would tell a guess from the rest.
    assert_eq!(
        right(&attacker, &app, &app.first).await,
        StatusCode::TOO_MANY_REQUESTS
    );

    let log = app.log();
    let told = log.lines().filter(|line| line.contains("a log-in failed"));
    let told: Vec<&str> = told.collect();
    assert!((5..16).contains(&told.len()), "{told:?}");
    assert!(told[0].contains(&app.first.client_id) && told[0].contains("127.0.0.0/24"));
    assert!(!log.contains("guess 1"));
    let lines = log.lines().count();
    assert!(lines < 200, "{lines} lines of {GUESSES} guesses");
}

#[tokio::test]
async fn an_address_that_tries_many_clients_is_slowed() {
    let app = TestApp::start(&[]).await;
    let (attacker, other) = (from([127, 0, 0, 66]), from([127, 0, 0, 2]));
    // A client that has logged in from there keeps doing so, guesses or not.
    assert_eq!(right(&attacker, &app, &app.first).await, StatusCode::OK);
    let mut looked_at = 0;
    for n in 0..200 {
        let id = format!("00000000-0000-4000-8000-{n:012}");
        let guess = log_in(&attacker, &app, &id, "guess").send().await.unwrap();
        looked_at += usize::from(guess.status() == StatusCode::UNAUTHORIZED);
    }
    assert!((20..30).contains(&looked_at), "{looked_at}");
    assert_eq!(right(&attacker, &app, &app.first).await, StatusCode::OK);
    let guess = log_in(&other, &app, "nobody", "guess")
        .send()
        .await
        .unwrap();
    assert_eq!(guess.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn introspection_and_revocation_are_no_way_around() {
    let app = TestApp::start(&[("UPSELL_RATE_LIMITS_FAILED_LOG_INS", "2")]).await;
    let attacker = from([127, 0, 0, 66]);
    let mut answers = Vec::new();
    for path in [
        "introspect_token",
        "revoke_token",
        "token",
        "introspect_token",
    ] {
        let form = [("grant_type", "client_credentials"), ("token", "x")];
        let request = attacker.post(format!("{}/api/2/idp/{path}", app.base));
        let request = request.basic_auth(&app.first.client_id, Some("guess"));
        answers.push(request.form(&form).send().await.unwrap().status().as_u16());
    }
    assert_eq!(answers, [401, 401, 401, 429]);
}

#[tokio::test]
async fn bad_tokens_are_slowed_and_good_ones_are_not() {
    let app = TestApp::start(&[("UPSELL_RATE_LIMITS_FAILED_LOG_INS", "1")]).await;
    let path = format!("{}/api/2/tenants/{}", app.base, app.first.tenant_id);
    let mut answers = [0, 0];
    for n in 0..100 {
        let request = app.http.get(&path).bearer_auth(format!("guess.{n}.x"));
        match request.send().await.unwrap().status().as_u16() {
            401 => answers[0] += 1,
            429 => answers[1] += 1,
            other => panic!("{other}"),
        }
    }
    assert!(answers[0] >= 41 && answers[1] >= 1, "{answers:?}");
    assert_eq!(metric(&app, "token").await, answers[0]);
    // Another token of the client, which nobody has checked before.
    let token = app.token_of(&app.first).await;
    let answer = app.http.get(&path).bearer_auth(token).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}
