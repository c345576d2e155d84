//! What the log of a running service says of requests, and what it never says.

use reqwest::Method;
use serde_json::Value;
use upsell::tracked_link::TOKEN_CHARS;

use crate::support::app::{Answer, DEADLINE, TestApp, eventually};
use crate::support::sink::Sink;

/// The line of the log that the request of this answer ended with.
async fn line_of(app: &TestApp, answer: &Answer) -> Value {
    let id = answer.header("x-request-id").to_owned();
    assert_eq!(id.len(), 16, "{}", answer.request);
    eventually("the line of a request", async || {
        let log = app.log();
        let mut lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.find(|line: &Value| line["request_id"] == id.as_str() && line["message"] == "request")
    })
    .await
}

/// Everything at its loudest: no link of a mail, of an alert or of the header may be in the log.
#[tokio::test]
async fn requests_are_logged_by_route_and_links_never_are() {
    let sink = Sink::start().await;
    let loud = [
        ("UPSELL_LOG_LEVEL", "trace,handlebars=trace"),
        ("UPSELL_LOG_FORMAT", "json"),
    ];
    let app = TestApp::with_sink(&sink, &loud).await;
    let (_, user) = app.over_quota().await;
    let mail = sink.until(1).await.remove(0);
    let alerts = app.alerts(&user).await;
    let of_alert = alerts[0]["proposal"]["href"].as_str().unwrap();
    let header = app.header(&user).await;
    let of_header = header["proposal"]["href"].as_str().unwrap();
    let of_mail = mail.tracked_link().unwrap();
    let unsubscribe = mail.unsubscribe_url();
    let too_long = format!("{of_mail}?x={}", "x".repeat(9000));
    for (url, route, status, level) in [
        (of_mail.as_str(), "/r/{token}", 302, "DEBUG"),
        (of_alert, "/r/{token}", 302, "DEBUG"),
        (of_header, "/r/{token}", 302, "DEBUG"),
        (&unsubscribe, "/u/{token}", 200, "DEBUG"),
        (&format!("{of_mail}A"), "/r/{token}", 404, "INFO"),
        (&format!("{of_mail}/x"), "-", 404, "INFO"),
        (&too_long, "/r/{token}", 414, "INFO"),
        ("/api/2/tenants", "/api/2/tenants", 401, "INFO"),
    ] {
        let answer = app.visit(url).await.expect(status);
        let line = line_of(&app, &answer).await;
        assert_eq!(line["route"], route, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["level"], level, "{line}");
        assert_eq!(line["method"], "GET", "{line}");
        let took = line["duration_ms"].as_u64().unwrap();
        assert!(u128::from(took) < DEADLINE.as_millis(), "{line}");
    }
    let log = app.log();
    for link in [of_mail.as_str(), of_alert, of_header, &unsubscribe] {
        let token = link.rsplit('/').next().unwrap();
        let token = token.split('?').next().unwrap();
        assert_eq!(token.len(), TOKEN_CHARS, "{link}");
        assert!(!log.contains(token), "the log holds a link of {link}");
    }
    assert!(!log.contains("handlebars::"), "what is rendered is logged");
}

/// A line for each redirect would be most of a log.
#[tokio::test]
async fn at_the_usual_level_only_what_failed_is_logged() {
    let app = TestApp::start(&[("UPSELL_LOG_FORMAT", "json")]).await;
    app.get("/api/2/clients").await.expect(200);
    let failed = app
        .call(Method::PATCH, "/api/2/clients", &Value::Null)
        .await
        .expect(405);
    let line = line_of(&app, &failed).await;
    assert_eq!(
        (&line["method"], &line["route"], &line["level"]),
        (&"PATCH".into(), &"/api/2/clients".into(), &"INFO".into())
    );
    let of_requests = |line: &&str| line.contains("\"message\":\"request\"");
    assert_eq!(app.log().lines().filter(of_requests).count(), 1);
}
