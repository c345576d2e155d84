//! The checks every request head passes before the service sees it.

use http::header::{HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, Uri};
use http::{Method, StatusCode, Version};

use super::limits::Limits;
use super::stats::Cause;

/// A head the server answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) cause: Cause,
    /// For people: what to do next.
    pub(super) text: &'static str,
}

const fn bad(text: &'static str) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        cause: Cause::BadRequest,
        text,
    }
}

/// Checks `parts` and brings it into the one form the service knows: a target that starts with
/// `/` (or is `*`), one `Host` header whatever the version, no headers about the connection.
pub(super) fn check(parts: &mut Parts, limits: &Limits) -> Result<(), Refusal> {
    let survey = Survey::of(&parts.headers);
    check_sizes(parts, &survey, limits)?;
    if parts.method == Method::CONNECT {
        return Err(Refusal {
            status: StatusCode::NOT_IMPLEMENTED,
            cause: Cause::Connect,
            text: "This server is no proxy: CONNECT is not supported.",
        });
    }
    if survey.bad_expect && parts.version != Version::HTTP_10 {
        return Err(Refusal {
            status: StatusCode::EXPECTATION_FAILED,
            cause: Cause::Expectation,
            text: "The only expectation supported is 100-continue.",
        });
    }
    check_lengths(&survey)?;
    unify_target(parts, &survey)?;
    if survey.about_connection {
        for name in ABOUT_CONNECTION {
            parts.headers.remove(name);
        }
    }
    Ok(())
}

/// Headers that concern this connection or the framing on it (RFC 9110 §7.6.1), and are dealt with
/// by the time the service sees the request.
const ABOUT_CONNECTION: [&str; 8] = [
    "connection",
    "transfer-encoding",
    "te",
    "upgrade",
    "expect",
    "keep-alive",
    "proxy-connection",
    "http2-settings",
];

/// What one pass over the headers finds (a look-up of each name would cost more than all the rest
/// of the check).
#[derive(Default)]
struct Survey {
    bytes: usize,
    hosts: usize,
    lengths: usize,
    codings: usize,
    bad_length: bool,
    bad_coding: bool,
    bad_expect: bool,
    about_connection: bool,
}

impl Survey {
    fn of(headers: &HeaderMap) -> Self {
        let mut survey = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            survey.bytes += name.len() + value.len();
            match name {
                "host" => survey.hosts += 1,
                "content-length" => {
                    survey.lengths += 1;
                    survey.bad_length |=
                        value.is_empty() || !value.as_bytes().iter().all(u8::is_ascii_digit);
                }
                "transfer-encoding" => {
                    survey.codings += 1;
                    survey.bad_coding |= !value.as_bytes().eq_ignore_ascii_case(b"chunked");
                }
                "expect" => {
                    survey.bad_expect |= !value.as_bytes().eq_ignore_ascii_case(b"100-continue");
                }
                _ => {}
            }
            survey.about_connection |= ABOUT_CONNECTION.contains(&name);
        }
        survey
    }
}

fn check_sizes(parts: &Parts, survey: &Survey, limits: &Limits) -> Result<(), Refusal> {
    if target_len(&parts.uri, parts.version) > limits.url_bytes {
        return Err(Refusal {
            status: StatusCode::URI_TOO_LONG,
            cause: Cause::UrlTooLong,
            text: "The URL is too long; send long data in the body.",
        });
    }
    if parts.headers.len() > limits.header_count || survey.bytes > limits.header_bytes {
        return Err(Refusal {
            status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            cause: Cause::HeadersTooLarge,
            text: "There are too many or too long headers; send fewer.",
        });
    }
    Ok(())
}

fn target_len(uri: &Uri, version: Version) -> usize {
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    if version == Version::HTTP_2 {
        return path;
    }
    let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + 3);
    path + scheme
        + uri
            .authority()
            .map_or(0, |authority| authority.as_str().len())
}

