//! HTTP/2 by prior knowledge, and TLS with ALPN.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use upsell::http::limits::Limits;
use upsell::http::stats::Cause;
use upsell::http::tls::{Tls, TlsError};

use crate::support::server::{BODY_LIMIT, Client, Running, eventually, start, start_with, within};

type H2 = SendRequest<Full<Bytes>>;

async fn h2(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> H2 {
    let builder = Builder::new(TokioExecutor::new());
    let (sender, connection) = within(builder.handshake(TokioIo::new(io))).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn plain(server: &Running) -> H2 {
    h2(TcpStream::connect(server.addr).await.unwrap()).await
}

fn request(method: &str, path: &str, body: impl Into<Bytes>) -> http::Request<Full<Bytes>> {
    http::Request::builder()
        .method(method)
        .uri(format!("http://shop.example{path}"))
        .body(Full::new(body.into()))
        .unwrap()
}

async fn ask(h2: &mut H2, request: http::Request<Full<Bytes>>) -> (http::response::Parts, Bytes) {
    let response = within(h2.send_request(request)).await.unwrap();
    let (head, body) = response.into_parts();
    (head, within(body.collect()).await.unwrap().to_bytes())
}

#[tokio::test]
async fn prior_knowledge() {
    let server = start(Limits::default());
    let mut h2 = plain(&server).await;
    let (head, body) = ask(&mut h2, request("GET", "/a?b=c", "")).await;
    assert_eq!(head.version, http::Version::HTTP_2);
    // The service sees the same form of request as over HTTP/1.1.
    assert_eq!(body, "GET /a?b=c shop.example");
    assert_eq!(head.headers["content-length"], "23");
    assert!(head.headers.contains_key("date"));
    assert_eq!(head.headers["x-request-id"].len(), 16);
    let (head, body) = ask(&mut h2, request("HEAD", "/large?700", "")).await;
    assert_eq!(head.headers["content-length"], "700");
    assert!(body.is_empty());
    let (_, body) = ask(&mut h2, request("POST", "/echo", "hello")).await;
    assert_eq!(body, "hello");
    for (request, expected) in [
        (request("POST", "/echo", vec![b'b'; BODY_LIMIT + 1]), 413),
        (request("GET", &format!("/{}", "u".repeat(8192)), ""), 414),
        (request("POST", "/refused", "body"), 401),
        (request("GET", "/empty", ""), 204),
    ] {
        let uri = request.uri().path().len();
        assert_eq!(ask(&mut h2, request).await.0.status, expected, "{uri}");
    }
    let mut odd = request("GET", "/", "");
    odd.headers_mut()
        .insert("host", "other.example".parse().unwrap());
    assert_eq!(ask(&mut h2, odd).await.0.status, 400);
    let mut many = request("GET", "/", "");
    for i in 0..101 {
        let name: http::HeaderName = format!("x-{i}").parse().unwrap();
        many.headers_mut().insert(name, "1".parse().unwrap());
    }
    assert_eq!(ask(&mut h2, many).await.0.status, 431);
}

#[tokio::test]
async fn shutdown_finishes_open_streams() {
    let mut server = start(Limits::default());
    let mut h2 = plain(&server).await;
    let open = tokio::spawn({
        let answer = h2.send_request(request("GET", "/wait", ""));
        async move { answer.await.unwrap().status() }
    });
    within(server.service.entered.acquire())
        .await
        .unwrap()
        .forget();
    let idle = plain(&server).await;
    server.signal();
    eventually("the idle one is closed", || idle.is_closed()).await;
    server.service.gate.add_permits(1);
    assert_eq!(within(open).await.unwrap(), 200);
    let drained = server.drained().await;
    assert_eq!((drained.connections_cut, drained.requests_cut), (0, 0));
}

#[tokio::test]
async fn a_stream_that_is_never_read_ends_its_connection() {
    let server = start(Limits {
        write_timeout: Duration::from_millis(200),
        ..Limits::default()
    });
    let mut h2 = plain(&server).await;
    let held = within(h2.send_request(request("GET", "/large?30000000", "")))
        .await
        .unwrap();
    eventually("cut", || server.stats.refused(Cause::WriteTimeout) == 1).await;
    eventually("closed", || server.stats.connections_open() == 0).await;
    assert!(within(held.into_body().collect()).await.is_err());
}

#[tokio::test]
async fn an_idle_connection_is_sent_away() {
    let server = start(Limits {
        keep_alive_idle: Duration::from_millis(200),
        ..Limits::default()
    });
    let mut h2 = plain(&server).await;
    assert_eq!(ask(&mut h2, request("GET", "/", "")).await.0.status, 200);
    eventually("closed", || h2.is_closed()).await;
}

fn identity() -> (Vec<u8>, Vec<u8>, rustls::pki_types::CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap();
    let chain = made.cert.pem().into_bytes();
    let key = made.signing_key.serialize_pem().into_bytes();
    (chain, key, made.cert.der().clone())
}

async fn tls_to(
    server: &Running,
    root: &rustls::pki_types::CertificateDer<'static>,
    alpn: &[&str],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let name = ServerName::try_from("shop.example").unwrap();
    within(connector.connect(name, stream)).await.unwrap()
}

#[tokio::test]
async fn a_panic_ends_one_stream() {
    let server = start(Limits::default());
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let mut h2 = h2(stream).await;
    for place in ["try_cached", "admit", "call", "later"] {
        let path = format!("/panic/{place}");
        let broken = ask(&mut h2, request("GET", &path, "")).await;
        assert_eq!(broken.0.status, 500, "{place}");
        assert_eq!(ask(&mut h2, request("GET", "/", "")).await.0.status, 200);
    }
}

#[tokio::test]
async fn tls_speaks_what_alpn_agreed_on() {
    let (chain, key, root) = identity();
    let tls = Tls::from_pem(&chain, &key).unwrap();
    let server = start_with(Limits::default(), Some(tls.clone()));
    let stream = tls_to(&server, &root, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut h2 = h2(stream).await;
    assert_eq!(ask(&mut h2, request("GET", "/", "")).await.0.status, 200);
    for alpn in [&["http/1.1"][..], &[]] {
        let mut client = Client(tls_to(&server, &root, alpn).await);
        assert_eq!(client.get("/").await.status, 200);
        let body = "b".repeat(300_000);
        client
            .send(format!(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await;
        assert_eq!(client.answer().await.status, 413);
        assert_eq!(client.rest().await, "");
    }

    let (chain, key, new_root) = identity();
    tls.replace(&chain, &key).unwrap();
    let mut client = Client(tls_to(&server, &new_root, &[]).await);
    assert_eq!(client.get("/").await.status, 200);
}

#[tokio::test]
async fn handshakes_have_a_time() {
    let (chain, key, _) = identity();
    let server = start_with(
        Limits {
            handshake_timeout: Duration::from_millis(200),
            ..Limits::default()
        },
        Some(Tls::from_pem(&chain, &key).unwrap()),
    );
    let mut silent = server.connect().await;
    assert_eq!(silent.rest().await, "");
    let _ = server.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    eventually("both counted", || {
        server.stats.refused(Cause::Handshake) == 2
    })
    .await;
}

/// A handshake that goes on byte by byte has no more time than the first head, whatever its own.
#[tokio::test]
async fn a_trickled_handshake_is_cut_when_the_head_should_be_there() {
    let (chain, key, _) = identity();
    let limits = Limits {
        header_timeout: Duration::from_millis(200),
        handshake_timeout: Duration::from_secs(3600),
        ..Limits::default()
    };
    let tls = Tls::from_pem(&chain, &key).unwrap();
    let server = start_with(limits, Some(tls));
    let mut client = server.connect().await;
    // A record of 16 KiB that is a ClientHello: longer than anybody waits here.
    client.send([22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc]).await;
    let trickle = async {
        while client.0.write_all(&[3]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(trickle).await;
    eventually("cut", || server.stats.refused(Cause::Handshake) == 1).await;
}

#[tokio::test]
async fn an_unfinished_handshake_does_not_hold_up_the_end() {
    let (chain, key, _) = identity();
    let limits = Limits {
        drain_idle: Duration::from_millis(100),
        ..Limits::default()
    };
    let tls = Tls::from_pem(&chain, &key).unwrap();
    let server = start_with(limits, Some(tls));
    let mut silent = server.connect().await;
    eventually("accepted", || server.stats.connections_open() == 1).await;
    let drained = server.stop().await;
    assert_eq!(drained.connections_cut, 0);
    assert!(drained.took < Duration::from_secs(5), "{drained:?}");
    assert_eq!(silent.rest().await, "");
}

#[test]
fn unusable_identities_say_why() {
    let (chain, key, _) = identity();
    let (_, other_key, _) = identity();
    assert!(matches!(
        Tls::from_pem(b"", &key),
        Err(TlsError::NoCertificate)
    ));
    assert!(matches!(
        Tls::from_pem(&chain, b"no"),
        Err(TlsError::Key(_))
    ));
    assert!(matches!(
        Tls::from_pem(&chain, &other_key),
        Err(TlsError::Pair(_))
    ));
}
