//! Peers that send or read slowly, and peers that are too many: they are cut, others are served.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use upsell::http::client_address::TrustedProxies;
use upsell::http::limits::Limits;
use upsell::http::stats::Cause;

use crate::support::server::{eventually, start, start_behind, within};

fn short(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn slow_heads_are_cut_and_others_served() {
    let server = start(short(|l| l.header_timeout = SHORT));
    let mut slow = Vec::new();
    for start in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(start).await;
        slow.push(client);
    }
    // A second head on a connection that was well-behaved at first.
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    client.send("GET / HTT").await;
    slow.push(client);

    let mut other = server.connect().await;
    assert_eq!(other.get("/").await.status, 200);
    for client in &mut slow {
        assert_eq!(client.rest().await, "");
    }
    assert_eq!(server.stats.refused(Cause::HeaderTimeout), 6);
    // Idle between two requests for longer than a head may take is no offence.
    assert_eq!(other.get("/").await.status, 200);
}

/// One byte every few milliseconds resets no clock.
#[tokio::test]
async fn a_trickled_head_is_cut() {
    let mut headers = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    // 16,000 bytes of headers of the first stream are to follow.
    headers.extend([0, 0x3e, 0x80, 1, 0, 0, 0, 0, 1]);
    for start_of_head in [b"GET / HTTP/1.1\r\nHost: a\r\nx: ".to_vec(), headers] {
        let server = start(short(|l| l.header_timeout = SHORT));
        let mut client = server.connect().await;
        client.send(start_of_head).await;
        let trickle = async {
            while client.0.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within(trickle).await;
        eventually("cut", || server.stats.refused(Cause::HeaderTimeout) == 1).await;
    }
}

/// One address cannot take all connections by opening them and saying nothing.
#[tokio::test]
async fn silent_connections_leave_room_for_others() {
    let server = start(short(|l| l.connections = 20));
    let mut silent = Vec::new();
    for _ in 0..25 {
        // Some are closed before this side knows that they are open.
        silent.push(TcpStream::connect(server.addr).await);
    }
    let refused = || server.stats.refused(Cause::ConnectionLimit);
    eventually("a share is open", || refused() == 20).await;
    assert_eq!(server.stats.connections_open(), 5);
    let mut other = server.connect_from([127, 0, 0, 2]).await;
    assert_eq!(other.get("/").await.status, 200);
    drop(silent);
    eventually("free again", || server.stats.connections_open() == 1).await;
    assert_eq!(server.connect().await.get("/").await.status, 200);
}

/// The connections of a trusted proxy are those of many clients, whose requests have their shares.
#[tokio::test]
async fn the_connections_of_a_trusted_proxy_are_not_shared_out() {
    let limits = short(|l| {
        l.connections = 8;
        l.requests_in_flight = 8;
    });
    let proxies = TrustedProxies::new(&["127.0.0.1/32".parse().unwrap()]);
    let server = start_behind(limits, proxies);
    let ask = |path: &str, client: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {client}\r\n\r\n")
    };
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(ask("/wait", "192.0.2.1")).await;
        waiting.push(client);
    }
    let entered = within(server.service.entered.acquire_many(2)).await;
    entered.unwrap().forget();
    let mut third = server.connect().await;
    third.send(ask("/", "192.0.2.1")).await;
    assert_eq!(third.answer().await.status, 503);
    third.send(ask("/", "192.0.2.2")).await;
    assert_eq!(third.answer().await.status, 200);
    server.service.gate.add_permits(2);
    for client in &mut waiting {
        assert_eq!(client.answer().await.status, 200);
    }
    drop((waiting, third));
    eventually("all are closed", || server.stats.connections_open() == 0).await;
    let mut direct = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect_from([127, 0, 0, 2]).await;
        assert_eq!(client.get("/").await.status, 200);
        direct.push(client);
    }
    let refused = TcpSocket::new_v4().unwrap();
    refused.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let _ = refused.connect(server.addr).await;
    let counted = || server.stats.refused(Cause::ConnectionLimit) == 1;
    eventually("one too many", counted).await;
}

#[tokio::test]
async fn idle_keep_alive_ends_cleanly() {
    let server = start(short(|l| l.keep_alive_idle = SHORT));
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.status, 200);
    assert_eq!(client.rest().await, "");
    assert_eq!(server.stats.refused(Cause::HeaderTimeout), 0);
    eventually("closed", || server.stats.connections_open() == 0).await;
}

#[tokio::test]
async fn slow_bodies_get_408() {
    let server = start(short(|l| l.body_timeout = SHORT));
    for framing in [
        "Content-Length: 10\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\na\r\nhalf",
    ] {
        let mut client = server.connect().await;
        client
            .send(format!("POST /echo HTTP/1.1\r\nHost: a\r\n{framing}"))
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 408);
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.rest().await, "");
    }
    assert_eq!(server.stats.refused(Cause::BodyTimeout), 2);
    assert!(server.service.seen.lock().unwrap().is_empty());
}

