//! What people open in a browser: redirects, pages behind links, pictures and style sheets. All of
//! it is public; a link authenticates itself. Nothing inline, and in no frame.

pub mod assets;
mod own;
pub(super) mod redirect;
mod unsubscribe;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, VARY};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::dialect::Dialect;
use super::endpoint::{Group, Operation, Segment};
use super::error::ApiError;
use super::message::{Head, Response};
use super::openapi::schema;
use super::output;
use crate::render::{Lang, Page, PageView, Renderer};
use crate::usecases::Env;
use crate::usecases::messages::language;
use crate::usecases::view::{UserView, brand_view};

/// Style sheets of our own, pictures of brands, forms to ourselves; nothing else, and in no frame:
/// what is clicked here (a purchase, an unsubscription) must be what the reader sees.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How the pages are served.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clicks on tracked links go.
    pub clicks: crate::usecases::count_clicks::ClickSink,
    /// The status of a redirect: 302 or 307. Never a permanent one, which browsers keep for ever.
    pub redirect_status: StatusCode,
}

/// Every endpoint that is no API.
pub(super) fn endpoints(options: Options) -> Vec<Group> {
    let links = "What stands in mails and consoles. A link proves itself: nobody needs a token.";
    vec![
        Group::new(Dialect::Page, "Links", links)
            .with(redirect::endpoints(options))
            .with(unsubscribe::endpoints()),
        Group::new(
            Dialect::Page,
            "Files",
            "What pages, mails and consoles load.",
        )
        .with(own::endpoints())
        .with(assets::endpoints()),
    ]
}

/// The pages that a link leads to: `about` says what the whole one is.
fn found(operation: Operation, about: &'static str) -> Operation {
    let page = |operation: Operation, status, about| {
        operation.answers_raw(status, about, "text/html", schema::any_text())
    };
    let operation = page(operation, 200, about);
    let operation = page(operation, 410, "The link has expired.");
    page(operation, 404, "There is no such link.")
}

/// Defines parts of paths that any text can stand in.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $about:literal;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) String);

        impl Segment for $name {
            const ABOUT: &'static str = $about;

            fn schema() -> serde_json::Value {
                schema::any_text()
            }

            fn parse(text: &str) -> Result<Self, ApiError> {
                Ok(Self(text.to_owned()))
            }
        }
    )+};
}

texts! {
    /// The token of a link: it proves itself.
    LinkToken = "As it stands in the link.";
    /// The name of a file.
    FileName = "The name of the file.";
}

/// An error as a page.
#[must_use]
pub fn error_page(renderer: &Renderer, error: &ApiError, head: &Head) -> Response {
    let page = match error.status() {
        StatusCode::NOT_FOUND => Page::LinkNotFound,
        _ => Page::Error {
            request_id: head.request_id.as_str(),
        },
    };
    let view = PageView {
        brand: &crate::render::BrandView::default(),
        page,
    };
    let lang = accepted(renderer, head);
    match renderer.page(&view, &lang) {
        Ok(html) => html_page(error.status(), html),
        // The templates are checked at start; if one fails here, plain text is better than nothing.
        Err(_) => output::with_body(error.status(), "text/plain; charset=utf-8", error.message()),
    }
}

/// A page in the look of the reader's brand and in the reader's language; where the reader is not
/// known, in the neutral look and the browser's language.
fn page(
    env: &Env,
    head: &Head,
    reader: Option<&UserView>,
    status: StatusCode,
    page: Page<'_>,
) -> Result<Response, ApiError> {
    let brand = brand_view(env, reader.and_then(|view| view.brand.as_ref()));
    let lang = match reader {
        Some(view) => language(env, view, None),
        None => accepted(&env.renderer, head),
    };
    let view = PageView {
        brand: &brand,
        page,
    };
    let html = env.renderer.page(&view, &lang);
    let html = html.map_err(crate::usecases::error::Error::from)?;
    Ok(html_page(status, html))
}

fn accepted(renderer: &Renderer, head: &Head) -> Lang {
    let asked = head.headers.get(header::ACCEPT_LANGUAGE);
    let asked = asked.and_then(|value| value.to_str().ok());
    renderer.negotiate(asked.unwrap_or_default())
}

fn html_page(status: StatusCode, html: String) -> Response {
    let mut response = output::with_body(status, "text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    private(headers);
    response
}

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// For answers to links of one reader: not cached, not indexed, and without a `Referer` for others.
fn private(headers: &mut HeaderMap) {
    let no_store = HeaderValue::from_static("private, no-store");
    headers.insert(CACHE_CONTROL, no_store);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
}
