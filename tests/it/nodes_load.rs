//! A node comes and a node goes while links are followed through a balancer: no request fails, and
//! none is answered with what was changed before.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::nodes::{buyer, tracked_path, two_nodes};
use crate::support::app::{TestApp, eventually, send, try_send};
use crate::support::backing::Backing;

/// No node goes on for longer with what another has changed.
const CACHE_TTL: Duration = Duration::from_secs(2);

const CLIENTS: usize = 8;

/// How long each stage lasts.
const STAGE: Duration = Duration::from_millis(1500);

/// A node as a balancer knows it.
struct Backend {
    base: String,
    ops: String,
    /// Where the changes are made.
    is_writer: bool,
    is_in: AtomicBool,
    served: AtomicUsize,
}

/// What a balancer does: gives requests to nodes in turn, to none that is not ready, and to another
/// where one does not take the connection.
struct Balancer {
    http: Client,
    backends: RwLock<Vec<Arc<Backend>>>,
    next: AtomicUsize,
    /// When each Buy URL was acknowledged.
    acknowledged: Mutex<Vec<Instant>>,
    /// How long after its successor was acknowledged a Buy URL was still given out.
    late: Mutex<Vec<Duration>>,
    refused: AtomicUsize,
    stop: AtomicBool,
}

impl Balancer {
    fn add(&self, node: &TestApp, is_writer: bool) -> Arc<Backend> {
        let backend = Arc::new(Backend {
            base: node.base.clone(),
            ops: node.ops.clone(),
            is_writer,
            is_in: AtomicBool::new(true),
            served: AtomicUsize::new(0),
        });
        self.backends.write().unwrap().push(Arc::clone(&backend));
        backend
    }

    fn pick(&self) -> Arc<Backend> {
        let backends = self.backends.read().unwrap();
        let ready: Vec<&Arc<Backend>> = backends
            .iter()
            .filter(|one| one.is_in.load(Ordering::SeqCst))
            .collect();
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        Arc::clone(ready[next % ready.len()])
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    async fn follow(&self, path: &str) {
        let begin = Instant::now();
        loop {
            let backend = self.pick();
            let request = self.http.get(format!("{}{path}", backend.base));
            match try_send("GET", request).await {
                Ok(answer) => {
                    assert_eq!(answer.status, 302, "{}", answer.text());
                    backend.served.fetch_add(1, Ordering::Relaxed);
                    return self.judge(&backend, answer.header("location"), begin);
                }
                // Nothing was begun: another node does it.
                Err(error) if error.is_connect() => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    backend.is_in.store(false, Ordering::SeqCst);
                }
                Err(error) => panic!("begun and not answered: {error:?}"),
            }
        }
    }

    fn judge(&self, backend: &Backend, location: &str, begin: Instant) {
        let number = location.split(['/', '?']).nth(3).unwrap();
        let number: usize = number.parse().unwrap();
        let next = self.acknowledged.lock().unwrap().get(number + 1).copied();
        let Some(next) = next else {
            return;
        };
        let late = begin.saturating_duration_since(next);
        if late.is_zero() {
            return;
        }
        assert!(
            !backend.is_writer,
            "the node that made a change gives out the one before"
        );
        assert!(late < CACHE_TTL, "{late:?} after the change");
        self.late.lock().unwrap().push(late);
    }

