//! Many writers who all expect the same version.

use reqwest::Method;
use reqwest::header::{HeaderName, IF_MATCH};
use serde_json::{Value, json};

use crate::account_api::{Answer, Api};

const CUSTOMERS: &str = "/api/advanced-automation/v1/Customers";

async fn put(api: &Api, path: &str, (name, tag): (HeaderName, &str), body: &Value) -> Answer {
    let request = api.request(Method::PUT, path).bearer_auth(&api.token);
    api.send(request.header(name, tag).json(body)).await
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
