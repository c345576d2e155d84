//! Many who create at once, without a version: each gets what was asked for, and nobody is sent away
//! because others were at work.

use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::answer::send;
use crate::support::app::TestApp;
use crate::support::partner::SEED_JSON;

const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_who_create_at_once_all_create() {
    let app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    let users = (0..AT_ONCE).map(async |_| {
        let (form, _) = TestApp::user_form(&tenant);
        app.post("/api/2/users", &form).await.status
    });
    assert_eq!(join_all(users).await, [200; AT_ONCE]);
    let path = format!("/api/2/users?tenant_id={}", tenant.id);
    let found = app.get(&path).await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), AT_ONCE);

    // The plans of a partner are numbered without a gap, so these do meet at one record.
    let path = format!("/v1/partners/{}/plans", app.first.tenant_id);
    let plans = (0..AT_ONCE).map(async |number| {
        let request = app
            .http
            .request(Method::POST, app.url(&path))
            .header(AUTHORIZATION, format!("OAuth {}", app.token))
            .header(CONTENT_TYPE, "application/json")
            .body(SEED_JSON.replace("20g Monthly", &format!("plan {number}")));
        let answer = send("POST a plan", request).await;
        (answer.status, answer.text())
    });
    let made = join_all(plans).await;
    let refused: Vec<_> = made.iter().filter(|(status, _)| *status != 201).collect();
    assert!(refused.is_empty(), "{refused:?}");

    // What is stale stays refused, and only that.
    let user = &found["items"][0];
    let path = format!("/api/2/users/{}", user["id"].as_str().unwrap());
    let versions = (0..AT_ONCE).map(async |_| {
        let change: Value = json!({"version": user["version"], "business_types": ["buyer"]});
        app.put(&path, &change).await.status
    });
    let mut versions = join_all(versions).await;
    versions.sort_unstable();
    let mut expected = [409; AT_ONCE];
    expected[0] = 200;
    assert_eq!(versions, expected);
}
