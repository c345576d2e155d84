//! `GET /r/{token}`: redirects a tracked link to its current Buy link, and counts the click.

use std::borrow::Cow;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use bytes::Bytes;
use http::header::{self, HeaderName, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;

use super::{LinkToken, Options, found, page, private};
use crate::domain::click::Click;
use crate::domain::link::MAX_PAGE_BYTES;
use crate::http::endpoint::{Answer, Endpoint, Path, PublicCall, get};
use crate::http::error::ApiError;
use crate::http::message::{CachedAnswer, Head, Response};
use crate::http::openapi::schema;
use crate::http::output;
use crate::render::Page;
use crate::telemetry::metrics::RedirectOutcome;
use crate::usecases::Env;
use crate::usecases::error::Error;
use crate::usecases::follow_link::{Followed, follow_cached_link, follow_link};

/// Words in the names of programs that follow links without a person: crawlers, previews, mail
/// and chat scanners, and plain HTTP clients. In lower case.
const ROBOTS: [&str; 26] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "scan",
    "monitor",
    "validator",
    "headless",
    "phantomjs",
    "facebookexternalhit",
    "whatsapp",
    "skypeuripreview",
    "bitlybot",
    "proofpoint",
    "mimecast",
    "barracuda",
    "safelinks",
    "curl/",
    "wget/",
    "python-",
    "go-http-client",
    "java/",
    "okhttp",
    "libwww",
    "httpclient",
];

/// Headers by which browsers say that nobody has clicked yet.
const PREFETCH: [HeaderName; 3] = [
    HeaderName::from_static("purpose"),
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("x-moz"),
];

/// What takes a reader to the shop. Open to everybody: the link proves itself.
pub(super) fn endpoints(options: Options) -> [Endpoint; 1] {
    let page = "The page that the link was followed from; else `Referer` says it.";
    let uri = json!({ "type": "string", "format": "uri" });
    let follow_link = get(ROUTE, "followLink", "Takes a reader to the shop")
        .public()
        .about("Builds the Buy link of this moment. Counts the click.")
        .reads_query("page", schema::any_text(), page)
        .answers_nothing(302, "To the Buy URL.")
        .with_header("Location", uri, "The Buy link.");
    let handler =
        move |call: PublicCall, token: Path<LinkToken>| follow(call, token, options.clone());
    [found(follow_link, "Whom to ask, where the reader may not buy.").to(handler)]
}

/// GET and HEAD `/r/{token}?page=`.
async fn follow(
    call: PublicCall,
    Path(LinkToken(token)): Path<LinkToken>,
    options: Options,
) -> Answer {
    let head = call.head();
    let page = page_of(head);
    let is_human = looks_human(head);
    let now = head.received_at;
    let followed = follow_link(&call.env, &token, page.as_deref(), is_human, now).await;
    let metrics = &call.env.metrics.redirects;
    let followed = followed.inspect_err(|_| metrics.inc(RedirectOutcome::Unavailable))?;
    let (outcome, click) = match &followed {
        Followed::Redirect { click, .. } => (RedirectOutcome::Shop, *click),
        Followed::ContactSales { click, .. } => (RedirectOutcome::ContactSales, *click),
        Followed::Expired { .. } => (RedirectOutcome::Expired, None),
        Followed::Unknown => (RedirectOutcome::Invalid, None),
    };
    metrics.inc(outcome);
    count(head, click, &options);
    answer(&call.env, head, &followed, options.redirect_status)
}

/// Where the path of a tracked link begins, and the route that it belongs to.
pub(crate) const PREFIX: &str = "/r/";
pub(super) const ROUTE: &str = "/r/{token}";

/// The answer to a click (GET or HEAD) that leads to the shop, where all that decides it is remembered; `None`
/// leaves the request to [`follow`].
pub(crate) fn follow_cached(env: &Env, options: &Options, head: &Head) -> Option<CachedAnswer> {
    let token = head.uri.path().strip_prefix(PREFIX)?;
    let page = page_of(head);
    let is_human = || looks_human(head);
    let now = head.received_at;
    let (url, click) = follow_cached_link(env, token, page.as_deref(), is_human, now)?;
    let response = redirect(url, options.redirect_status).ok()?;
    env.metrics.redirects.inc(RedirectOutcome::Shop);
    count(head, click, options);
    Some(CachedAnswer {
        response,
        route: ROUTE,
    })
}

fn count(head: &Head, click: Option<Click>, options: &Options) {
    if let Some(click) = click.filter(|_| head.method != Method::HEAD) {
        options.clicks.count(click);
    }
}

fn answer(env: &Env, head: &Head, followed: &Followed, status: StatusCode) -> Answer {
    let (reader, status, shown) = match followed {
        Followed::Redirect { url, .. } => return redirect(url.clone(), status),
        Followed::ContactSales { view, .. } => {
            (Some(view.as_ref()), StatusCode::OK, Page::ContactSales)
        }
        Followed::Expired { view } => (view.as_deref(), StatusCode::GONE, Page::LinkExpired),
        Followed::Unknown => (None, StatusCode::NOT_FOUND, Page::LinkNotFound),
    };
    page(env, head, reader, status, shown)
}

