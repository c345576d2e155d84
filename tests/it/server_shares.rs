//! What all requests share: one address, or one client, does not take it from the others.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::TcpStream;
use upsell::domain::ids::ClientId;
use upsell::http::limits::Limits;
use upsell::http::stats::Cause;

use crate::support::api::unique;
use crate::support::app::{First, TestApp};
use crate::support::server::{Client, Running, connect_from, eventually, start, within};

const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

/// A head with more headers and half of its body of 100 bytes.
fn half(headers: &str) -> String {
    let half = "b".repeat(50);
    format!("POST /echo HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 100\r\n\r\n{half}")
}

/// The status of what was refused, and the text.
async fn refused(client: &mut Client<TcpStream>) -> (u16, String) {
    let answer = client.answer().await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    (answer.status, String::from_utf8(answer.body).unwrap())
}

async fn expect_no_more(server: &Running, client: &mut Client<TcpStream>) {
    let (status, text) = refused(client).await;
    assert_eq!(status, 503);
    assert!(text.starts_with("You have your share"), "{text}");
    assert!(server.stats.refused(Cause::Share) > 0);
}

#[tokio::test]
async fn an_address_has_a_share_of_the_requests() {
    let server = start(Limits {
        requests_in_flight: 8,
        ..Limits::default()
    });
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(half("")).await;
        slow.push(client);
    }
    eventually("both are read", || server.stats.requests_in_flight() == 2).await;
    let mut third = server.connect().await;
    third.send(half("")).await;
    expect_no_more(&server, &mut third).await;
    // Others have theirs: another address, and whoever has a token of a client.
    let mut other = server.connect_from(ELSEWHERE).await;
    assert_eq!(other.get("/").await.status, 200);
    let mut known = server.connect_from(ELSEWHERE).await;
    let client = format!("x-client: {}\r\n", ClientId::random());
    known
        .send(format!("GET / HTTP/1.1\r\nHost: a\r\n{client}\r\n"))
        .await;
    assert_eq!(known.answer().await.status, 200);
    // What was slow ends well, and its share is free again.
    for client in &mut slow {
        client.send("b".repeat(50)).await;
        assert_eq!(client.answer().await.body.len(), 100);
    }
    assert_eq!(server.connect().await.get("/").await.status, 200);
}

#[tokio::test]
async fn a_client_has_a_share_of_the_requests_whatever_its_addresses() {
    let server = start(Limits {
        requests_in_flight: 8,
        ..Limits::default()
    });
    let client = format!("x-client: {}\r\n", ClientId::random());
    let mut slow = Vec::new();
    for last in 1..=4 {
        let mut connection = server.connect_from([127, 0, 0, last]).await;
        connection.send(half(&client)).await;
        slow.push(connection);
    }
    eventually("all are read", || server.stats.body_bytes() == 4 * 50).await;
    let mut fifth = server.connect_from([127, 0, 0, 5]).await;
    fifth.send(half(&client)).await;
    expect_no_more(&server, &mut fifth).await;
    let other = format!("x-client: {}\r\n", ClientId::random());
    let mut known = server.connect().await;
    known.send(half(&other)).await;
    known.send("b".repeat(50)).await;
    assert_eq!(known.answer().await.status, 200);
    assert_eq!(server.connect().await.get("/").await.status, 200);
}

/// What a body announces is reserved before any of it is read; one in pieces counts as it comes.
#[tokio::test]
async fn bodies_count_in_bytes() {
    let server = start(Limits {
        body_memory_bytes: 8_000,
        ..Limits::default()
    });
    let head = |length: usize| {
        format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
    };
    let mut first = server.connect().await;
    first.send(head(1_000)).await;
    let mut second = server.connect().await;
    second.send(head(1_000)).await;
    eventually("both are read", || server.stats.requests_in_flight() == 2).await;
    let mut third = server.connect().await;
    third.send(head(1)).await;
    expect_no_more(&server, &mut third).await;
    let mut chunked = server.connect().await;
    chunked
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n")
        .await;
    expect_no_more(&server, &mut chunked).await;
    assert_eq!(server.stats.body_bytes(), 0, "nothing has arrived");
    let mut other = server.connect_from(ELSEWHERE).await;
    other.send(head(1_000)).await;
    other.send([b'b'; 1_000]).await;
    assert_eq!(other.answer().await.status, 200);
    first.send([b'b'; 1_000]).await;
    assert_eq!(first.answer().await.status, 200);
    let mut again = server.connect().await;
    again.send(head(1)).await;
    again.send("b").await;
    assert_eq!(again.answer().await.status, 200);
    eventually("nothing is held", || server.stats.body_bytes() == 0).await;
}

