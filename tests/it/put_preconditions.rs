//! `If-Match` and `If-None-Match` on a PUT that creates what is not there (RFC 9110 §13.1), and
//! many writers who all expect the same version.

use reqwest::Method;
use reqwest::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::support::api::{Answer, Api};

const CUSTOMERS: &str = "/api/advanced-automation/v1/Customers";

async fn put(api: &Api, path: &str, (name, tag): (HeaderName, &str), body: &Value) -> Answer {
    let request = api.request(Method::PUT, path).bearer_auth(&api.token);
    api.send(request.header(name, tag).json(body)).await
}

/// Everything that a PUT creates, with a body that can be sent again.
async fn creations(api: &Api) -> Vec<(&'static str, Value)> {
    let tenant = api.tenant("customer", &api.root).await;
    api.put("/plan/Base", &json!({})).await.expect(201);
    vec![
        ("/plan/Gold", json!({})),
        ("/domain/acme", json!({"plan": "Base"})),
        (CUSTOMERS, json!({"Tenant": tenant, "TaxExempt": true})),
        (
            "/api/advanced-automation/v1/Taxes",
            json!({"Name": "VAT", "Code": "V", "Value": 20}),
        ),
    ]
}

#[tokio::test]
async fn what_must_exist_is_not_created() {
    let api = Api::start().await;
    for (path, body) in creations(&api).await {
        for tag in ["*", "\"1\""] {
            put(&api, path, (IF_MATCH, tag), &body).await.expect(412);
        }
        // It would be 200 if one of those had created it after all.
        let is_reseller = !path.starts_with("/api");
        let created = api.put(path, &body).await;
        assert_eq!(
            created.status,
            if is_reseller { 201 } else { 200 },
            "{path}"
        );
        assert_eq!(created.header("etag"), "\"1\"", "{path}");
        if !path.ends_with("Taxes") {
            put(&api, path, (IF_MATCH, "*"), &body).await.expect(200);
        }
    }
}

#[tokio::test]
async fn what_must_be_new_is_not_changed() {
    let api = Api::start().await;
    for (path, body) in creations(&api).await {
        let new = (IF_NONE_MATCH, "*");
        let created = put(&api, path, new.clone(), &body).await;
        assert!([200, 201].contains(&created.status), "{path}");
        let mut body = body.clone();
        if path.ends_with("Taxes") {
            body["Id"] = created.json()["Id"].clone();
        }
        put(&api, path, new, &body).await.expect(412);
        let changed = api.put(path, &body).await.expect(200);
        assert_eq!(changed.header("etag"), "\"2\"", "{path}");
    }
}

/// A version has one spelling: entity tags are compared as they are (RFC 9110 §8.8.3.2).
#[tokio::test]
async fn a_tag_is_no_number() {
    let api = Api::start().await;
    api.put("/plan/Gold", &json!({})).await.expect(201);
    for tag in ["\"+1\"", "\"01\"", "W/\"1\"", "1", "\"1", "\"\""] {
        let answer = put(&api, "/plan/Gold", (IF_MATCH, tag), &json!({})).await;
        assert_eq!(answer.status, 412, "{tag}");
    }
    let exact = put(&api, "/plan/Gold", (IF_MATCH, "\"1\""), &json!({})).await;
    assert_eq!(exact.status, 200);
}

/// Who loses the race for a version is told that the version is stale, never "try again": that
/// cannot win.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_writer_wins_a_version_and_the_others_are_stale() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let body = json!({"Tenant": tenant, "TaxExempt": true});
    api.put(CUSTOMERS, &body).await.expect(200);
    for version in 1..=10 {
        let tag = format!("\"{version}\"");
        let writers = (0..20).map(|_| put(&api, CUSTOMERS, (IF_MATCH, &tag), &body));
        let answers = futures_util::future::join_all(writers).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        let mut expected = vec![412; 20];
        expected[0] = 200;
        assert_eq!(statuses, expected, "version {version}");
    }
}
