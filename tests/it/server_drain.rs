//! Shutdown: nothing that was asked goes unanswered, and what never ends is cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::net::TcpStream;
use upsell::domain::time::Timestamp;
use upsell::http::limits::Limits;
use upsell::http::listener;
use upsell::http::server::Server;

use crate::support::server::{Client, TestService, start, within};

fn short(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

/// Asks for as long as the server lets it, over new connections too. The only end that is no
/// failure: told to close (and then finds nobody listening), or closed before the first byte of a
/// request was sent.
async fn hammer(addr: std::net::SocketAddr, answered: Arc<AtomicUsize>) -> usize {
    loop {
        let Ok(stream) = TcpStream::connect(addr).await else {
            return 0;
        };
        stream.set_nodelay(true).unwrap();
        let mut client = Client(stream);
        loop {
            client
                .send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping")
                .await;
            let Some(answer) = client.try_answer(true).await else {
                return 1;
            };
            assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ping"[..]));
            answered.fetch_add(1, Relaxed);
            if answer.header("connection") == Some("close") {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_under_load_goes_unanswered() {
    for _ in 0..5 {
        let mut server = start(Limits::default());
        let answered = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..16)
            .map(|_| tokio::spawn(hammer(server.addr, Arc::clone(&answered))))
            .collect();
        within(async {
            while answered.load(Relaxed) < 500 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        server.signal();
        let mut failed = 0;
        for client in clients {
            failed += within(client).await.unwrap();
        }
        assert_eq!(failed, 0, "of {}", answered.load(Relaxed));
        let drained = server.drained().await;
        assert_eq!((drained.connections_cut, drained.requests_cut), (0, 0));
        assert!(drained.took < Duration::from_secs(5), "{drained:?}");
    }
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_told_to_close() {
    let mut server = start(Limits::default());
    let mut client = server.connect().await;
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(server.service.entered.acquire())
        .await
        .unwrap()
        .forget();
    let mut idle = server.connect().await;
    assert_eq!(idle.get("/").await.header("connection"), None);
    server.signal();
    // Idle connections are told as well, if they ask in time.
    within(async { while TcpStream::connect(server.addr).await.is_ok() {} }).await;
    let told = idle.get("/").await;
    assert_eq!(
        (told.status, told.header("connection")),
        (200, Some("close"))
    );
    assert_eq!(idle.rest().await, "");
    server.service.gate.add_permits(1);
    let answer = client.answer().await;
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    assert_eq!(client.rest().await, "");
    assert_eq!(server.drained().await.requests_cut, 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let mut server = start(short(|l| l.drain_idle = Duration::from_millis(100)));
    let mut used = server.connect().await;
    assert_eq!(used.get("/").await.status, 200);
    let mut silent = server.connect().await;
    server.signal();
    assert_eq!(used.rest().await, "");
    assert_eq!(silent.rest().await, "");
    let drained = server.drained().await;
    assert_eq!((drained.connections_cut, drained.requests_cut), (0, 0));
    assert!(drained.took < Duration::from_secs(5), "{drained:?}");
}

#[tokio::test]
async fn what_never_ends_is_cut_and_counted() {
    let mut server = start(short(|l| l.drain = Duration::from_millis(200)));
    let mut client = server.connect().await;
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(server.service.entered.acquire())
        .await
        .unwrap()
        .forget();
    server.signal();
    assert_eq!(client.rest().await, "");
    let drained = server.drained().await;
    assert_eq!((drained.connections_cut, drained.requests_cut), (1, 1));
}

/// A listener that has drained says nothing of a request that another one still answers.
#[tokio::test]
async fn a_listener_counts_what_was_cut_on_it() {
    let service = Arc::new(TestService::default());
    let limits = short(|l| l.drain_idle = Duration::from_millis(10));
    let server = Server::new(Arc::clone(&service), limits, || Timestamp::from_secs(1));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut runs = Vec::new();
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let listener = listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
        addresses.push(listener.local_addr().unwrap());
        let mut stopped = stopped.clone();
        runs.push(tokio::spawn(server.clone().run(listener, async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        })));
    }
    let mut client = Client(TcpStream::connect(addresses[0]).await.unwrap());
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(service.entered.acquire()).await.unwrap().forget();
    stop.send_replace(true);
    let idle = within(runs.pop().unwrap()).await.unwrap();
    assert_eq!((idle.connections_cut, idle.requests_cut), (0, 0));
    service.gate.add_permits(1);
    assert_eq!(client.answer().await.status, 200);
    let busy = within(runs.pop().unwrap()).await.unwrap();
    assert_eq!((busy.connections_cut, busy.requests_cut), (0, 0));
}

/// Who got into the backlog before the listener closed has a connection as far as it can tell.
#[tokio::test]
async fn the_backlog_is_served_before_the_listener_closes() {
    let listener = listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut client = Client(TcpStream::connect(addr).await.unwrap());
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        waiting.push(client);
    }
    let service = Arc::new(TestService::default());
    let server = Server::new(service, Limits::default(), || Timestamp::from_secs(1));
    let drained = within(server.run(listener, std::future::ready(()))).await;
    assert_eq!(drained.connections_cut, 0);
    for client in &mut waiting {
        let answer = client.answer().await;
        assert_eq!(
            (answer.status, answer.header("connection")),
            (200, Some("close"))
        );
    }
}
