//! Files that pages, mails and consoles load: style sheets, brand logos, the widget.

use std::sync::OnceLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::FileName;
use crate::domain::ids::TenantId;
use crate::http::endpoint::{Answer, Endpoint, Path, PublicCall, Segment, get};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::{content_tag, file};
use crate::render::{RenderError, Renderer};
use crate::usecases::error::{Error, What};
use crate::usecases::manage_brand::public_logo;

/// The custom elements, before their words are put in.
const WIDGET: &str = include_str!("../widget/widget.js");

/// Where the words go.
const WORDS: &str = "const WORDS = {};";

/// The script as consoles load it.
#[derive(Debug)]
struct Widget {
    script: Bytes,
    /// The `ETag`: a hash of the content.
    tag: String,
}

static SCRIPT: OnceLock<Widget> = OnceLock::new();

/// The words are built in, so the script is made once.
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
    Ok(SCRIPT.get_or_init(|| Widget {
        tag: content_tag(script.as_bytes()),
        script: script.into(),
    }))
}

/// The address names the content, so it may be kept for ever.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The address stays when the content changes; asking again costs a 304.
const FIVE_MINUTES: &str = "public, max-age=300";

/// What pages, mails and consoles load. Open to everybody: it stands in pages and mails that
/// strangers' programs fetch.
pub(super) fn endpoints() -> [Endpoint; 3] {
    let (picture, text) = (schema::binary, schema::any_text);
    [
        get("/assets/{*file}", "readAsset", "A style sheet of the pages")
            .public()
            .about("The name says the content, so it may be kept for ever.")
            .answers_raw(200, "The file.", "text/css", text())
            .to(asset),
        get(
            "/brand/{tenant_id}/logo",
            "readPublicLogo",
            "The logo of a brand",
        )
        .public()
        .about("As mails and pages show it: only where branding is enabled.")
        .answers_raw(200, "The file.", "image/png", picture())
        .answers_raw(200, "The file.", "image/jpeg", picture())
        .cached()
        .to(logo),
        get(
            "/widget.js",
            "readWidget",
            "The custom elements for consoles",
        )
        .public()
        .answers_raw(200, "The file.", "text/javascript", text())
        .cached()
        .to(widget),
    ]
}

/// GET `/assets/{file}`.
async fn asset(call: PublicCall, _: Path<FileName>) -> Answer {
    let found = call.env.renderer.asset(call.head().uri.path());
    let asset = found.ok_or(ApiError::NoRoute)?;
    let response = output::with_body(StatusCode::OK, asset.content_type, asset.bytes);
    Ok(kept(response, IMMUTABLE))
}

/// GET `/brand/{tenant_id}/logo`.
async fn logo(call: PublicCall, Path(LogoOf(tenant)): Path<LogoOf>) -> Answer {
    let (logo, version) = public_logo(&call.env, tenant).await?;
    let tag = format!("\"{version:016x}\"");
    let head = call.head();
    let mut response = file(head, logo.media_type, logo.image, &tag);
    // Opened as a page, it runs nothing.
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(kept(response, FIVE_MINUTES))
}

/// GET `/widget.js`.
async fn widget(call: PublicCall) -> Answer {
    let widget = script(&call.env.renderer).map_err(Error::from)?;
    let (head, media_type) = (call.head(), "text/javascript; charset=utf-8");
    let response = file(head, media_type, widget.script.clone(), &widget.tag);
    Ok(kept(response, FIVE_MINUTES))
}

/// The tenant whose logo it is.
struct LogoOf(TenantId);

impl Segment for LogoOf {
    const ABOUT: &'static str = "The tenant whose brand it is.";

    fn schema() -> Value {
        schema::id()
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let missing = |_| Error::NotFound(What::Logo).into();
        text.parse().map(Self).map_err(missing)
    }
}

/// Other origins show these files: consoles the widget, mail programs the logo.
fn kept(mut response: Response, cache: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(resource_policy, HeaderValue::from_static("cross-origin"));
    response
}
