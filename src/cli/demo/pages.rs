//! The demo's pages and their files, as they are built in.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};

use super::site::{Site, tell_visit};
use crate::http::endpoint::{Answer, PublicCall};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The pages by the last part of their address; the start page has none. Each has a title, in lower
/// case the name of its script and its style, and what stands in the frame.
const PAGES: [(&str, &str, &str); 5] = [
    ("", "Start", include_str!("pages/start.html")),
    ("console", "Console", include_str!("pages/console.html")),
    ("portal", "Portal", include_str!("pages/portal.html")),
    ("mailbox", "Mailbox", include_str!("pages/mailbox.html")),
    ("shop", "Shop", include_str!("pages/shop.html")),
];

/// What all pages have in common.
const FRAME: &str = include_str!("pages/page.html");

const FILES: [(&str, &str, &str); 9] = [
    ("demo.css", CSS, include_str!("pages/demo.css")),
    ("scenes.css", CSS, include_str!("pages/scenes.css")),
    ("demo.js", SCRIPT, include_str!("pages/demo.js")),
    ("scene.js", SCRIPT, include_str!("pages/scene.js")),
    ("start.js", SCRIPT, include_str!("pages/start.js")),
    ("console.js", SCRIPT, include_str!("pages/console.js")),
    ("portal.js", SCRIPT, include_str!("pages/portal.js")),
    ("mailbox.js", SCRIPT, include_str!("pages/mailbox.js")),
    ("shop.js", SCRIPT, include_str!("pages/shop.js")),
];

/// Nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// GET `/` and `/demo/{page}`.
pub(super) async fn page(site: Arc<Site>, call: PublicCall) -> Answer {
    let name = call.path.get("page");
    let found = PAGES.iter().find(|(known, _, _)| *known == name);
    let (_, title, content) = found.ok_or(ApiError::NoRoute)?;
    if name == "shop" {
        tell_visit(&site, &call);
    }
    let html = FRAME
        .replace("{title}", title)
        .replace("{name}", &title.to_ascii_lowercase())
        .replace("{content}", content);
    let mut response = built_in(HTML, html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// GET `/demo/files/{file}`.
pub(super) async fn file(_: Arc<Site>, call: PublicCall) -> Answer {
    let name = call.path.get("file");
    let found = FILES.iter().find(|(known, _, _)| *known == name);
    let (_, media_type, content) = found.ok_or(ApiError::NoRoute)?;
    Ok(built_in(media_type, *content))
}

fn built_in(media_type: &'static str, content: impl Into<Bytes>) -> Response {
    // The next demo may be another version.
    output::kept(
        output::with_body(StatusCode::OK, media_type, content),
        "no-cache",
    )
}
