//! Answers that nobody reads: what waits for a peer is little, and bounded.

use std::net::SocketAddr;

use tokio::io::AsyncReadExt;
use upsell::http::limits::Limits;
use upsell::http::stats::Cause;

use crate::support::app::TestApp;
use crate::support::server::{Client, connect_from, eventually, start, within};

#[tokio::test]
async fn large_answers_arrive_whole() {
    let server = start(Limits::default());
    let mut client = server.connect().await;
    for bytes in [16_384, 16_385, 32_768, 3_000_000, 1, 100_000] {
        let answer = client.get(&format!("/large?{bytes}")).await;
        assert_eq!((answer.status, answer.body.len()), (200, bytes));
        assert!(answer.body.iter().all(|byte| *byte == b'x'));
    }
    // Two at once, the second asked for before the first is read.
    let ask = "GET /large?200000 HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(ask.repeat(2)).await;
    for _ in 0..2 {
        assert_eq!(client.answer().await.body.len(), 200_000);
    }
    eventually("nothing is held", || server.stats.answer_bytes() == 0).await;
}

#[tokio::test]
async fn answers_that_wait_have_a_bound() {
    let server = start(Limits {
        answer_memory_bytes: 60_000_000,
        ..Limits::default()
    });
    let ask =
        |method: &str, bytes: usize| format!("{method} /large?{bytes} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut first = server.connect().await;
    first.send(ask("GET", 20_000_000)).await;
    let held = || server.stats.answer_bytes();
    eventually("it waits", || held() == 20_000_000).await;
    // That is more than a share, so there is no second.
    let mut second = server.connect().await;
    for method in ["GET", "POST"] {
        second.send(ask(method, 10)).await;
        let answer = second.answer().await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
    }
    assert_eq!(server.stats.refused(Cause::Share), 2);
    let mut other = server.connect_from([127, 0, 0, 2]).await;
    other.send(ask("GET", 20_000_000)).await;
    eventually("both wait", || held() == 40_000_000).await;
    // Beyond what there is for all, reads are refused; what a write did is told.
    let mut third = server.connect_from([127, 0, 0, 3]).await;
    third.send(ask("GET", 30_000_000)).await;
    assert_eq!(third.answer().await.status, 503);
    assert_eq!(server.stats.refused(Cause::Overloaded), 1);
    third.send(ask("POST", 30_000_000)).await;
    assert_eq!(third.answer().await.body.len(), 30_000_000);
    assert_eq!(first.answer().await.body.len(), 20_000_000);
    drop(other);
    eventually("nothing waits", || held() == 0).await;
    assert_eq!(second.get("/large?10").await.status, 200);
}

/// How much memory a process has, in KiB.
pub(crate) fn resident_kib(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next());
    kib.unwrap().parse().unwrap()
}

/// 300 clients that ask for the largest file and never read it. Before, each had a copy of the file.
#[tokio::test]
async fn clients_that_never_read_cost_little_memory() {
    const CLIENTS: usize = 300;
    const KIB_EACH: usize = 96;
    let app = TestApp::start(&[]).await;
    let file = "/docs/swagger-ui-bundle.js";
    let whole = app.visit(file).await.expect(200);
    let host: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let before = resident_kib(app.pid());
    let mut deaf = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = Client(connect_from([127, 0, 0, 2], host).await);
        client
            .send(format!("GET {file} HTTP/1.1\r\nHost: a\r\n\r\n"))
            .await;
        deaf.push(client);
    }
    for client in &deaf {
        within(client.0.readable()).await.unwrap();
    }
    let grown = resident_kib(app.pid()).saturating_sub(before);
    println!("{CLIENTS} clients: {before} KiB and {grown} KiB more");
    assert!(grown < CLIENTS * KIB_EACH, "{grown} KiB more");
    // Who reads gets it all, byte by byte as everybody else.
    let client = &mut deaf[0];
    let answer = within(async {
        let mut all = vec![0; whole.body.len()];
        let head = client.try_answer(false).await.unwrap();
        client.0.read_exact(&mut all).await.unwrap();
        (head.status, all)
    })
    .await;
    assert!(answer == (200, whole.body));
}
