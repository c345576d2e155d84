//! One request, from hyper's head to the service's answer: limits, body, and what a panic leaves.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use futures_util::future::Either;
use http::header::{CONNECTION, CONTENT_LENGTH, RETRY_AFTER, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use hyper::body::{Body as _, Incoming};

use super::body::{self, Unread};
use super::budget::{Busy, Holder};
use super::client_address::counted;
use super::error::ApiError;
use super::head::{self, Refusal};
use super::message::{Admitted, Head, Request, RequestId, Response, Service};
use super::outgoing::{Outgoing, PIECE_BYTES};
use super::output;
use super::request_log::{NO_ROUTE, RequestLine};
use super::router::Target;
use super::server::Shared;
use super::stats::{Cause, Lane, Stats};
use super::watch::{H1Watch, H2Watch};
use crate::panics::{caught, contained};

const TEXT: &str = "text/plain; charset=utf-8";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The connection a request came on.
#[derive(Debug, Clone)]
pub(super) enum Conn {
    H1(Arc<H1Watch>),
    H2(Arc<H2Watch>),
}

/// Marks an HTTP/2 stream as open for as long as its request is being answered.
struct OpenStream(Arc<H2Watch>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.close_stream();
    }
}

/// A request that waits for its answer on one listener.
struct Unanswered<'a>(&'a Lane);

impl<'a> Unanswered<'a> {
    fn begin(lane: &'a Lane) -> Self {
        lane.unanswered.fetch_add(1, Relaxed);
        Self(lane)
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(1, Relaxed);
    }
}

/// The answer to a request: ready, or in progress. Only the second is a large future, on the heap,
/// so that a ready answer is not moved through it.
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
    let mut head = Head {
        method: parts.method,
        uri: parts.uri,
        version: parts.version,
        headers: parts.headers,
        client_address,
        received_at: (shared.clock)(),
        request_id: reply.id,
        target: Target::default(),
    };
    if checked.is_ok() && !reply.unread {
        match caught(|| shared.service.try_cached(&head)) {
            Ok(None) => {}
            Ok(Some(found)) => {
                reply.route = found.route;
                return Either::Left(ready(Ok(reply.finish(conn, found.response))));
            }
            Err(_) => {
                let response = broken(shared, &head);
                return Either::Left(ready(Ok(reply.finish(conn, response))));
            }
        }
    }
    head.target = caught(|| shared.service.resolve(head.uri.path())).unwrap_or_default();
    reply.route = head.target.pattern();
    let (shared, conn, head) = (Arc::clone(shared), conn.clone(), Arc::new(head));
    Either::Right(Box::pin(async move {
        let _stream = stream;
        let response = {
            let head = Arc::clone(&head);
            let answer = pin!(answer(&shared, head, checked, body, &mut reply));
            contained(answer).await
        };
        let response = response.unwrap_or_else(|_| broken(&shared, &head));
        Ok(reply.finish(&conn, response))
    }))
}

/// The answer to a request over which the service panicked; in plain text where that panics, too.
fn broken<S: Service>(shared: &Shared<S>, head: &Head) -> Response {
    let answer = caught(|| shared.service.refuse(head, &ApiError::panicked()));
    answer.unwrap_or_else(|_| {
        let text = "internal error; the operator finds the cause in the log\n";
        output::with_body(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
    })
}

async fn answer<S: Service>(
    shared: &Shared<S>,
    head: Arc<Head>,
    checked: Result<(), Refusal>,
    body: Incoming,
    reply: &mut Reply,
) -> Response {
    let (stats, limits) = (&shared.stats, &shared.limits);
    let address = Holder::Address(counted(head.client_address));
    let _unanswered = Unanswered::begin(&shared.lane);
    let mut in_flight = stats.requests.grant(address);
    let share = |holder| limits.share(limits.requests_in_flight, holder);
    if let Err(busy) = in_flight.hold(1, share(address), limits.requests_in_flight) {
        return later(stats, busy);
    }
    if let Err(refusal) = checked {
        // The two parsers of a connection that carried a malformed head may disagree about where
        // the next one starts.
        reply.unread |= matches!(refusal.cause, Cause::BadRequest | Cause::Connect);
        return refuse_head(shared, &head, refusal);
    }
    let admitted = match shared.service.admit(&head).await {
        Ok(admitted) => admitted,
        Err(response) => return *response,
    };
    if let Some(client) = own_client(&admitted)
        && !in_flight.move_to(client, share(client))
    {
        return later(stats, Busy::Share);
    }
    let holder = in_flight.holder();
    let unread_share = limits.share(limits.answer_memory_bytes, holder);
    if stats.answers.of(holder) >= unread_share {
        return later(stats, Busy::Share);
    }
    let body = if reply.unread {
        let grant = stats.bodies.grant(holder);
        match body::read(limits, body, admitted.body_limit, grant).await {
            Ok(body) => body,
            Err(Unread::Busy(busy)) => return later(stats, busy),
            Err(Unread::Refused(cause, error)) => {
                stats.count(cause);
                return shared.service.refuse(&head, &error);
            }
        }
    } else {
        Bytes::new()
    };
    reply.unread = false;
    let caller = admitted.caller;
    let is_read = head.method.is_safe();
    let most_uncounted = match head.version {
        // Any number of streams may wait on one connection.
        Version::HTTP_2 => 0,
        _ => PIECE_BYTES,
    };
    let response = shared.service.call(Request { head, body, caller }).await;
    let length = response.body().len();
    // What others hold as well takes no more memory when it waits here, too.
    if length <= most_uncounted || !response.body().is_unique() {
        return response;
    }
    let mut grant = stats.answers.grant(holder);
    match grant.hold(length, unread_share.max(length), limits.answer_memory_bytes) {
        Ok(()) => response.map(|data| grant.attach(data)),
        Err(busy) if is_read => later(stats, busy),
        // The write is done, and its caller must know.
        Err(_) => response,
    }
}

/// The client whose share counts: one with a token of its own. Requests with the token of a user count
/// towards the address, as without a token, since the user holds that token.
fn own_client(admitted: &Admitted) -> Option<Holder> {
    let caller = admitted.caller.as_ref()?;
    caller
        .user
        .is_none()
        .then_some(Holder::Client(caller.client))
}

/// A head that is only too large still has a route, whose dialect answers; a malformed one may not.
fn refuse_head<S: Service>(shared: &Shared<S>, head: &Head, refusal: Refusal) -> Response {
    shared.stats.count(refusal.cause);
    let error = match refusal.cause {
        Cause::UrlTooLong => ApiError::UrlTooLong(shared.limits.url_bytes),
        Cause::HeadersTooLarge => ApiError::HeadersTooLarge,
        _ => return output::with_body(refusal.status, TEXT, format!("{}\n", refusal.text)),
    };
    shared.service.refuse(head, &error)
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
        if let Conn::H1(watch) = conn {
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
        http::Response::from_parts(parts, Outgoing::new(data, conn))
    }
}

fn later(stats: &Stats, busy: Busy) -> Response {
    let (cause, text) = match busy {
        Busy::All => (
            Cause::Overloaded,
            "The server has too much to do; try again in a second.\n",
        ),
        Busy::Share => (
            Cause::Share,
            "You have your share of requests, or of answers that you have not read, under way; \
             try again when one is done.\n",
        ),
    };
    stats.count(cause);
    let mut response = output::with_body(StatusCode::SERVICE_UNAVAILABLE, TEXT, text);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
