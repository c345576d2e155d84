//! Files that pages, mails and consoles load: style sheets, brand logos, the widget.

use std::sync::OnceLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::domain::ids::TenantId;
use crate::http::error::ApiError;
use crate::http::message::{Head, Response};
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::render::{RenderError, Renderer};
use crate::usecases::error::{Error, What};
use crate::usecases::public_logo::public_logo;

/// The custom elements, before their words are put in.
const WIDGET: &str = include_str!("../widget/widget.js");

/// Where the words go.
const WORDS: &str = "const WORDS = {};";

/// The script as consoles load it.
#[derive(Debug)]
struct Widget {
    script: Bytes,
    /// Another content has another tag.
    tag: String,
}

static SCRIPT: OnceLock<Widget> = OnceLock::new();

/// The words are built in, so the first script is the script.
fn script(renderer: &Renderer) -> Result<&'static Widget, RenderError> {
    if let Some(known) = SCRIPT.get() {
        return Ok(known);
    }
    let words = format!("const WORDS = {};", renderer.widget_words()?);
    // Without indentation and comments it is a fifth smaller.
    let is_comment = |line: &str| line.starts_with("/*") && line.ends_with("*/");
    let is_code = |line: &&str| !line.is_empty() && !is_comment(line);
    let lines: Vec<&str> = WIDGET.lines().map(str::trim).filter(is_code).collect();
    let script = lines.join("\n").replace(WORDS, &words);
    let hash = Sha256::digest(script.as_bytes());
    let digits: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(SCRIPT.get_or_init(|| Widget {
        script: script.into(),
        tag: format!("\"{digits}\""),
    }))
}

/// The address names the content, so it may be kept for ever.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The address stays when the content changes; asking again costs a 304.
const FIVE_MINUTES: &str = "public, max-age=300";

/// GET `/assets/{file}`.
pub(super) async fn asset(call: Call) -> Answer {
    let found = call.env.renderer.asset(call.request.head.uri.path());
    let asset = found.ok_or(ApiError::NoRoute)?;
    let response = output::with_body(StatusCode::OK, asset.content_type, asset.bytes);
    Ok(kept(response, IMMUTABLE))
}

/// GET `/brand/{tenant_id}/logo`.
pub(super) async fn logo(call: Call) -> Answer {
    let missing = ApiError::UseCase(Error::NotFound(What::Logo));
    let tenant: TenantId = call.path.id("tenant_id", missing)?;
    let logo = public_logo(&call.env, tenant).await?;
    let tag = format!("\"{:016x}\"", logo.content_version);
    let head = &call.request.head;
    let mut response = tagged(head, logo.media_type, logo.image, &tag);
    // Were somebody to open it as a page, it is a picture and nothing more.
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(kept(response, FIVE_MINUTES))
}

/// GET `/widget.js`.
pub(super) async fn widget(call: Call) -> Answer {
    let widget = script(&call.env.renderer).map_err(Error::from)?;
    let (head, media_type) = (&call.request.head, "text/javascript; charset=utf-8");
    let response = tagged(head, media_type, widget.script.clone(), &widget.tag);
    Ok(kept(response, FIVE_MINUTES))
}

/// 304 to a caller who has it already.
fn tagged(head: &Head, media_type: &'static str, body: impl Into<Bytes>, tag: &str) -> Response {
    let has_it = head.headers.get(IF_NONE_MATCH).is_some_and(|known| {
        let known = known.to_str().unwrap_or_default();
        known.split(',').any(|entry| entry.trim() == tag)
    });
    let mut response = if has_it {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        output::with_body(StatusCode::OK, media_type, body)
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Other origins show these files: consoles the widget, mail programs the logo.
fn kept(mut response: Response, cache: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(resource_policy, HeaderValue::from_static("cross-origin"));
    response
}
