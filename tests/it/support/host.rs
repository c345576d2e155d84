//! Web servers around a browser test: one serves host pages on an origin of their own, one stands
//! in front of the service, counts what pages ask of it and fails where it is told to.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use reqwest::{Client, redirect::Policy};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Answer = Response<Full<Bytes>>;

/// A server of this process, stopped when it is dropped.
struct Server {
    origin: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<F, R>(answer: F) -> Server
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(request);
                    async move { Ok::<_, Infallible>(answer.await) }
                });
                let server = hyper::server::conn::http1::Builder::new();
                // A browser that hangs up is no fault.
                let _ended = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Server { origin, task }
}

/// A page: its source and the policy it is served with.
#[derive(Clone)]
struct Page {
    html: String,
    policy: String,
}

/// Serves host pages.
pub(crate) struct Host {
    server: Server,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
}

impl Host {
    pub(crate) async fn start() -> Self {
        let pages = Arc::new(Mutex::new(BTreeMap::<String, Page>::new()));
        let shown = Arc::clone(&pages);
        let server = serve(move |request: Request<Incoming>| {
            let page = shown.lock().unwrap().get(request.uri().path()).cloned();
            async move {
                let Some(page) = page else {
                    let missing = Response::builder().status(StatusCode::NOT_FOUND);
                    return missing.body(Full::default()).unwrap();
                };
                let kind = match request.uri().path().ends_with(".js") {
                    true => "text/javascript",
                    false => "text/html; charset=utf-8",
                };
                Response::builder()
                    .header("content-type", kind)
                    .header("content-security-policy", page.policy)
                    .body(Full::from(page.html))
                    .unwrap()
            }
        });
        Self {
            server: server.await,
            pages,
        }
    }

    /// `http://address:port` of its pages.
    pub(crate) fn origin(&self) -> &str {
        &self.server.origin
    }

    /// Serves `html` with this Content-Security-Policy; its address.
    pub(crate) fn page(&self, path: &str, html: String, policy: String) -> String {
        let page = Page { html, policy };
        self.pages.lock().unwrap().insert(path.to_owned(), page);
        format!("{}{path}", self.origin())
    }
}

/// What the way to the service does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answers with this status, as the service would.
    Status(u16),
    /// Without permission for the page's origin to read it (no CORS header).
    NoPermission,
}

#[derive(Default)]
struct Log {
    calls: Vec<String>,
    faults: Vec<(&'static str, Fault)>,
}

/// The way to the service.
pub(crate) struct Gate {
    server: Server,
    log: Arc<Mutex<Log>>,
}

impl Gate {
    /// In front of the service at `base`.
    pub(crate) async fn start(base: &str) -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let (kept, base) = (Arc::clone(&log), base.to_owned());
        let server = serve(move |request| {
            forward(
                client.clone(),
                format!("{base}{}", request.uri()),
                request,
                Arc::clone(&kept),
            )
        });
        Self {
            server: server.await,
            log,
        }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.server.origin
    }

    /// The calls since the last time that begin like this, such as `GET /api/`.
    pub(crate) fn calls(&self, start: &str) -> Vec<String> {
        let log = self.log.lock().unwrap();
        log.calls
            .iter()
            .filter(|call| call.starts_with(start))
            .cloned()
            .collect()
    }

    /// Forgets calls and faults.
    pub(crate) fn reset(&self) {
        *self.log.lock().unwrap() = Log::default();
    }

    /// From now on, what begins like this fails.
    pub(crate) fn fail(&self, start: &'static str, fault: Fault) {
        self.log.lock().unwrap().faults.push((start, fault));
    }

    /// Everything works again.
    pub(crate) fn heal(&self) {
        self.log.lock().unwrap().faults.clear();
    }
}

async fn forward(
    client: Client,
    url: String,
    request: Request<Incoming>,
    log: Arc<Mutex<Log>>,
) -> Answer {
    let call = format!("{} {}", request.method(), request.uri());
    let fault = {
        let mut log = log.lock().unwrap();
        let found = log.faults.iter().find(|(start, _)| call.starts_with(start));
        let fault = found.map(|(_, fault)| *fault);
        log.calls.push(call);
        fault
    };
    let (head, body) = request.into_parts();
    let origin = head.headers.get("origin").cloned();
    if let Some(Fault::Status(status)) = fault {
        let mut answer = Response::builder().status(status);
        if let Some(origin) = origin {
            answer = answer.header("access-control-allow-origin", origin);
        }
        return answer.body(Full::default()).unwrap();
    }
    let body = body.collect().await.unwrap().to_bytes();
    let mut headers = head.headers;
    headers.remove("host");
    let sent = client
        .request(head.method, url)
        .headers(headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let mut answer = Response::builder().status(sent.status());
    for (name, value) in sent.headers() {
        let is_permission = name.as_str().starts_with("access-control-");
        let is_framing =
            ["transfer-encoding", "content-length", "connection"].contains(&name.as_str());
        let is_refused = is_permission && fault == Some(Fault::NoPermission);
        if !(is_framing || is_refused) {
            answer = answer.header(name, value);
        }
    }
    answer
        .body(Full::from(sent.bytes().await.unwrap()))
        .unwrap()
}
