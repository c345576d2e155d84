//! What holds for the query of every route with a token, also of those that read nothing from it.

use serde_json::json;

use crate::support::api::Api;

#[tokio::test]
async fn no_parameter_stands_twice() {
    let api = Api::start().await;
    let root = api.root.clone();
    api.put("/plan/Gold", &json!({})).await.expect(201);
    for path in [
        "/plan".to_owned(),
        "/plan/Gold/retention".to_owned(),
        "/api/advanced-automation/v1/ServiceDesk/Configuration".to_owned(),
        format!("/api/upsell/v1/tenants/{root}/currency"),
        format!("/api/2/tenants/{root}"),
    ] {
        for query in ["x=1&x=2", "x=1&%78=2", "x=%ff"] {
            let refused = api.get(&format!("{path}?{query}")).await;
            assert_eq!(refused.status, 400, "{path}?{query}");
        }
    }
    // Nothing is done by a write that is refused for its query.
    api.delete("/plan/Gold?x=1&x=2").await.expect(400);
    api.get("/plan/Gold?x=1&y=1").await.expect(200);
    let token = api.token_at(&root, &["alerts_read"]).await;
    let strangers = api.call_as(&token, reqwest::Method::GET, "/plan?x=1&x=2", None);
    strangers.await.expect(403);
}