/// Room for the headers below and what the server adds to every answer.
const HEADERS: usize = 12;

fn redirect(url: String, status: StatusCode) -> Result<Response, ApiError> {
    let location = HeaderValue::from_maybe_shared(Bytes::from(url))
        .map_err(|_| Error::Internal("a Buy link does not fit into Location".to_owned()))?;
    let mut headers = HeaderMap::with_capacity(HEADERS);
    private(&mut headers);
    headers.insert(LOCATION, location);
    headers.insert(X_CONTENT_TYPE_OPTIONS, output::NOSNIFF);
    let mut response = Response::default();
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The page that the link was followed from: what the link itself says, else what the browser
/// says. Data, never a destination. Other parameters are not ours: mailers add their own.
fn page_of(head: &Head) -> Option<String> {
    let query = head.uri.query().unwrap_or_default().as_bytes();
    let named = url::form_urlencoded::parse(query)
        .find(|(name, value)| name == "page" && !value.is_empty())
        .map(|(_, value)| value);
    let referer = || {
        let value = head.headers.get(header::REFERER)?;
        std::str::from_utf8(value.as_bytes())
            .ok()
            .map(Cow::Borrowed)
    };
    let page = named.or_else(referer)?;
    let fits = |end: &usize| page.is_char_boundary(*end);
    let end = (0..=page.len().min(MAX_PAGE_BYTES)).rev().find(fits)?;
    page.get(..end).map(str::to_owned)
}

/// Whether the request looks like a person's: no HEAD, no prefetch, a browser's name.
fn looks_human(head: &Head) -> bool {
    let says_prefetch = |name: &HeaderName| {
        let mut values = head.headers.get_all(name).iter();
        values.any(|value| {
            let value = value.as_bytes().to_ascii_lowercase();
            let text = String::from_utf8_lossy(&value);
            text.contains("prefetch") || text.contains("preview") || text.contains("prerender")
        })
    };
    if head.method == Method::HEAD || PREFETCH.iter().any(says_prefetch) {
        return false;
    }
    let agent = head.headers.get(header::USER_AGENT);
    agent.is_some_and(|agent| {
        let agent = agent.as_bytes();
        !agent.trim_ascii().is_empty() && !names_robot(agent)
    })
}

/// Whether one of [`ROBOTS`] stands in the name of a program.
fn names_robot(agent: &[u8]) -> bool {
    static WORDS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).build(ROBOTS).ok()
    });
    match words {
        Some(words) => words.is_match(agent),
        // So few words always fit into an automaton; were it otherwise, slowly is as right.
        None => {
            let agent = String::from_utf8_lossy(agent).to_ascii_lowercase();
            ROBOTS.iter().any(|word| agent.contains(word))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(uri: &str, headers: &[(&'static str, &str)]) -> Head {
        let pairs = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        Head::of_test(Method::GET, uri, pairs.collect())
    }

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    #[test]
    fn a_persons_request_is_told_from_a_programs() {
        for (headers, expected) in [
            (vec![("user-agent", FIREFOX)], true),
            (vec![], false),
            (vec![("user-agent", " ")], false),
            (
                vec![("user-agent", FIREFOX), ("purpose", "prefetch")],
                false,
            ),
            (
                vec![
                    ("user-agent", FIREFOX),
                    ("sec-purpose", "prefetch;prerender"),
                ],
                false,
            ),
            (vec![("user-agent", FIREFOX), ("x-moz", "Prefetch")], false),
            (
                vec![("user-agent", "Mozilla/5.0 (compatible; bingbot/2.0)")],
                false,
            ),
            (vec![("user-agent", "curl/8.0")], false),
            (vec![("user-agent", "Slackbot-LinkExpanding 1.0")], false),
        ] {
            assert_eq!(
                looks_human(&head("/r/x", &headers)),
                expected,
                "{headers:?}"
            );
        }
        let mut asked = head("/r/x", &[("user-agent", FIREFOX)]);
        asked.method = Method::HEAD;
        assert!(!looks_human(&asked));
    }

    #[test]
    fn the_page_is_the_links_own_or_the_referer() {
        let referer = ("referer", "https://console.example/a?b=1");
        for (uri, headers, expected) in [
            ("/r/x", vec![], None),
            (
                "/r/x?utm=1&page=Home%20%26%20more&page=2",
                vec![],
                Some("Home & more"),
            ),
            ("/r/x?page=mine", vec![referer], Some("mine")),
            ("/r/x?page=", vec![referer], Some(referer.1)),
            ("/r/x", vec![referer], Some(referer.1)),
        ] {
            assert_eq!(page_of(&head(uri, &headers)).as_deref(), expected, "{uri}");
        }
        let long = format!("/r/x?page={}", "%C3%A9".repeat(1100));
        let page = page_of(&head(&long, &[])).unwrap();
        assert_eq!(page.len(), MAX_PAGE_BYTES);
        let odd = format!("/r/x?page=a{}", "%C3%A9".repeat(1100));
        assert_eq!(page_of(&head(&odd, &[])).unwrap().len(), MAX_PAGE_BYTES - 1);
    }
}