    /// Takes nodes out that are not ready.
    async fn check(&self) {
        while !self.is_stopped() {
            let backends = self.backends.read().unwrap().clone();
            for backend in backends {
                let request = self.http.get(format!("{}/readyz", backend.ops));
                let ready = try_send("readyz", request).await;
                if ready.is_err() || ready.is_ok_and(|answer| answer.status != 200) {
                    backend.is_in.store(false, Ordering::SeqCst);
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Changes the Buy URL again and again.
async fn change(balancer: Arc<Balancer>, node: Arc<TestApp>, tenant: String) {
    for number in 1.. {
        if balancer.is_stopped() {
            return;
        }
        let url = format!("https://shop.example.com/{number}");
        node.put_brand(&tenant, &json!({ "upsell_url": url })).await;
        balancer.acknowledged.lock().unwrap().push(Instant::now());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_comes_and_one_goes_and_no_redirect_fails_or_is_late() {
    let backing = Backing::start().await;
    let (a, mut b) = two_nodes(&backing, &[("UPSELL_REDIS_CACHE_TTL", "2s")]).await;
    let a = Arc::new(a);
    let (tenant, user) = buyer(&a).await;
    let path = tracked_path(&a, &user).await;
    a.put_brand(
        &tenant.id,
        &json!({"upsell_url": "https://shop.example.com/0"}),
    )
    .await;
    let is_there = async || {
        let answer = b.visit(&path).await;
        let location = answer.header("location");
        location
            .starts_with("https://shop.example.com/0?")
            .then_some(())
    };
    eventually("the other node knows the first Buy URL", is_there).await;
    let balancer = Arc::new(Balancer {
        http: a.http.clone(),
        backends: RwLock::default(),
        next: AtomicUsize::new(0),
        acknowledged: Mutex::new(vec![Instant::now()]),
        late: Mutex::default(),
        refused: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    });
    let of_a = balancer.add(&a, true);
    let of_b = balancer.add(&b, false);
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let (balancer, path) = (Arc::clone(&balancer), path.clone());
        tasks.spawn(async move {
            while !balancer.is_stopped() {
                balancer.follow(&path).await;
            }
        });
    }
    tasks.spawn(change(
        Arc::clone(&balancer),
        Arc::clone(&a),
        tenant.id.clone(),
    ));
    let checked = Arc::clone(&balancer);
    tasks.spawn(async move { checked.check().await });
    tokio::time::sleep(STAGE).await;

    let c = a.another_node().await;
    // Its first answer already knows all that was acknowledged before.
    let known = balancer.acknowledged.lock().unwrap().len() - 1;
    let first = c.visit(&path).await.expect(302);
    let number: usize = first
        .header("location")
        .split(['/', '?'])
        .nth(3)
        .unwrap()
        .parse()
        .unwrap();
    assert!(number >= known, "{number} instead of {known}");
    let of_c = balancer.add(&c, false);
    tokio::time::sleep(STAGE).await;

    let before = of_b.served.load(Ordering::Relaxed);
    let (status, took) = b.sigterm().await;
    assert_eq!(status.code(), Some(0));
    tokio::time::sleep(STAGE).await;
    balancer.stop.store(true, Ordering::SeqCst);
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert!(before > 0 && !of_b.is_in.load(Ordering::SeqCst));
    assert!(
        of_c.served.load(Ordering::Relaxed) > 100,
        "the new node has hardly anything to do"
    );
    let mut late = balancer.late.lock().unwrap().clone();
    late.sort();
    println!(
        "{} redirects on the first node, {} on the one that went (in {took:.1?}), {} on the one that \
         came; {} connections refused; {} Buy URLs; {} answers were behind another node's change, \
         the latest by {:.1?}",
        of_a.served.load(Ordering::Relaxed),
        of_b.served.load(Ordering::Relaxed),
        of_c.served.load(Ordering::Relaxed),
        balancer.refused.load(Ordering::Relaxed),
        balancer.acknowledged.lock().unwrap().len(),
        late.len(),
        late.last().copied().unwrap_or_default(),
    );
    assert_eq!(send("GET", c.http.get(c.url(&path))).await.status, 302);
}

/// Who looks after a node in time sends it nothing new while what it has is finished.
#[tokio::test]
async fn a_node_that_stops_says_so_before_it_is_gone() {
    let backing = Backing::start().await;
    let (_a, mut b) = two_nodes(&backing, &[]).await;
    let address = b.base.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let bearer = &b.token;
    let begun = format!(
        "POST /api/2/tenants HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(begun.as_bytes()).await.unwrap();
    // It has the request when it asks for the body.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{").await.unwrap();
    let (http, ops) = (b.http.clone(), b.ops.clone());
    let ask = async |path: &str| {
        let url = format!("{ops}{path}");
        send(path, http.get(url)).await
    };
    assert_eq!(ask("/readyz").await.status, 200);
    let watch = async {
        eventually("it says that it stops", async || {
            let ready = ask("/readyz").await;
            ready
                .text()
                .contains("stopping")
                .then(|| assert_eq!(ready.status, 503))
        })
        .await;
        assert_eq!(ask("/livez").await.status, 200);
        // What was begun is finished.
        stream.write_all(b"}").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    };
    let ((), (status, _)) = tokio::join!(watch, b.sigterm());
    assert_eq!(status.code(), Some(0));
}
