//! A small service behind a real server, and a client that sends bytes as they are.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use upsell::domain::client::ApiScopes;
use upsell::domain::ids::{ClientId, TenantId};
use upsell::domain::time::Timestamp;
use upsell::http::client_address::TrustedProxies;
use upsell::http::error::ApiError;
use upsell::http::limits::Limits;
use upsell::http::listener;
use upsell::http::message::{Admitted, CachedAnswer, Head, Request, Response, Service};
use upsell::http::router::Target;
use upsell::http::server::{Drained, Server};
use upsell::http::stats::Stats;
use upsell::http::tls::Tls;
use upsell::usecases::access::Caller;

use super::app;

/// The body limit of every route of the test service.
pub(crate) const BODY_LIMIT: usize = 1000;

/// No step of a test takes longer on a working server, however busy the machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Remembers what it was asked; `/wait` answers when the gate has a permit, `/panic/…` breaks where it says.
#[derive(Debug)]
pub(crate) struct TestService {
    pub(crate) seen: Mutex<Vec<String>>,
    pub(crate) gate: Semaphore,
    pub(crate) entered: Semaphore,
}

impl Default for TestService {
    fn default() -> Self {
        Self {
            seen: Mutex::default(),
            gate: Semaphore::new(0),
            entered: Semaphore::new(0),
        }
    }
}

fn status(code: u16, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response
}

fn break_at(head: &Head, place: &str) {
    let wanted = head.uri.path().strip_prefix("/panic/");
    assert!(wanted != Some(place), "a test panics in {place}");
}

impl Service for TestService {
    fn try_cached(&self, head: &Head) -> Option<CachedAnswer> {
        break_at(head, "try_cached");
        None
    }

    async fn admit(&self, head: &Head) -> Result<Admitted, Box<Response>> {
        break_at(head, "admit");
        if head.uri.path() == "/refused" {
            return Err(Box::new(status(401, "refused before the body")));
        }
        let client = head.headers.get("x-client");
        let client = client.map(|id| id.to_str().unwrap().parse::<ClientId>().unwrap());
        let root = TenantId::random();
        Ok(Admitted {
            body_limit: BODY_LIMIT,
            caller: client.map(|id| Caller::of_client(id, root, ApiScopes::all())),
        })
    }

    fn refuse(&self, head: &Head, error: &ApiError) -> Response {
        if head.uri.query() == Some("twice") {
            panic!("a test panics in refuse");
        }
        match error {
            ApiError::UseCase(_) => status(500, "it broke"),
            ApiError::UrlTooLong(_) => status(414, "the URL"),
            ApiError::HeadersTooLarge => status(431, "the headers"),
            ApiError::TooLarge(limit) => status(413, format!("limit {limit}")),
            ApiError::Timeout => status(408, "too slow"),
            _ => status(400, "broken body"),
        }
    }

    fn resolve(&self, _path: &str) -> Target {
        Target::named("/test")
    }

    async fn call(&self, request: Request) -> Response {
        let Request { head, body, .. } = request;
        break_at(&head, "call");
        tokio::task::yield_now().await;
        break_at(&head, "later");
        self.seen
            .lock()
            .unwrap()
            .push(format!("{} {}", head.method, head.uri));
        match head.uri.path() {
            "/echo" => status(200, body),
            "/wait" => {
                self.entered.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
                status(200, "waited")
            }
            "/large" => {
                let bytes = head.uri.query().unwrap().parse().unwrap();
                status(200, vec![b'x'; bytes])
            }
            "/empty" => status(204, ""),
            "/id" => status(200, head.request_id.as_str().to_owned()),
            "/head" => status(200, format!("{:?}", head.headers)),
            _ => {
                let host = head.headers.get("host").map(http::HeaderValue::as_bytes);
                let host = String::from_utf8_lossy(host.unwrap_or(b"-")).into_owned();
                status(200, format!("{} {} {host}", head.method, head.uri))
            }
        }
    }
}

/// A running server.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) service: Arc<TestService>,
    pub(crate) stats: Arc<Stats>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Drained>,
}

pub(crate) fn start(limits: Limits) -> Running {
    start_with(limits, None)
}

/// Behind proxies that name the clients.
pub(crate) fn start_behind(limits: Limits, proxies: TrustedProxies) -> Running {
    start_as(limits, |server| server.with_trusted_proxies(proxies))
}

pub(crate) fn start_with(limits: Limits, tls: Option<Tls>) -> Running {
    start_as(limits, |server| match tls {
        Some(tls) => server.with_tls(tls),
        None => server,
    })
}

fn start_as(
    limits: Limits,
    change: impl FnOnce(Server<TestService>) -> Server<TestService>,
) -> Running {
    let listener = listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let addr = listener.local_addr().unwrap();
    let service = Arc::new(TestService::default());
    let server = Server::new(Arc::clone(&service), limits, || Timestamp::from_secs(1));
    let server = change(server);
    let stats = server.stats();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(server.run(listener, async move {
        let _ = stopped.await;
    }));
    Running {
        addr,
        service,
        stats,
        stop: Some(stop),
        task,
    }
}

impl Running {
    pub(crate) async fn connect(&self) -> Client<TcpStream> {
        Client(TcpStream::connect(self.addr).await.unwrap())
    }

    /// As a client that has another address of this machine.
    pub(crate) async fn connect_from(&self, from: [u8; 4]) -> Client<TcpStream> {
        Client(connect_from(from, self.addr).await)
    }

    /// Sends `bytes` on a new connection and answers everything that comes back until the server
    /// closes it.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.rest().await
    }

    pub(crate) fn signal(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn drained(self) -> Drained {
        within(self.task).await.unwrap()
    }

    pub(crate) async fn stop(mut self) -> Drained {
        self.signal();
        self.drained().await
    }
}

/// Connects from another address of this machine, such as 127.0.0.2.
pub(crate) async fn connect_from(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    within(socket.connect(to)).await.unwrap()
}

/// Fails the test, instead of hanging it, where `work` never ends.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("the step took longer than any working server needs")
}

/// Waits until `condition` holds; for effects that no client can see.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    app::eventually(what, async || condition().then_some(())).await;
}

/// One response off the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A connection that is written to and read from byte by byte.
pub(crate) struct Client<T>(pub(crate) T);

impl<T: AsyncRead + AsyncWriteExt + Unpin> Client<T> {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within(self.0.write_all(bytes.as_ref())).await.unwrap();
        within(self.0.flush()).await.unwrap();
    }

    /// Everything until the end of the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let _ = within(self.0.read_to_end(&mut all)).await;
        String::from_utf8_lossy(&all).into_owned()
    }

    /// The next response with a body of its `Content-Length`; `None` if the connection ended
    /// before its first byte.
    pub(crate) async fn try_answer(&mut self, has_body: bool) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match within(self.0.read_u8()).await {
                Ok(byte) => head.push(byte),
                Err(_) if head.is_empty() => return None,
                Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&head)),
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut answer = Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: Vec::new(),
        };
        let bytes = answer.header("content-length").map(|v| v.parse().unwrap());
        if let (true, Some(bytes)) = (has_body, bytes) {
            answer.body = vec![0; bytes];
            within(self.0.read_exact(&mut answer.body)).await.unwrap();
        }
        Some(answer)
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.try_answer(true).await.expect("a response")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"))
            .await;
        self.answer().await
    }
}
