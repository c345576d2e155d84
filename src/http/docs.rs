//! The document of all operations, and a page to read it on. Both are open to everybody: they say
//! nothing that is not in the source.

pub(super) mod openapi;

use std::sync::{Arc, LazyLock, OnceLock};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, REFERRER_POLICY};
use http::{HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::dialect::Dialect;
use super::error::ApiError;
use super::message::{Head, Response};
use super::output;
use super::router::{Answer, Call, Resource, Route};

/// Files of our own and requests to ourselves; nothing inline. The pictures in Swagger UI's style
/// sheet are `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    name: &'static str,
    media_type: &'static str,
    body: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

static FILES: [File; 4] = [
    File {
        name: "docs.css",
        media_type: STYLE,
        body: include_str!("docs/docs.css"),
    },
    File {
        name: "docs.js",
        media_type: SCRIPT,
        body: include_str!("docs/docs.js"),
    },
    File {
        name: "swagger-ui.css",
        media_type: STYLE,
        body: include_str!("docs/swagger-ui/swagger-ui.css"),
    },
    File {
        name: "swagger-ui-bundle.js",
        media_type: SCRIPT,
        body: include_str!("docs/swagger-ui/swagger-ui-bundle.js"),
    },
];

/// The tags of [`FILES`]: another content has another.
static TAGS: LazyLock<[String; FILES.len()]> =
    LazyLock::new(|| FILES.each_ref().map(|file| tag_of(file.body.as_bytes())));

/// The document, which is written when all routes are known.
#[derive(Clone, Default)]
pub(super) struct Document(Arc<OnceLock<(Bytes, String)>>);

impl Document {
    /// Writes it.
    pub(super) fn describe(&self, routes: &[Route]) {
        self.0.get_or_init(|| {
            let body = super::openapi::document(routes).to_string();
            let tag = tag_of(body.as_bytes());
            (body.into(), tag)
        });
    }
}

/// The routes.
pub(super) fn resources(document: &Document) -> Vec<Resource> {
    let document = document.clone();
    vec![
        Resource::at(Dialect::Native, "/api/upsell/v1/openapi.json")
            .public(Method::GET, move |call| show(call, document.clone())),
        Resource::at(Dialect::Page, "/docs").public(Method::GET, page),
        Resource::at(Dialect::Page, "/docs/{file}").public(Method::GET, file),
    ]
}

async fn show(call: Call, document: Document) -> Answer {
    let (body, tag) = document.0.get().ok_or(ApiError::NoRoute)?;
    Ok(tagged(
        &call.request.head,
        "application/json",
        body.clone(),
        tag,
    ))
}

async fn page(_: Call) -> Answer {
    let html = include_str!("docs/index.html");
    let mut response = output::with_body(StatusCode::OK, "text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

async fn file(call: Call) -> Answer {
    let name = call.path.get("file");
    let mut files = FILES.iter().zip(&*TAGS);
    let (file, tag) = files
        .find(|(file, _)| file.name == name)
        .ok_or(ApiError::NoRoute)?;
    let body = Bytes::from_static(file.body.as_bytes());
    Ok(tagged(&call.request.head, file.media_type, body, tag))
}

fn tag_of(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    let digits: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}\"")
}

/// The address stays when the content changes, so it is asked for again; that costs a 304.
fn tagged(head: &Head, media_type: &'static str, body: Bytes, tag: &str) -> Response {
    let known = head.headers.get(IF_NONE_MATCH);
    let known = known
        .and_then(|known| known.to_str().ok())
        .unwrap_or_default();
    let mut response = if known.split(',').any(|entry| entry.trim() == tag) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        output::with_body(StatusCode::OK, media_type, body)
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, tag);
    }
    response
}
