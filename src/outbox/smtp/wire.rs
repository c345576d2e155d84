//! One connection's bytes: lines in, commands out, each within a time and a size.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::Cause;
use super::reply::{MAX_LINE_BYTES, Reply, ReplyParser};
use super::settings::Connection;

/// How much of a message is written within one timeout, in bytes.
pub(super) const BLOCK_BYTES: usize = 64 * 1024;

/// Runs `work` for at most `time`.
pub(super) async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, Cause>>,
) -> Result<T, Cause> {
    tokio::time::timeout(time, work)
        .await
        .unwrap_or(Err(Cause::TimedOut))
}

/// Plain or encrypted.
enum Stream {
    Plain(Box<dyn Connection>),
    Tls(Box<TlsStream<Box<dyn Connection>>>),
}

/// The connection and what was read of it but not yet consumed.
pub(super) struct Wire {
    stream: Stream,
    unread: Vec<u8>,
}

impl Wire {
    pub(super) fn new(connection: Box<dyn Connection>) -> Self {
        Self {
            stream: Stream::Plain(connection),
            unread: Vec::new(),
        }
    }

    /// Encrypts the connection.
    ///
    /// # Errors
    /// [`Cause::Protocol`] if the server said more than was asked: those bytes came in clear, an
    /// attacker may have put them there, and after the handshake they would pass for the server's
    /// own (CVE-2011-0411 and its family). [`Cause::Tls`] if the handshake fails.
    pub(super) async fn encrypt(
        self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        time: Duration,
    ) -> Result<Self, Cause> {
        if !self.unread.is_empty() {
            return Err(Cause::Protocol(
                "data in clear after the answer to STARTTLS",
            ));
        }
        let Stream::Plain(connection) = self.stream else {
            return Err(Cause::Protocol("TLS inside TLS"));
        };
        let handshake = TlsConnector::from(config).connect(name, connection);
        let tls = within(time, async { handshake.await.map_err(Cause::Tls) }).await?;
        Ok(Self {
            stream: Stream::Tls(Box::new(tls)),
            unread: Vec::new(),
        })
    }

    /// Reads one reply, of bounded size, within `time` in all.
    pub(super) async fn reply(&mut self, time: Duration) -> Result<Reply, Cause> {
        within(time, self.read_reply()).await
    }

    async fn read_reply(&mut self) -> Result<Reply, Cause> {
        let mut parser = ReplyParser::default();
        loop {
            let line = self.read_line().await?;
            let parsed = parser
                .line(&line)
                .map_err(|malformed| Cause::Protocol(malformed.0))?;
            if let Some(reply) = parsed {
                return Ok(reply);
            }
        }
    }

    /// The next line without its end. A lone LF counts, as some servers send it.
    async fn read_line(&mut self) -> Result<Vec<u8>, Cause> {
        let mut searched = 0;
        loop {
            let mut unread = self.unread.iter().skip(searched);
            if let Some(at) = unread.position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=searched + at).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            searched = self.unread.len();
            if searched > MAX_LINE_BYTES {
                return Err(Cause::Protocol("a reply line that is too long"));
            }
            let mut chunk = [0; 2048];
            let count = self.stream.read(&mut chunk).await.map_err(Cause::Io)?;
            if count == 0 {
                return Err(Cause::Closed);
            }
            self.unread.extend(chunk.iter().take(count));
        }
    }

    /// Writes `line`, which ends in CRLF, and reads the reply; both within `time`.
    pub(super) async fn command(&mut self, line: &str, time: Duration) -> Result<Reply, Cause> {
        let conversation = async {
            self.write(line.as_bytes()).await?;
            self.read_reply().await
        };
        let reply = within(time, conversation).await?;
        // One command, one reply: more means that the two sides no longer talk of the same thing.
        if !self.unread.is_empty() {
            return Err(Cause::Protocol("more than one reply to a command"));
        }
        Ok(reply)
    }

    /// Writes `line` without waiting for an answer.
    pub(super) async fn say(&mut self, line: &str, time: Duration) -> Result<(), Cause> {
        within(time, self.write(line.as_bytes())).await
    }

    /// Writes a message but its last block, which it returns: each block within `block_time`.
    pub(super) async fn all_but_last_block<'a>(
        &mut self,
        bytes: &'a [u8],
        block_time: Duration,
    ) -> Result<&'a [u8], Cause> {
        let mut rest = bytes;
        while let Some((block, next)) = rest.split_at_checked(BLOCK_BYTES)
            && !next.is_empty()
        {
            within(block_time, self.write(block)).await?;
            rest = next;
        }
        Ok(rest)
    }

    /// Writes the last block of a message.
    pub(super) async fn last_block(&mut self, block: &[u8], time: Duration) -> Result<(), Cause> {
        within(time, self.write(block)).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.stream.write_all(bytes).await.map_err(Cause::Io)?;
        self.stream.flush().await.map_err(Cause::Io)
    }

    /// Whether nothing was read beyond the last reply.
    pub(super) fn is_in_step(&self) -> bool {
        self.unread.is_empty()
    }

    /// Whether the server neither hung up nor said anything since the last reply. What it says
    /// unasked ("421 idle too long") would be taken for the answer to the next command.
    pub(super) fn is_quiet(&mut self) -> bool {
        if !self.unread.is_empty() {
            return false;
        }
        let mut byte = [0];
        if self.stream.read(&mut byte).now_or_never().is_some() {
            return false;
        }
        self.stream.connection().is_silent()
    }
}

impl Stream {
    fn connection(&self) -> &dyn Connection {
        match self {
            Self::Plain(connection) => connection.as_ref(),
            Self::Tls(tls) => tls.get_ref().0.as_ref(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(plain) => Pin::new(plain).poll_read(context, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(plain) => Pin::new(plain).poll_write(context, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(plain) => Pin::new(plain).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(plain) => Pin::new(plain).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
