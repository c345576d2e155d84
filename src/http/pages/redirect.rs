//! `GET /r/{token}`: to the Buy link of this moment.

use std::borrow::Cow;

use http::header::{self, HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::{Options, page, private};
use crate::domain::click::Click;
use crate::domain::link::MAX_PAGE_BYTES;
use crate::http::error::ApiError;
use crate::http::message::{Head, Response};
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::render::Page;
use crate::telemetry::metrics::RedirectOutcome;
use crate::usecases::Env;
use crate::usecases::error::Error;
use crate::usecases::follow_link::{Followed, follow_link};

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

/// GET and HEAD `/r/{token}?page=`.
pub(super) async fn follow(call: Call, options: Options) -> Answer {
    let head = &call.request.head;
    let token = call.path.get("token");
    let page_text = page_of(head);
    let is_human = looks_human(head);
    let now = head.received_at;
    let followed = follow_link(&call.env, token, page_text.as_deref(), is_human, now).await;
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

fn count(head: &Head, click: Option<Click>, options: &Options) {
    if let Some(click) = click.filter(|_| head.method != Method::HEAD) {
        options.clicks.count(click);
    }
}

fn answer(env: &Env, head: &Head, followed: &Followed, status: StatusCode) -> Answer {
    match followed {
        Followed::Redirect { url, .. } => redirect(url, status),
        Followed::ContactSales { view, .. } => {
            page(env, head, Some(view), StatusCode::OK, Page::ContactSales)
        }
        Followed::Expired { view } => {
            let reader = view.as_deref();
            page(env, head, reader, StatusCode::GONE, Page::LinkExpired)
        }
        Followed::Unknown => page(env, head, None, StatusCode::NOT_FOUND, Page::LinkNotFound),
    }
}

fn redirect(url: &str, status: StatusCode) -> Result<Response, ApiError> {
    let location = HeaderValue::from_str(url)
        .map_err(|_| Error::Internal("a Buy link does not fit into Location".to_owned()))?;
    let mut response = Response::default();
    *response.status_mut() = status;
    private(response.headers_mut());
    response.headers_mut().insert(LOCATION, location);
    Ok(output::with_headers(response, nosniff()))
}

fn nosniff() -> HeaderMap {
    let name = HeaderName::from_static("x-content-type-options");
    HeaderMap::from_iter([(name, HeaderValue::from_static("nosniff"))])
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
    let says_prefetch = |name: &str| {
        let mut values = head.headers.get_all(name).iter();
        values.any(|value| {
            let value = value.as_bytes().to_ascii_lowercase();
            let text = String::from_utf8_lossy(&value);
            text.contains("prefetch") || text.contains("preview") || text.contains("prerender")
        })
    };
    if head.method == Method::HEAD
        || ["purpose", "sec-purpose", "x-moz"]
            .into_iter()
            .any(says_prefetch)
    {
        return false;
    }
    let agent = head.headers.get(header::USER_AGENT);
    let agent = agent.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    agent.is_some_and(|agent| {
        !agent.trim().is_empty() && !ROBOTS.iter().any(|word| agent.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use std::net::{IpAddr, Ipv4Addr};

    fn head(uri: &str, headers: &[(&'static str, &str)]) -> Head {
        let pairs = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        Head {
            method: Method::GET,
            uri: uri.parse().unwrap(),
            version: http::Version::HTTP_11,
            headers: pairs.collect(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            received_at: Timestamp::default(),
            request_id: String::new(),
        }
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