fn check_lengths(survey: &Survey) -> Result<(), Refusal> {
    if survey.lengths > 1 || (survey.lengths > 0 && survey.codings > 0) {
        return Err(bad("The length of the body is given more than once."));
    }
    if survey.bad_length {
        return Err(bad("Content-Length is not a number."));
    }
    // RFC 9112 §6.1: other codings than chunked would have to be undone first, and `chunked`
    // named twice is a way to make two parsers disagree.
    if survey.codings > 1 || survey.bad_coding {
        return Err(bad("The only transfer coding supported is chunked."));
    }
    Ok(())
}

/// RFC 9112 §3.2 and RFC 9113 §8.3.1: one authority, from the target or from Host.
fn unify_target(parts: &mut Parts, survey: &Survey) -> Result<(), Refusal> {
    let host = parts.headers.get(HOST);
    if survey.hosts > 1 {
        return Err(bad("There is more than one Host header."));
    }
    if host.is_some_and(|host| !is_host(host.as_bytes())) {
        return Err(bad(
            "The Host header is not a host name with an optional port.",
        ));
    }
    if host.is_none() && parts.version == Version::HTTP_11 {
        return Err(bad("The Host header is missing."));
    }
    let Some(authority) = parts.uri.authority() else {
        if host.is_none() && parts.version == Version::HTTP_2 {
            return Err(bad("The :authority is missing."));
        }
        return check_origin_form(&parts.uri, &parts.method);
    };
    if parts.uri.scheme().is_none() {
        return Err(bad("The request target is not a path."));
    }
    if !is_host(authority.as_str().as_bytes()) {
        return Err(bad(
            "The authority is not a host name with an optional port.",
        ));
    }
    if host.is_some_and(|host| !same_host(host, authority)) {
        return Err(bad("Host and the request target name different hosts."));
    }
    if !matches!(parts.uri.scheme_str(), Some("http" | "https")) {
        return Err(bad("The scheme is neither http nor https."));
    }
    to_origin_form(&mut parts.uri, &mut parts.headers)
}

fn check_origin_form(uri: &Uri, method: &Method) -> Result<(), Refusal> {
    let path = uri.path();
    if path.starts_with('/') || (path == "*" && *method == Method::OPTIONS) {
        return Ok(());
    }
    Err(bad("The request target is not a path."))
}

fn to_origin_form(uri: &mut Uri, headers: &mut HeaderMap) -> Result<(), Refusal> {
    let mut parts = std::mem::take(uri).into_parts();
    parts.scheme = None;
    let host = parts.authority.take();
    if let Some(value) = host.and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
        headers.insert(HOST, value);
    }
    *uri = Uri::from_parts(parts).map_err(|_| bad("The request target is not a path."))?;
    Ok(())
}

fn same_host(host: &HeaderValue, authority: &Authority) -> bool {
    host.as_bytes()
        .eq_ignore_ascii_case(authority.as_str().as_bytes())
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`, without user information and without
/// percent-encoding (which DNS names do not need and which hides differences).
fn is_host(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let (name_ok, port) = if let Some(rest) = text.strip_prefix('[') {
        let Some((inner, port)) = rest.split_once(']') else {
            return false;
        };
        (inner.parse::<std::net::Ipv6Addr>().is_ok(), port)
    } else {
        let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let good = !name.is_empty() && name.len() <= 255 && name.bytes().all(allowed);
        (good, port)
    };
    let port_ok = match port.strip_prefix(':') {
        None => port.is_empty(),
        // An empty port is allowed by RFC 3986 §3.2.3, and some clients send it.
        Some("") => true,
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
    };
    name_ok && port_ok
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts() {
        for good in [
            "a",
            "shop.example:8443",
            "127.0.0.1",
            "[::1]",
            "[::1]:80",
            "a_b.c-d:",
            "a.",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a b",
            "a@b",
            "a:b",
            "a:80:80",
            "a:65536",
            "a:+80",
            "[::1",
            "[x]",
            "[::1]x",
            "a/b",
            "a%20b",
            "a,b",
            "a\\b",
            "\u{e4}.example",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
        assert!(!is_host(&[b'a'; 256]));
    }
}
