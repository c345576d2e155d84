//! Raw HTTP/1 requests as attackers and broken clients send them: each row is the bytes of one
//! connection, the statuses that come back, and the requests the service saw.

use tokio::io::AsyncWriteExt;
use upsell::http::limits::Limits;

use crate::support::server::{start, within};

/// What, the bytes, the statuses, the requests that reached the service.
type Row = (
    &'static str,
    &'static str,
    &'static [u16],
    &'static [&'static str],
);

const GET: &[&str] = &["GET /"];
const POST: &[&str] = &["POST /echo"];
const NONE: &[&str] = &[];

/// A second request on the same connection: it must never be seen where the first one's end is
/// in doubt.
const NEXT: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

#[rustfmt::skip]
const TARGETS: &[Row] = &[
    ("plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200], GET),
    ("two in one write", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200], &["GET /", "GET /b"]),
    ("empty line first (RFC 9112 2.2)", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200], GET),
    ("absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", &[200], GET),
    ("absolute form, case of the host", "GET http://A/ HTTP/1.1\r\nHost: a\r\n\r\n", &[200], GET),
    ("absolute form, other host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("absolute form, other port", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("absolute form, no Host", "GET http://a/ HTTP/1.1\r\n\r\n", &[400], NONE),
    ("absolute form, user info", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("absolute form, other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("authority form", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", &[400], NONE),
    ("no slash", "GET x HTTP/1.1\r\nHost: x\r\n\r\n", &[400], NONE),
    ("asterisk, OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &[200], &["OPTIONS *"]),
    ("asterisk, GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", &[501], NONE),
    ("two slashes are a path", "GET //b/ HTTP/1.1\r\nHost: a\r\n\r\n", &[200], &["GET //b/"]),
    ("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("tab before the version", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("control in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", &[200], GET), // DEVIATION: `http::Uri` drops a fragment silently
    ("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("HTTP/0.9", "GET /\r\n\r\n", &[400], NONE),
    ("HTTP/1.0, no Host", "GET / HTTP/1.0\r\n\r\n", &[200], GET),
    ("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", &[400], NONE),
    ("HTTP/2.0 in a line", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", &[400], NONE),
    ("HTTP/3", "GET / HTTP/3\r\nHost: a\r\n\r\n", &[400], NONE),
    ("small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("bad method", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", &[400], NONE),
    ("binary", "\x16\x03\x01\x02\0\x01", &[400], NONE),
    ("a response", "HTTP/1.1 200 OK\r\n\r\n", &[400], NONE),
    ("Upgrade is not taken up", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", &[200], GET),
    ("websocket neither", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n", &[200], GET),
];

#[rustfmt::skip]
const HEADERS: &[Row] = &[
    ("no Host", "GET / HTTP/1.1\r\n\r\n", &[400], NONE),
    ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", &[400], NONE),
    ("two Hosts, HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", &[400], NONE),
    ("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", &[400], NONE),
    ("Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", &[400], NONE),
    ("Host with user info", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", &[400], NONE),
    ("Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", &[400], NONE),
    ("Host with a bad port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", &[400], NONE),
    ("Host, port too large", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", &[400], NONE),
    ("Host with a percent", "GET / HTTP/1.1\r\nHost: a%00\r\n\r\n", &[400], NONE),
    ("Host in brackets", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", &[200], GET),
    ("Host, broken brackets", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", &[400], NONE),
    ("space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", &[400], NONE),
    ("no colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", &[400], NONE),
    ("empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", &[400], NONE),
    ("NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nx\0: y\r\n\r\n", &[400], NONE),
    ("NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nx: \0\r\n\r\n", &[400], NONE),
    ("CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nx: y\rz\r\n\r\n", &[400], NONE),
    ("folded line", "GET / HTTP/1.1\r\nHost: a\r\nx: y\r\n z\r\n\r\n", &[400], NONE),
    ("first line indented", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", &[400], NONE),
    ("lines ended by LF", "GET / HTTP/1.1\nHost: a\n\n", &[200], GET), // DEVIATION: accepted (RFC 9112 2.2 allows it)
    ("one line ended by LF", "GET / HTTP/1.1\r\nHost: a\nx: y\r\n\r\n", &[200], GET), // DEVIATION: as above
    ("line ended by CR", "GET / HTTP/1.1\rHost: a\r\r", &[400], NONE),
    ("HTTP/1.0, keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n", &[200, 200], &["GET /", "GET /b"]),
    ("HTTP/1.0 without it", "GET / HTTP/1.0\r\n\r\nGET /smuggled HTTP/1.0\r\n\r\n", &[200], GET),
    ("broken off", "GET / HTTP/1.1\r\nHost: a\r\n", &[], NONE),
    ("Connection: close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", &[200], GET),
];

#[rustfmt::skip]
const BODIES: &[Row] = &[
    ("sized", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", &[200], POST),
    ("sized, then another", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200], &["POST /echo", "GET /"]),
    ("chunked", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", &[200], POST),
    ("chunked, coding in capitals", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", &[200], POST),
    ("chunk extension", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\n\r\n", &[200], POST),
    ("trailers are dropped", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx: y\r\n\r\n", &[200], POST),
    ("GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", &[200], GET),
    ("length twice, same", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", &[200], POST), // DEVIATION: hyper makes one of them (RFC 9110 8.6 allows it)
    ("length twice, other", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", &[400], NONE),
    ("length list", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nhi", &[400], NONE),
    ("length +2", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nhi", &[400], NONE),
    ("length -2", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n\r\nhi", &[400], NONE),
    ("length 0x2", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x2\r\n\r\nhi", &[400], NONE),
    ("length 2.0", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2.0\r\n\r\nhi", &[400], NONE),
    ("length empty", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhi", &[400], NONE),
    ("length too large for u64", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nhi", &[400], NONE),
    ("length 2^63", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\nhi", &[413], NONE),
    ("shorter than announced", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhi", &[400], NONE),
    // DEVIATION: hyper hides the length before we see it, reads by the coding and closes, which
    // RFC 9112 6.1 allows; what follows is never a request.
    ("length and chunked", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", &[200], POST),
    ("chunked and length", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", &[200], POST),
    ("chunked on 1.0", "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("identity", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", &[400], NONE),
    ("gzip, chunked", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("chunked, gzip", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("chunked twice", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("chunked, chunked", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("xchunked", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("coding in quotes", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("vertical tab in the coding", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("space before the coding's colon", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("coding on a folded line", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", &[400], NONE),
    ("underscore is another header", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n\r\n", &[200], POST),
    ("no size", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("size 0x2", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("size -1", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("size g", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\ng\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("size beyond 64 bits", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000002\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("chunk longer than its size", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("chunk shorter than its size", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("size ended by LF", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("LF in an extension", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;\nhi\r\n0\r\n\r\n", &[400], NONE),
    ("no last chunk", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", &[400], NONE),
    ("refused, body unread", "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", &[401], NONE),
    ("too large, body is a request", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", &[413], NONE),
];

fn statuses(response: &str) -> Vec<u16> {
    response
        .split("HTTP/1.")
        .skip(1)
        .filter_map(|part| part.get(2..5)?.parse().ok())
        .collect()
}

async fn check(rows: &[Row]) {
    let server = start(Limits::default());
    let mut wrong = Vec::new();
    for (what, bytes, expected, expected_seen) in rows {
        let ends = expected.iter().any(|status| *status >= 400);
        // After an answer that ends the connection nothing further may be read as a request.
        let tail = if ends && *what != "shorter than announced" {
            NEXT
        } else {
            ""
        };
        let mut client = server.connect().await;
        client.send(format!("{bytes}{tail}")).await;
        let _ = within(client.0.shutdown()).await;
        let got = statuses(&client.rest().await);
        let seen = std::mem::take(&mut *server.service.seen.lock().unwrap());
        if got != *expected || seen != *expected_seen {
            wrong.push(format!("{what}: answered {got:?}, expected {expected:?}; service saw {seen:?}, expected {expected_seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn request_lines() {
    check(TARGETS).await;
}

#[tokio::test]
async fn headers() {
    check(HEADERS).await;
}

#[tokio::test]
async fn bodies() {
    check(BODIES).await;
}