/// A body that keeps the least rate is given the time it needs.
#[tokio::test]
async fn a_steady_body_outlives_the_flat_time() {
    let server = start(short(|l| {
        l.body_timeout = SHORT;
        l.min_rate_bytes_per_s = 100;
    }));
    let mut client = server.connect().await;
    client
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        .await;
    let begun = tokio::time::Instant::now();
    for _ in 0..10 {
        client.send([b'x'; 100]).await;
        tokio::time::sleep(SHORT / 5).await;
    }
    assert_eq!(client.answer().await.status, 200);
    assert!(begun.elapsed() > SHORT);
}

#[tokio::test]
async fn a_peer_that_never_reads_is_cut() {
    let server = start(short(|l| {
        l.write_timeout = SHORT;
        l.share_per_address_percent = 100;
    }));
    let mut slow = Vec::new();
    for _ in 0..5 {
        let mut client = server.connect().await;
        client
            .send("GET /large?30000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        slow.push(client);
    }
    let mut other = server.connect().await;
    assert_eq!(other.get("/").await.status, 200);
    eventually("all cut", || server.stats.refused(Cause::WriteTimeout) == 5).await;
    eventually("slots free", || server.stats.connections_open() == 1).await;
    assert_eq!(other.get("/").await.status, 200);
}

#[tokio::test]
async fn too_many_requests_at_one_time_get_503() {
    let server = start(short(|l| l.requests_in_flight = 1));
    let mut first = server.connect().await;
    first.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(server.service.entered.acquire())
        .await
        .unwrap()
        .forget();
    let mut second = server.connect().await;
    let answer = second.get("/").await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
    server.service.gate.add_permits(1);
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(second.get("/").await.status, 200);
    assert_eq!(server.stats.requests_in_flight(), 0);
}

#[tokio::test]
async fn too_many_bytes_of_bodies_get_503() {
    let server = start(short(|l| l.body_memory_bytes = 500));
    let response = server
        .raw(format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 501\r\n\r\n{}",
            "b".repeat(501)
        ))
        .await;
    assert!(response.starts_with("HTTP/1.1 503"), "{response}");
    assert_eq!(server.stats.body_bytes(), 0);
}

#[tokio::test]
async fn connections_beyond_the_limits_are_closed_at_once() {
    let per_peer = short(|l| {
        l.connections = 8;
        l.share_per_address_percent = 25;
    });
    let in_all = short(|l| {
        l.connections = 2;
        l.share_per_address_percent = 100;
    });
    for limits in [per_peer, in_all] {
        let server = start(limits);
        let mut first = server.connect().await;
        let mut second = server.connect().await;
        assert_eq!(first.get("/").await.status, 200);
        assert_eq!(second.get("/").await.status, 200);
        let mut third = server.connect().await;
        assert_eq!(third.rest().await, "");
        assert_eq!(server.stats.refused(Cause::ConnectionLimit), 1);
        drop(first);
        eventually("a seat is free", || server.stats.connections_open() == 1).await;
        assert_eq!(server.connect().await.get("/").await.status, 200);
    }
}

#[tokio::test]
async fn expect_100_continue() {
    let server = start(Limits::default());
    let head = |path: &str, rest: &str| format!("POST {path} HTTP/1.1\r\nHost: a\r\n{rest}\r\n");
    let mut client = server.connect().await;
    client
        .send(head(
            "/echo",
            "Content-Length: 5\r\nExpect: 100-Continue\r\n",
        ))
        .await;
    assert_eq!(client.try_answer(false).await.unwrap().status, 100);
    client.send("hello").await;
    assert_eq!(client.answer().await.body, b"hello");

    for (path, rest, expected) in [
        (
            "/refused",
            "Content-Length: 5\r\nExpect: 100-continue\r\n",
            401,
        ),
        (
            "/echo",
            "Content-Length: 5000\r\nExpect: 100-continue\r\n",
            413,
        ),
        ("/echo", "Content-Length: 5\r\nExpect: 200-ok\r\n", 417),
        ("/echo", "Expect: 200-ok\r\n", 417),
    ] {
        let mut client = server.connect().await;
        client.send(head(path, rest)).await;
        // Refused before the body: there is no 100 in front.
        assert_eq!(client.answer().await.status, expected, "{path} {rest}");
    }
}

/// `printf … | nc` closes its side after the request and still wants the answer.
#[tokio::test]
async fn a_half_closed_client_is_answered() {
    let server = start(Limits::default());
    let mut client = server.connect().await;
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(client.0.shutdown()).await.unwrap();
    within(server.service.entered.acquire())
        .await
        .unwrap()
        .forget();
    server.service.gate.add_permits(1);
    assert_eq!(client.answer().await.body, b"waited");
    assert_eq!(client.rest().await, "");
}
