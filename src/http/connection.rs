//! One connection: the TLS handshake, the detection of the protocol, and its watchdog.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::either::Either;

use super::exchange::{Conn, exchange};
use super::limits::Limits;
use super::message::Service;
use super::server::Shared;
use super::socket::{Socket, Transport};
use super::stats::Cause;
use super::watch::{Action, H1Watch, H2Watch};
use crate::panics::contained;

/// What an HTTP/2 client with prior knowledge sends first (RFC 9113 §3.4).
const H2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// First read of a plain connection: most request heads fit, so that detection costs no call.
const FIRST_READ_BYTES: usize = 2048;

/// Serves one connection to its end.
pub(super) async fn serve<S: Service>(
    shared: Arc<Shared<S>>,
    stream: TcpStream,
    peer: IpAddr,
    drained: Receiver<bool>,
) {
    let accepted = Instant::now();
    let limits = &shared.limits;
    let (transport, is_h2, first) = match &shared.tls {
        None => {
            let mut transport = Either::Left(stream);
            match detect(&mut transport, accepted, limits, &drained).await {
                Ok((is_h2, first)) => (transport, is_h2, first),
                Err(error) => {
                    if error.kind() == io::ErrorKind::TimedOut {
                        shared.stats.count(Cause::HeaderTimeout);
                    }
                    return;
                }
            }
        }
        Some(tls) => {
            // The first head must be there in its time from the accept, whatever comes before it.
            let deadline = accepted + limits.handshake_timeout.min(limits.header_timeout);
            let handshake = tls.acceptor().accept(stream);
            let stream = tokio::select! {
                biased;
                done = timeout_at(deadline, handshake) => done,
                () = drained_for(drained.clone(), limits.drain_idle) => return,
            };
            let Ok(Ok(stream)) = stream else {
                shared.stats.count(Cause::Handshake);
                return;
            };
            let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            (Either::Right(Box::new(stream)), is_h2, Bytes::new())
        }
    };
    if is_h2 {
        serve_h2(shared, transport, first, accepted, peer, drained).await;
    } else {
        serve_h1(shared, transport, first, accepted, peer, drained).await;
    }
}

/// Completes when the server has been draining for `time`: a peer that was only about to begin has
/// had its chance.
async fn drained_for(mut drained: Receiver<bool>, time: Duration) {
    let _ = drained.wait_for(|drained| *drained).await;
    sleep(time).await;
}

