//! Serves the OpenAPI document and a page to read it on. Both are public: they say nothing that is
//! not in the source.

use std::sync::{Arc, LazyLock, OnceLock};

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::dialect::Dialect;
use super::endpoint::{Answer, Group, Path, PublicCall, get};
use super::error::ApiError;
use super::openapi::schema;
use super::output::{self, kept};
use super::pages::FileName;
use super::precondition::{self, content_tag};

/// Files of our own and requests to ourselves; nothing inline. The pictures in Swagger UI's style
/// sheet are `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The files of the page: name, media type, content.
static FILES: [(&str, &str, &str); 4] = [
    ("docs.css", STYLE, include_str!("docs/docs.css")),
    ("docs.js", SCRIPT, include_str!("docs/docs.js")),
    (
        "swagger-ui.css",
        STYLE,
        include_str!("docs/swagger-ui/swagger-ui.css"),
    ),
    (
        "swagger-ui-bundle.js",
        SCRIPT,
        include_str!("docs/swagger-ui/swagger-ui-bundle.js"),
    ),
];

/// The tags of [`FILES`]: another content has another.
static TAGS: LazyLock<[String; FILES.len()]> =
    LazyLock::new(|| FILES.map(|(_, _, body)| content_tag(body.as_bytes())));

/// The document, which is written when all endpoints are known.
#[derive(Clone, Default)]
pub(super) struct Document(Arc<OnceLock<(Bytes, String)>>);

impl Document {
    /// Writes it.
    pub(super) fn describe(&self, groups: &[Group]) {
        self.0.get_or_init(|| {
            let body = super::openapi::document(groups).to_string();
            let tag = content_tag(body.as_bytes());
            (body.into(), tag)
        });
    }
}

/// The endpoints.
pub(super) fn endpoints(document: &Document) -> [Group; 2] {
    let about = "This document, and the page to read it on.";
    let document = document.clone();
    let read = get(
        "/api/upsell/v1/openapi.json",
        "readOpenApi",
        "This document",
    )
    .public()
    .answers_raw(
        200,
        "OpenAPI 3.1.",
        "application/json",
        json!({ "type": "object" }),
    )
    .cached()
    .to(move |call: PublicCall| show(call, document.clone()));
    let page = get("/docs", "readDocs", "The page to read it on")
        .public()
        .answers_raw(200, "The page.", "text/html", schema::any_text())
        .to(page);
    let file = get("/docs/{file}", "readDocsFile", "What that page loads")
        .public()
        .answers_raw(200, "The file.", "text/css", schema::any_text())
        .answers_raw(200, "The file.", "text/javascript", schema::any_text())
        .cached()
        .to(file);
    [
        Group::new(Dialect::Native, NAME, about).with([read]),
        Group::new(Dialect::Page, NAME, about).with([page, file]),
    ]
}

const NAME: &str = "Documentation";

async fn show(call: PublicCall, document: Document) -> Answer {
    let (body, tag) = document.0.get().ok_or(ApiError::NoRoute)?;
    let response = precondition::file(call.head(), "application/json", body.clone(), tag);
    Ok(kept(response, ASKED_AGAIN))
}

async fn page(_: PublicCall) -> Answer {
    let html = include_str!("docs/index.html");
    let response = output::with_body(StatusCode::OK, "text/html; charset=utf-8", html);
    let mut response = kept(response, ASKED_AGAIN);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

async fn file(call: PublicCall, Path(FileName(name)): Path<FileName>) -> Answer {
    let mut files = FILES.iter().zip(&*TAGS);
    let found = files.find(|((known, _, _), _)| *known == name);
    let ((_, media_type, body), tag) = found.ok_or(ApiError::NoRoute)?;
    let response = precondition::file(call.head(), media_type, *body, tag);
    Ok(kept(response, ASKED_AGAIN))
}

/// The address stays when the content changes, so it is asked for again; that costs a 304.
const ASKED_AGAIN: &str = "no-cache";
