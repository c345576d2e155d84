//! The document of all routes: that it is complete, checked in, served, and can be browsed.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};
use upsell::http::endpoint::Group;
use upsell::http::openapi;
use upsell::http::pages::Options;
use upsell::usecases::count_clicks;

use crate::support::app::TestApp;
use crate::support::pages::assert_up_to_date;

/// Every endpoint of the service.
pub(crate) fn endpoints() -> Vec<Group> {
    let (clicks, _) = count_clicks::channel(1);
    let redirect_status = StatusCode::FOUND;
    upsell::http::endpoints(Options {
        clicks,
        redirect_status,
    })
}

/// The document, as the code has it.
pub(crate) fn document() -> Value {
    openapi::document(&endpoints())
}

#[test]
fn the_file_is_up_to_date() {
    let current = serde_json::to_string_pretty(&document()).unwrap();
    assert_up_to_date("docs/openapi.json", &(current + "\n"), "openapi::the_file");
}

/// Calls `look` with every value in `value` and where it is.
fn walk(value: &Value, place: &str, look: &mut impl FnMut(&Value, &str)) {
    look(value, place);
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| walk(item, &format!("{place}/{at}"), look)),
        Value::Object(object) => object
            .iter()
            .for_each(|(name, item)| walk(item, &format!("{place}/{name}"), look)),
        _ => {}
    }
}

#[test]
fn what_is_referred_to_is_there() {
    let document = document();
    let mut count = 0;
    walk(&document, "", &mut |value, place| {
        if let Some(reference) = value["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').expect(place);
            assert!(document.pointer(pointer).is_some(), "{place}: {reference}");
            count += 1;
        }
    });
    assert!(count > 500, "{count} references");
}

#[test]
fn every_field_and_parameter_says_what_it_is() {
    let document = document();
    let said = |value: &Value| value["description"].is_string();
    let mut missing = Vec::new();
    walk(
        &document["components"]["schemas"],
        "",
        &mut |value, place| {
            let Some(fields) = value["properties"]
                .as_object()
                .filter(|_| value["type"].is_string())
            else {
                return;
            };
            for (name, field) in fields {
                // A field that may be missing has its words beside its reference.
                let inner = field["oneOf"].as_array();
                let inner = inner.is_some_and(|kinds| kinds.iter().any(said));
                if !said(field) && !inner && name != "what" && !place.starts_with("/RoleReference")
                {
                    missing.push(format!("{place}: {name}"));
                }
            }
        },
    );
    walk(&document["paths"], "", &mut |value, place| {
        if value["in"].is_string() && !said(value) {
            missing.push(place.to_owned());
        }
    });
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn names_of_operations_are_unique() {
    let document = document();
    let mut seen = BTreeSet::new();
    walk(&document["paths"], "", &mut |value, place| {
        if let Some(id) = value["operationId"].as_str() {
            assert!(seen.insert(id.to_owned()), "{place}: {id}");
            assert!(value["summary"].is_string(), "{place}");
        }
    });
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let app = TestApp::start(&[]).await;
    let served = app.visit("/api/upsell/v1/openapi.json").await.expect(200);
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.json(), document());
    let tag = served.header("etag");
    let again = app.http.get(app.url("/api/upsell/v1/openapi.json"));
    let again = again.header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

/// The page loads what this service itself has, under a policy that allows nothing else.
#[tokio::test]
async fn the_page_needs_no_other_host_and_nothing_inline() {
    let app = TestApp::start(&[]).await;
    let page = app.visit("/docs").await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text();
    assert!(
        !html.contains("style=") && !html.contains("<style"),
        "{html}"
    );
    let mut loaded = 0;
    for part in html.split(['"', '\'']).filter(|part| part.contains('/')) {
        assert!(!part.contains("//"), "{part}");
        if let Some(name) = part.strip_prefix("/docs/") {
            let file = app.visit(part).await.expect(200);
            assert_eq!(file.header("x-content-type-options"), "nosniff");
            let expected = if name.ends_with(".css") {
                "text/css; charset=utf-8"
            } else {
                "text/javascript; charset=utf-8"
            };
            assert_eq!(file.header("content-type"), expected);
            loaded += 1;
        }
    }
    assert_eq!(loaded, 4);
    for (at, _) in html.match_indices("<script") {
        assert!(html[at..].starts_with("<script src="), "an inline script");
    }
    app.visit("/docs/nothing.js").await.expect(404);
    let missing = app.visit("/docs/..%2findex.html").await;
    assert_eq!(missing.status, 404);
}

#[test]
fn the_walk_sees_what_it_looks_for() {
    let mut places = Vec::new();
    walk(&json!({"a": [{"$ref": "#/x"}]}), "", &mut |value, place| {
        if value["$ref"].is_string() {
            places.push(place.to_owned());
        }
    });
    assert_eq!(places, ["/a/0"]);
}
