//! One request: from hyper's head to the service's answer.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::future::Either;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::head::{self, Refusal};
use super::message::{Head, Problem, Request, RequestId, Response, Service};
use super::request_log::{NO_ROUTE, RequestLine};
use super::server::Shared;
use super::stats::{Cause, Share};
use super::watch::{H1Watch, H2Watch};

const H2_PIECE_BYTES: usize = 16 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The connection a request came on.
#[derive(Debug, Clone)]
pub(super) enum Conn {
    H1(Arc<H1Watch>),
    H2(Arc<H2Watch>),
}

/// What goes back to hyper: a body that is complete from the start.
#[derive(Debug)]
pub(super) struct Outgoing {
    data: Option<Bytes>,
    /// HTTP/2: tells the watchdog how the body is taken, and when it is gone with its stream.
    pending: Option<PendingBody>,
}

#[derive(Debug)]
struct PendingBody {
    watch: Arc<H2Watch>,
    number: u64,
}

impl Drop for PendingBody {
    fn drop(&mut self) {
        self.watch.close_body(self.number);
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let me = self.get_mut();
        let Some(mut data) = me.data.take() else {
            return Poll::Ready(None);
        };
        if let Some(pending) = &me.pending {
            // hyper asks for more when the peer has room for some; what it gets in one piece it
            // counts as sent. So a long body goes in pieces, to see how it is taken.
            let rest = data.split_off(data.len().min(H2_PIECE_BYTES));
            pending.watch.on_write(pending.number, data.len());
            me.data = (!rest.is_empty()).then_some(rest);
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

/// Marks an HTTP/2 stream as open for as long as its request is being answered.
struct OpenStream(Arc<H2Watch>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.close_stream();
    }
}

/// Why a request was not handed over.
enum Unread {
    Problem(Problem),
    Overloaded,
}

/// What comes of a request: an answer at once, or one that takes its time. Only the second is a
/// future of some size, on the heap, so that the first need not be moved through it.
pub(super) type Exchange = Either<Ready<Answered>, Pin<Box<dyn Future<Output = Answered> + Send>>>;

type Answered = Result<http::Response<Outgoing>, Infallible>;

/// Answers one request.
pub(super) fn exchange<S: Service>(
    shared: &Arc<Shared<S>>,
    conn: &Conn,
    peer: std::net::IpAddr,
    request: http::Request<Incoming>,
) -> Exchange {
    shared.lane.requests.fetch_add(1, Relaxed);
    let stream = match conn {
        Conn::H1(watch) => {
            watch.on_request();
            None
        }
        Conn::H2(watch) => {
            watch.open_stream();
            Some(OpenStream(Arc::clone(watch)))
        }
    };
    let (mut parts, body) = request.into_parts();
    let mut reply = Reply {
        line: RequestLine::begin(&parts.method),
        head_only: parts.method == Method::HEAD,
        version: parts.version,
        id: shared.next_request_id(),
        route: NO_ROUTE,
        unread: !body.is_end_stream(),
    };
    let checked = head::check(&mut parts, &shared.limits);
    let client_address = shared.proxies.client(peer, &parts.headers);
    let head = Head {
        method: parts.method,
        uri: parts.uri,
        version: parts.version,
        headers: parts.headers,
        client_address,
        received_at: (shared.clock)(),
        request_id: reply.id,
    };
    if checked.is_ok()
        && !reply.unread
        && let Some(found) = shared.service.at_once(&head)
    {
        reply.route = found.route;
        return Either::Left(ready(Ok(reply.finish(conn, found.response))));
    }
    let (shared, conn) = (Arc::clone(shared), conn.clone());
    Either::Right(Box::pin(async move {
        let _stream = stream;
        let response = answer(&shared, head, checked, body, &mut reply).await;
        Ok(reply.finish(&conn, response))
    }))
}

async fn answer<S: Service>(
    shared: &Shared<S>,
    head: Head,
    checked: Result<(), Refusal>,
    body: Incoming,
    reply: &mut Reply,
) -> Response {
    reply.route = shared.service.route(head.uri.path());
    let stats = &shared.stats;
    let mut in_flight = Share::empty(&stats.in_flight);
    if !in_flight.take(1, shared.limits.requests_in_flight) {
        stats.count(Cause::Overloaded);
        return overloaded();
    }
    if let Err(refusal) = checked {
        // The two parsers of a connection that carried a malformed head may disagree about where
        // the next one starts.
        reply.unread |= matches!(refusal.cause, Cause::BadRequest | Cause::Connect);
        return refuse_head(shared, &head, refusal);
    }
    let limit = match shared.service.admit(&head) {
        Ok(limit) => limit,
        Err(response) => return *response,
    };
    // What is held of the body counts until the answer is there.
    let mut held = Share::empty(&stats.body_bytes);
    let body = if reply.unread {
        match read_body(shared, body, limit, &mut held).await {
            Ok(body) => body,
            Err(why) => return refuse(shared, &head, why),
        }
    } else {
        Bytes::new()
    };
    reply.unread = false;
    shared.service.call(Request { head, body }).await
}

/// A head that is only too large belongs to a route all the same; one that is malformed may not.
fn refuse_head<S: Service>(shared: &Shared<S>, head: &Head, refusal: Refusal) -> Response {
    let problem = match refusal.cause {
        Cause::UrlTooLong => Problem::UrlTooLong {
            limit: shared.limits.url_bytes,
        },
        Cause::HeadersTooLarge => Problem::HeadersTooLarge,
        cause => {
            shared.stats.count(cause);
            return plain(refusal);
        }
    };
    refuse(shared, head, Unread::Problem(problem))
}

fn refuse<S: Service>(shared: &Shared<S>, head: &Head, why: Unread) -> Response {
    let (cause, response) = match why {
        Unread::Overloaded => (Cause::Overloaded, overloaded()),
        Unread::Problem(problem) => {
            let cause = match problem {
                Problem::UrlTooLong { .. } => Cause::UrlTooLong,
                Problem::HeadersTooLarge => Cause::HeadersTooLarge,
                Problem::BodyTooLarge { .. } => Cause::BodyTooLarge,
                Problem::BodyTimeout => Cause::BodyTimeout,
                Problem::BodyBroken => Cause::BodyBroken,
            };
            (cause, shared.service.refuse(head, problem))
        }
    };
    shared.stats.count(cause);
    response
}

async fn read_body<S: Service>(
    shared: &Shared<S>,
    mut body: Incoming,
    limit: usize,
    held: &mut Share<'_>,
) -> Result<Bytes, Unread> {
    let limits = &shared.limits;
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |n| n > limit)) {
        return Err(Unread::Problem(Problem::BodyTooLarge { limit }));
    }
    let mut deadline = Instant::now() + limits.body_timeout;
    let mut in_period = 0_usize;
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut received = 0_usize;
    loop {
        let frame = match tokio::time::timeout_at(deadline, body.frame()).await {
            Err(_) if in_period >= limits.progress_bytes(limits.body_timeout) => {
                deadline = Instant::now() + limits.body_timeout;
                in_period = 0;
                continue;
            }
            Err(_) => return Err(Unread::Problem(Problem::BodyTimeout)),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(Unread::Problem(Problem::BodyBroken)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers carry nothing this service reads.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received = received.saturating_add(data.len());
        in_period = in_period.saturating_add(data.len());
        if received > limit {
            return Err(Unread::Problem(Problem::BodyTooLarge { limit }));
        }
        if !held.take(data.len(), limits.body_memory_bytes) {
            return Err(Unread::Overloaded);
        }
        // Most bodies arrive in one piece and need not be copied.
        if received == data.len() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() {
        first
    } else {
        whole.freeze()
    })
}

/// What is needed to finish an answer, kept while the request itself is with the service.
struct Reply {
    line: RequestLine,
    head_only: bool,
    version: Version,
    id: RequestId,
    route: &'static str,
    unread: bool,
}

impl Reply {
    fn finish(self, conn: &Conn, response: Response) -> http::Response<Outgoing> {
        let (mut parts, data) = response.into_parts();
        if parts.status.is_informational() {
            // hyper has no such final answer and would break off the connection.
            parts.status = StatusCode::INTERNAL_SERVER_ERROR;
        }
        parts.headers.remove(TRANSFER_ENCODING);
        let bodiless = matches!(
            parts.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        if bodiless {
            parts.headers.remove(CONTENT_LENGTH);
        } else {
            parts.headers.insert(CONTENT_LENGTH, data.len().into());
        }
        self.line.end(self.route, self.id, parts.status);
        if let Ok(id) = HeaderValue::from_str(self.id.as_str()) {
            parts.headers.insert(REQUEST_ID, id);
        }
        let data = (!self.head_only && !bodiless && !data.is_empty()).then_some(data);
        let bytes = data.as_ref().map_or(0, Bytes::len);
        let mut pending = None;
        match conn {
            Conn::H1(watch) => {
                watch.on_response(self.unread);
                if self.unread || watch.is_draining() {
                    // hyper adds `keep-alive` to what an HTTP/1.0 client that asked for it gets,
                    // unless the answer is of its version.
                    if self.version == Version::HTTP_10 {
                        parts.version = Version::HTTP_10;
                    }
                    parts
                        .headers
                        .insert(CONNECTION, HeaderValue::from_static("close"));
                }
            }
            Conn::H2(watch) if bytes > 0 => {
                pending = Some(PendingBody {
                    watch: Arc::clone(watch),
                    number: watch.open_body(),
                });
            }
            Conn::H2(_) => {}
        }
        http::Response::from_parts(parts, Outgoing { data, pending })
    }
}

fn plain(refusal: Refusal) -> Response {
    let mut text = String::with_capacity(refusal.text.len() + 1);
    text.push_str(refusal.text);
    text.push('\n');
    let mut response = Response::new(text.into());
    *response.status_mut() = refusal.status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

fn overloaded() -> Response {
    let mut response = plain(Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        cause: Cause::Overloaded,
        text: "The server has too much to do; try again in a second.",
    });
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
