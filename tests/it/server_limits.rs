//! Sizes: the URL, the headers, the body; and what an ordinary exchange looks like.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::sync::Arc;

use tokio::io::AsyncReadExt;
use upsell::http::limits::Limits;
use upsell::http::stats::Cause;

use crate::support::server::{BODY_LIMIT, start, within};

fn status_of(response: &str) -> &str {
    response.get(9..12).unwrap_or(response)
}

#[tokio::test]
async fn an_ordinary_exchange() {
    let server = start(Limits::default());
    let mut client = server.connect().await;
    let first = client.get("/id").await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("content-length"), Some("16"));
    assert!(first.header("date").is_some());
    assert_eq!(first.header("x-request-id").unwrap().as_bytes(), first.body);
    let second = client.get("/id").await;
    assert_ne!(first.body, second.body, "each request has its own name");
    client
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        .await;
    assert_eq!(client.answer().await.body, b"hello");
    client
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.body, b"hello");
    assert_eq!(server.stats.requests(), 4);
    assert_eq!(server.stats.connections_open(), 1);
    drop(client);
    assert_eq!(server.stop().await.connections_cut, 0);
}

#[tokio::test]
async fn head_keeps_the_length_and_drops_the_body() {
    let server = start(Limits::default());
    let mut client = server.connect().await;
    client
        .send("HEAD /large?700 HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    let answer = client.try_answer(false).await.unwrap();
    assert_eq!(answer.header("content-length"), Some("700"));
    // The next answer starts right behind: no byte of a body was sent.
    assert_eq!(client.get("/id").await.status, 200);
    let empty = client.get("/empty").await;
    assert_eq!((empty.status, empty.header("content-length")), (204, None));
}

#[tokio::test]
async fn url_of_8_kib_and_one_byte_more() {
    let server = start(Limits::default());
    let url = format!("/{}", "u".repeat(8 * 1024 - 1));
    assert_eq!(server.connect().await.get(&url).await.status, 200);
    let mut client = server.connect().await;
    assert_eq!(client.get(&format!("{url}u")).await.status, 414);
    assert_eq!(
        client.get("/").await.status,
        200,
        "nothing else is wrong with the connection"
    );
    assert_eq!(server.stats.refused(Cause::UrlTooLong), 1);
    // Far too long for the buffer: the parser cannot know it is the URL.
    let response = server
        .raw(format!("GET /{} HTTP/1.1\r\n", "u".repeat(100_000)))
        .await;
    assert_eq!(status_of(&response), "431");
}

#[tokio::test]
async fn headers_by_count_and_by_size() {
    let server = start(Limits::default());
    for (count, expected) in [(100, "200"), (101, "431"), (1000, "431")] {
        let mut request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".to_owned();
        for i in 2..count {
            write!(request, "x-{i}: 1\r\n").unwrap();
        }
        request.push_str("\r\n");
        let response = server.raw(request).await;
        assert_eq!(status_of(&response), expected, "{count} headers");
    }
    for (bytes, expected) in [(32_000, "200"), (32 * 1024, "431"), (200_000, "431")] {
        let value = "v".repeat(bytes);
        let request =
            format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx: {value}\r\n\r\n");
        let response = server.raw(request).await;
        assert_eq!(status_of(&response), expected, "{bytes} bytes");
    }
    let stats = Arc::clone(&server.stats);
    server.stop().await;
    assert_eq!(stats.refused(Cause::HeadersTooLarge), 4);
}

#[tokio::test]
async fn body_limit_and_one_byte_more() {
    let server = start(Limits::default());
    let body = "b".repeat(BODY_LIMIT);
    let sized = |body: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let chunked = |body: &str| {
        format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n{:x}\r\n{}\r\n0\r\n\r\n",
            body.len() - 1,
            &body[1..]
        )
    };
    for request in [sized(&body), chunked(&body)] {
        let mut client = server.connect().await;
        client.send(request).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.body.len()), (200, BODY_LIMIT));
    }
    let longer = format!("{body}b");
    for request in [sized(&longer), chunked(&longer)] {
        let response = server.raw(request).await;
        assert_eq!(status_of(&response), "413");
        assert!(response.contains("connection: close"), "{response}");
        assert!(response.ends_with("limit 1000"), "{response}");
    }
    assert_eq!(server.stats.refused(Cause::BodyTooLarge), 2);
    assert_eq!(server.stats.body_bytes(), 0, "nothing stays counted");
}

/// The peer is refused in the middle of sending: it may send on for a while, sees the answer, and
/// then a clean end, not a reset.
#[tokio::test]
async fn a_refused_upload_sees_its_answer() {
    let server = start(Limits::default());
    let piece = vec![b'b'; 50_000];
    for path in ["/echo", "/refused"] {
        let mut client = server.connect().await;
        client
            .send(format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n"
            ))
            .await;
        client.send(&piece).await;
        let answer = client.answer().await;
        assert!(matches!(answer.status, 413 | 401), "{}", answer.status);
        assert_eq!(answer.header("connection"), Some("close"));
        for _ in 1..10 {
            client.send(&piece).await;
        }
        let end = within(client.0.read_u8()).await.unwrap_err();
        assert_eq!(end.kind(), ErrorKind::UnexpectedEof, "{end}");
    }
}
