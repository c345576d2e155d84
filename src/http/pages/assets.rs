//! Files that pages, mails and consoles load: style sheets, brand logos, the widget.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::domain::ids::TenantId;
use crate::http::error::ApiError;
use crate::http::message::{Head, Response};
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::error::{Error, What};
use crate::usecases::public_logo::public_logo;

/// The custom elements, as the console loads them.
pub const WIDGET: &str = include_str!("../widget/widget.js");

/// Another content has another tag.
static WIDGET_TAG: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::digest(WIDGET.as_bytes());
    let digits: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}\"")
});

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
    let head = &call.request.head;
    let response = tagged(head, "text/javascript; charset=utf-8", WIDGET, &WIDGET_TAG);
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
