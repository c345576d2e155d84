//! Bytes of one connection: replies in, commands out, each bounded in time and size.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;

use super::error::Cause;
use super::reply::{MAX_LINE_BYTES, Reply, ReplyParser};
use super::settings::Connection;

/// How much of a message is written within one timeout, in bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// How much is read at once, in bytes: any usual reply.
const READ_BYTES: usize = 2048;

/// Runs `work` for at most `time`.
pub(super) async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, Cause>>,
) -> Result<T, Cause> {
    tokio::time::timeout(time, work)
        .await
        .unwrap_or(Err(Cause::TimedOut))
}

/// The connection, plain or encrypted, and what was read of it but not yet consumed.
pub(super) struct Wire(BufReader<Box<dyn Connection>>);

impl Wire {
    pub(super) fn new(connection: Box<dyn Connection>) -> Self {
        Self(BufReader::with_capacity(READ_BYTES, connection))
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
        if !self.is_in_step() {
            return Err(Cause::Protocol(
                "data in clear after the answer to STARTTLS",
            ));
        }
        let handshake = TlsConnector::from(config).connect(name, self.0.into_inner());
        let tls = within(time, async { handshake.await.map_err(Cause::Tls) }).await?;
        Ok(Self::new(Box::new(tls)))
    }

    /// Reads one reply, of bounded size, within `time` in all.
    pub(super) async fn reply(&mut self, time: Duration) -> Result<Reply, Cause> {
        within(time, self.read_reply()).await
    }

    async fn read_reply(&mut self) -> Result<Reply, Cause> {
        let mut parser = ReplyParser::default();
        loop {
            let line = self.read_line().await?;
            if let Some(reply) = parser.line(&line)? {
                return Ok(reply);
            }
        }
    }

    /// The next line without its end. A lone LF counts, as some servers send it.
    async fn read_line(&mut self) -> Result<Vec<u8>, Cause> {
        let mut line = Vec::new();
        // Read by reference: what comes after the line stays in the buffer.
        let mut bounded = (&mut self.0).take(MAX_LINE_BYTES as u64 + 2);
        let read = bounded.read_until(b'\n', &mut line).await;
        read.map_err(Cause::Io)?;
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            return Err(match bounded.limit() {
                0 => Cause::Protocol("a reply line that is too long"),
                _ => Cause::Closed,
            });
        }
        line.pop_if(|byte| *byte == b'\r');
        Ok(line)
    }

    /// Writes `line`, which ends in CRLF, and reads the reply; both within `time`.
    pub(super) async fn command(&mut self, line: &str, time: Duration) -> Result<Reply, Cause> {
        let conversation = async {
            self.write(line.as_bytes()).await?;
            self.read_reply().await
        };
        let reply = within(time, conversation).await?;
        // One command, one reply: more means that the two sides no longer talk of the same thing.
        if !self.is_in_step() {
            return Err(Cause::Protocol("more than one reply to a command"));
        }
        Ok(reply)
    }

    /// Writes `bytes` without waiting for an answer.
    pub(super) async fn say(
        &mut self,
        bytes: impl AsRef<[u8]>,
        time: Duration,
    ) -> Result<(), Cause> {
        within(time, self.write(bytes.as_ref())).await
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
            self.say(block, block_time).await?;
            rest = next;
        }
        Ok(rest)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.0.write_all(bytes).await.map_err(Cause::Io)?;
        self.0.flush().await.map_err(Cause::Io)
    }

    /// Whether nothing was read beyond the last reply.
    pub(super) fn is_in_step(&self) -> bool {
        self.0.buffer().is_empty()
    }

    /// Whether the server neither hung up nor said anything since the last reply. What it says
    /// unasked ("421 idle too long") would be taken for the answer to the next command.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.0.fill_buf().now_or_never().is_none() && self.0.get_ref().is_silent()
    }
}
