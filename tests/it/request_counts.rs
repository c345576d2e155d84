//! Every answer is counted, whoever gives it.

use reqwest::{Method, StatusCode};

use crate::support::http::Site;
use crate::support::world::World;

#[tokio::test]
async fn refusals_are_counted_like_answers() {
    let site = Site::serve(World::new().await).await;
    let asked = [
        // By the router, before there is a body; by the token check; by a handler.
        (Method::PUT, "/api/upsell/v1/nowhere", 404),
        (Method::PATCH, "/api/upsell/v1/emails", 405),
        (Method::GET, "/api/upsell/v1/emails", 401),
        (Method::GET, "/api/2/idp/keys", 200),
    ];
    for (method, path, status) in asked {
        let answer = site.public(method, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap());
    }
    let shown = site.world.env.metrics.encode().unwrap();
    for line in [
        "upsell_http_requests_total{dialect=\"native\",status=\"4xx\"} 3",
        "upsell_http_requests_total{dialect=\"account\",status=\"2xx\"} 1",
    ] {
        assert!(shown.contains(line), "no {line} in\n{shown}");
    }
}
