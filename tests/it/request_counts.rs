//! Every answer is counted, whoever gives it, and every metric counts something.

use reqwest::{Method, StatusCode};

use crate::architecture::sources;
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

#[test]
fn every_metric_is_counted_somewhere() {
    let sources = sources();
    let declared = sources
        .iter()
        .find(|source| source.path == "src/telemetry/metrics.rs")
        .unwrap();
    let block = declared.text.split_once("metrics! {").unwrap().1;
    let names = block.lines().filter_map(|line| {
        let (name, kind) = line.strip_prefix("    ")?.split_once(": ")?;
        let is_metric =
            kind.starts_with("Int") || kind.starts_with("By<") || kind.starts_with("Hist");
        is_metric.then_some(name)
    });
    let mut found = 0;
    for name in names {
        let used = format!(".{name}");
        // A call may stand on a line of its own.
        let elsewhere = sources.iter().any(|source| {
            source.path != declared.path && source.text.split(&used).skip(1).any(ends_a_name)
        });
        assert!(elsewhere, "{name} is always 0");
        found += 1;
    }
    assert!(found > 20, "{found}");
}

fn ends_a_name(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}