/// Reads until it is clear whether this is HTTP/2; gives back what was read.
async fn detect(
    transport: &mut Transport,
    accepted: Instant,
    limits: &Limits,
    drained: &Receiver<bool>,
) -> io::Result<(bool, Bytes)> {
    let mut first = BytesMut::with_capacity(FIRST_READ_BYTES);
    let mut timeout = pin!(sleep_until(accepted + limits.header_timeout));
    let mut leaving = pin!(drained_for(drained.clone(), limits.drain_idle));
    loop {
        tokio::select! {
            biased;
            read = transport.read_buf(&mut first) => {
                if read? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            () = timeout.as_mut() => return Err(io::ErrorKind::TimedOut.into()),
            () = leaving.as_mut() => return Err(io::ErrorKind::Interrupted.into()),
        }
        if first.iter().zip(H2_PREFACE).any(|(read, h2)| read != h2) {
            return Ok((false, first.freeze()));
        }
        if first.len() >= H2_PREFACE.len() {
            return Ok((true, first.freeze()));
        }
    }
}

async fn serve_h1<S: Service>(
    shared: Arc<Shared<S>>,
    transport: Transport,
    first: Bytes,
    accepted: Instant,
    peer: IpAddr,
    mut drained: Receiver<bool>,
) {
    let watch = Arc::new(H1Watch::new(accepted));
    let socket = Socket::new(transport, first, Some(Arc::clone(&watch)));
    let here = Conn::H1(Arc::clone(&watch));
    let service = service_fn(|request| exchange(&shared, &here, peer, request));
    let mut conn = pin!(h1_builder(&shared.limits).serve_connection(TokioIo::new(socket), service));
    let mut timer = pin!(sleep_until(accepted + shared.limits.watch_period()));
    // Accepted from the backlog after the signal: the first answer already says so.
    let mut draining = *drained.borrow();
    if draining {
        watch.drain(Instant::now());
    }
    let mut asked_again = false;
    loop {
        tokio::select! {
            biased;
            ended = conn.as_mut() => {
                count_protocol_error(&shared, ended.as_ref().err());
                // A request that offered an upgrade ends without the shutdown; asked again, hyper
                // makes up for it.
                if ended.is_ok() && !watch.is_shut() && !asked_again {
                    asked_again = true;
                    continue;
                }
                return;
            }
            () = timer.as_mut() => {}
            _ = drained.wait_for(|drained| *drained), if !draining => {
                draining = true;
                watch.drain(Instant::now());
            }
        }
        let now = Instant::now();
        match watch.look(now, &shared.limits) {
            Action::Wait(until) => timer.as_mut().reset(until),
            Action::CloseIdle => {
                watch.close_when_idle();
                timer.as_mut().reset(now + shared.limits.watch_period());
            }
            Action::Cut(cause) => return shared.stats.count(cause),
        }
    }
}

async fn serve_h2<S: Service>(
    shared: Arc<Shared<S>>,
    transport: Transport,
    first: Bytes,
    accepted: Instant,
    peer: IpAddr,
    mut drained: Receiver<bool>,
) {
    let watch = Arc::new(H2Watch::new(accepted));
    let socket = Socket::new(transport, first, None);
    let service = {
        let (shared, here) = (Arc::clone(&shared), Conn::H2(Arc::clone(&watch)));
        service_fn(move |request| exchange(&shared, &here, peer, request))
    };
    let mut conn = pin!(h2_builder(&shared.limits).serve_connection(TokioIo::new(socket), service));
    let mut timer = pin!(sleep_until(accepted + shared.limits.watch_period()));
    let mut draining = false;
    loop {
        tokio::select! {
            biased;
            _ = conn.as_mut() => return,
            () = timer.as_mut() => {}
            _ = drained.wait_for(|drained| *drained), if !draining => {
                draining = true;
                watch.leave(Instant::now());
                conn.as_mut().graceful_shutdown();
            }
        }
        let now = Instant::now();
        match watch.look(now, &shared.limits) {
            Action::Wait(until) => timer.as_mut().reset(until),
            Action::CloseIdle => {
                watch.leave(now);
                conn.as_mut().graceful_shutdown();
                timer.as_mut().reset(now + shared.limits.linger);
            }
            Action::Cut(cause) => return shared.stats.count(cause),
        }
    }
}

fn h1_builder(limits: &Limits) -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        // The watchdog has its own clock; without a timer hyper's would be ignored.
        .header_read_timeout(None)
        // A client may close its sending side after the request and still wants its answer.
        .half_close(true)
        // One write for head and body: +4 % on small answers. `pipeline_flush(true)` gains as much
        // and more for pipelined clients, but holds answers back for as long as *any* byte of a
        // further request is buffered: never sent if the connection then ends (a 400 or 413 is
        // lost), and piling up without bound for a client that always sends half a request more.
        .writev(false)
        .max_buf_size(limits.head_bytes().max(8192))
        .max_header_size(limits.head_bytes());
    // hyper keeps 100 headers on the stack; any other number costs an allocation for each request.
    if limits.header_count > 100 {
        builder.max_headers(limits.header_count);
    }
    builder
}

fn h2_builder(limits: &Limits) -> hyper::server::conn::http2::Builder<Streams> {
    let mut builder = hyper::server::conn::http2::Builder::new(Streams);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.h2_streams)
        .max_header_list_size(u32::try_from(limits.head_bytes()).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(limits.h2_pending_resets)
        .max_local_error_reset_streams(limits.h2_error_resets)
        .keep_alive_interval(limits.h2_ping_interval)
        .keep_alive_timeout(limits.h2_ping_timeout)
        .max_send_buf_size(64 * 1024);
    builder
}

/// Starts what hyper does for one HTTP/2 stream; a panic ends that stream.
#[derive(Debug, Clone, Copy)]
struct Streams;

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        tokio::spawn(contained(Box::pin(stream)));
    }
}

fn count_protocol_error<S>(shared: &Shared<S>, error: Option<&hyper::Error>) {
    let Some(error) = error else { return };
    if error.is_parse_too_large() {
        shared.stats.count(Cause::HeadersTooLarge);
    } else if error.is_parse() {
        shared.stats.count(Cause::BadRequest);
    }
}