#[tokio::test]
async fn the_streams_of_one_connection_count() {
    let server = start(Limits {
        requests_in_flight: 16,
        ..Limits::default()
    });
    let stream = connect_from(ELSEWHERE, server.addr).await;
    let builder = Builder::new(TokioExecutor::new());
    let (mut h2, connection) = within(builder.handshake(TokioIo::new(stream)))
        .await
        .unwrap();
    tokio::spawn(connection);
    let get = |path: &str| {
        let uri = format!("http://shop.example{path}");
        http::Request::get(uri)
            .body(Full::<Bytes>::default())
            .unwrap()
    };
    let waiting: Vec<_> = (0..4)
        .map(|_| tokio::spawn(h2.send_request(get("/wait"))))
        .collect();
    let entered = within(server.service.entered.acquire_many(4)).await;
    entered.unwrap().forget();
    let fifth = within(h2.send_request(get("/"))).await.unwrap();
    assert_eq!(fifth.status(), 503);
    assert_eq!(server.connect().await.get("/").await.status, 200);
    server.service.gate.add_permits(4);
    for answer in waiting {
        assert_eq!(within(answer).await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(
        within(h2.send_request(get("/"))).await.unwrap().status(),
        200
    );
}

/// One that may report usage and nothing else.
async fn a_collector(app: &TestApp) -> String {
    let body = json!({
        "type": "api_client",
        "tenant_id": app.first.tenant_id,
        "data": {"client_name": "collector"},
        "scopes": ["usage_write"],
    });
    let made = app.post("/api/2/clients", &body).await.expect(201).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let client = First {
        tenant_id: text("tenant_id"),
        client_id: text("client_id"),
        client_secret: text("client_secret"),
    };
    app.token_of(&client).await
}

/// Hundreds of connections of one address send heads and halves of bodies: without a token, for a
/// token, and with one. Whoever else writes meanwhile notices nothing.
#[tokio::test]
async fn half_bodies_of_strangers_stop_no_write() {
    let app = TestApp::start(&[
        ("UPSELL_LIMITS_BODY_MEMORY_BYTES", "1MiB"),
        ("UPSELL_LIMITS_BODY_BYTES", "64KiB"),
        ("UPSELL_LIMITS_BULK_USAGE_BYTES", "64KiB"),
        ("UPSELL_LIMITS_MAX_REQUESTS", "64"),
    ])
    .await;
    let token = a_collector(&app).await;
    let host: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let head = |path: &str, more: &str, length: usize| {
        let sent = "x".repeat(length / 2);
        format!("POST {path} HTTP/1.1\r\nHost: a\r\n{more}Content-Length: {length}\r\n\r\n{sent}")
    };
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let mut open = Vec::new();
    for _ in 0..150 {
        let mut client = Client(connect_from(ELSEWHERE, host).await);
        client.send(head("/api/2/tenants", "", 16_000)).await;
        open.push(client);
    }
    // Nobody waits for the body of one who may not send it.
    for client in &mut open {
        assert_eq!(client.answer().await.status, 401);
    }
    for request in [
        head("/api/2/idp/token", "", 8_000),
        head("/api/upsell/v1/usages", &bearer, 60_000),
    ] {
        for _ in 0..80 {
            let mut client = Client(connect_from(ELSEWHERE, host).await);
            client.send(&request).await;
            open.push(client);
        }
    }
    for _ in 0..40 {
        let body = json!({
            "name": unique("honest"),
            "kind": "customer",
            "parent_id": app.first.tenant_id,
            "padding": "x".repeat(5_000),
        });
        app.post("/api/2/tenants", &body).await.expect(201);
        app.token_of(&app.first).await;
    }
    drop(open);
}

/// Half of what all bodies may take is one client's: four of the largest reports at once, by default
/// as here.
#[tokio::test]
async fn a_collector_may_send_four_of_the_largest_reports_at_once() {
    const LARGEST: usize = 2 << 20;
    let app = TestApp::start(&[
        ("UPSELL_LIMITS_BODY_MEMORY_BYTES", "16MiB"),
        ("UPSELL_LIMITS_BULK_USAGE_BYTES", "2MiB"),
    ])
    .await;
    let token = a_collector(&app).await;
    let host: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let head = format!(
        "POST /api/upsell/v1/usages HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: {LARGEST}\r\n\r\n"
    );
    let half = vec![b'\n'; LARGEST / 2];
    let mut reports = Vec::new();
    for _ in 0..4 {
        let mut client = Client(TcpStream::connect(host).await.unwrap());
        client.send(&head).await;
        client.send(&half).await;
        reports.push(client);
    }
    for client in &mut reports {
        client.send(&half).await;
        assert_eq!(client.answer().await.status, 200);
    }
}
