//! Settings of the mailer, and the network that it uses.

use std::fmt;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::target::Host;

/// How long each stage may take in all, however the server doles out its bytes. The defaults from
/// `greeting` on are the least that RFC 5321 §4.5.3.2 asks of a client (it names no time for
/// EHLO, STARTTLS and AUTH).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the host. Default 20 s.
    pub resolve: Duration,
    /// Opening the TCP connection, over all addresses of the host. Default 30 s.
    pub connect: Duration,
    /// The TLS handshake. Default 30 s.
    pub tls: Duration,
    /// The greeting. Default 5 min.
    pub greeting: Duration,
    /// `EHLO`. Default 5 min.
    pub ehlo: Duration,
    /// `STARTTLS`. Default 2 min.
    pub starttls: Duration,
    /// Each step of `AUTH`. Default 2 min.
    pub auth: Duration,
    /// `MAIL`. Default 5 min.
    pub mail: Duration,
    /// `RCPT`. Default 5 min.
    pub rcpt: Duration,
    /// `DATA`, up to the 354. Default 2 min.
    pub data: Duration,
    /// Sending each 64 KiB of the message. Default 3 min.
    pub block: Duration,
    /// From the final dot to its answer: too short means duplicates. Default 10 min.
    pub final_dot: Duration,
    /// `QUIT` on a connection that is no longer needed; nobody waits for it. Default 2 s.
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        Self {
            resolve: Duration::from_secs(20),
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(30),
            greeting: minutes(5),
            ehlo: minutes(5),
            starttls: minutes(2),
            auth: minutes(2),
            mail: minutes(5),
            rcpt: minutes(5),
            data: minutes(2),
            block: minutes(3),
            final_dot: minutes(10),
            quit: Duration::from_secs(2),
        }
    }
}

/// The bytes to and from a server.
pub trait Connection: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {
    /// Whether nothing waits to be read, and the server has not hung up.
    fn is_silent(&self) -> bool;
}

impl Connection for TcpStream {
    fn is_silent(&self) -> bool {
        // The runtime may not have noticed yet what has arrived: ask the socket itself.
        let peeked = SockRef::from(self).peek(&mut [MaybeUninit::uninit()]);
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Connection for TlsStream<Box<dyn Connection>> {
    fn is_silent(&self) -> bool {
        self.get_ref().0.is_silent()
    }
}

/// A future that a [`Network`] returns.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// The way to servers. Tests bring their own.
pub trait Network: Send + Sync + 'static {
    /// The addresses of `name`, the preferred one first.
    fn lookup<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<IpAddr>>;

    /// Opens a connection, by TCP without delay of small writes.
    fn connect(&self, address: SocketAddr) -> Answer<'_, Box<dyn Connection>> {
        Box::pin(async move { Ok(Box::new(connect_tcp(address).await?) as Box<dyn Connection>) })
    }
}

async fn connect_tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// The network of the operating system, with its resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn lookup<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|socket| socket.ip()).collect())
        })
    }
}

/// Whose certificates are believed.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    /// Leave out the certificate authorities of the operating system.
    pub without_native: bool,
    /// Further certificate authorities, in PEM.
    pub extra_pem: Vec<u8>,
}

/// The settings of a [`Mailer`](super::Mailer).
#[derive(Clone)]
pub struct Settings {
    /// How this service introduces itself in `EHLO`.
    pub hello_name: Host,
    /// Most connections at once to one target (host and log-in). Default 10.
    pub connections_per_host: usize,
    /// Most connections at once in all, idle ones included. Default 1,000.
    pub connections_total: usize,
    /// After so many mails a connection is closed: servers count too. Default 100.
    pub mails_per_connection: u32,
    /// How long a connection may wait for its next mail. Default 30 s, well below the minutes
    /// after which servers hang up.
    pub idle: Duration,
    /// Longest message, in bytes. Default 10 MiB.
    pub message_bytes: usize,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Networks in which tenants' servers may be besides the public internet, on any port.
    pub allow_cidrs: Vec<IpNet>,
    /// Whose certificates are believed.
    pub roots: Roots,
    /// Finds addresses and connects to them.
    pub network: Arc<dyn Network>,
}

impl Settings {
    /// The defaults.
    #[must_use]
    pub fn new(hello_name: Host) -> Self {
        Self {
            hello_name,
            connections_per_host: 10,
            connections_total: 1_000,
            mails_per_connection: 100,
            idle: Duration::from_secs(30),
            message_bytes: 10 * 1024 * 1024,
            timeouts: Timeouts::default(),
            allow_cidrs: Vec::new(),
            roots: Roots::default(),
            network: Arc::new(SystemNetwork),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("hello_name", &self.hello_name)
            .field("connections_per_host", &self.connections_per_host)
            .field("connections_total", &self.connections_total)
            .field("allow_cidrs", &self.allow_cidrs)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// The settings do not work.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// A bound of zero would send nothing.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// The further certificate authorities cannot be read.
    #[error("the extra certificate authorities are not PEM certificates: {0}")]
    Roots(String),
    /// The TLS library refused its configuration.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[tokio::test]
    async fn small_writes_are_not_delayed() {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let tcp = connect_tcp(listener.local_addr().unwrap()).await.unwrap();
        assert!(tcp.nodelay().unwrap());
    }
}
