//! The byte stream of one connection, plain or TLS, as hyper reads and writes it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::watch::H1Watch;

/// Most bytes read and thrown away after a refusal; who sends more meets a reset.
const LINGER_BYTES: usize = 1024 * 1024;

/// Plain or TLS.
pub(super) type Transport = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Makes closing `stream` a reset: whatever the peer has not taken is forgotten at once, where the
/// kernel would otherwise go on offering it for minutes.
pub(super) fn reset_on_close(stream: &TcpStream) {
    // Without the option the socket closes in the ordinary way, later.
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// A connection as hyper sees it.
#[derive(Debug)]
pub(super) struct Socket {
    transport: Transport,
    /// Read while the protocol was detected.
    first: Bytes,
    h1: Option<Arc<H1Watch>>,
    closing: Closing,
}

#[derive(Debug, Clone, Copy)]
enum Closing {
    No,
    /// Write side closed; this many bytes may still be read and dropped.
    Lingering(usize),
    Done,
}

impl Socket {
    pub(super) fn new(transport: Transport, first: Bytes, h1: Option<Arc<H1Watch>>) -> Self {
        Self {
            transport,
            first,
            h1,
            closing: Closing::No,
        }
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>, mut left: usize) -> Poll<io::Result<()>> {
        let mut waste = [0; 4096];
        loop {
            let mut buf = ReadBuf::new(&mut waste);
            match Pin::new(&mut self.transport).poll_read(cx, &mut buf) {
                Poll::Pending => {
                    self.closing = Closing::Lingering(left);
                    return Poll::Pending;
                }
                Poll::Ready(Ok(())) if !buf.filled().is_empty() && left > 0 => {
                    left = left.saturating_sub(buf.filled().len());
                }
                Poll::Ready(_) => {
                    self.closing = Closing::Done;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if !me.first.is_empty() {
            let n = me.first.len().min(buf.remaining());
            buf.put_slice(&me.first.split_to(n));
            if let Some(h1) = &me.h1 {
                h1.on_read();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut me.transport).poll_read(cx, buf);
        let Some(h1) = &me.h1 else { return polled };
        match polled {
            Poll::Ready(Ok(())) if buf.filled().len() > before => h1.on_read(),
            // hyper takes the end of input between two requests as a clean close. Only now is it
            // known that no request was waiting in the socket.
            Poll::Pending if h1.ends_when_idle() => return Poll::Ready(Ok(())),
            _ => {}
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        let polled = Pin::new(&mut me.transport).poll_write(cx, buf);
        if let (Poll::Ready(Ok(bytes)), Some(h1)) = (&polled, &me.h1) {
            h1.on_write(*bytes);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        ready!(Pin::new(&mut me.transport).poll_flush(cx))?;
        if let Some(h1) = &me.h1 {
            h1.on_flushed();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        match me.closing {
            Closing::Done => return Poll::Ready(Ok(())),
            Closing::Lingering(left) => return me.poll_linger(cx, left),
            Closing::No => {}
        }
        ready!(Pin::new(&mut me.transport).poll_shutdown(cx))?;
        if me.h1.as_ref().is_some_and(|h1| h1.on_shutdown()) {
            return me.poll_linger(cx, LINGER_BYTES);
        }
        me.closing = Closing::Done;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Dropped before it was closed: cut, aborted, or broken. There is nothing to preserve.
        if !matches!(self.closing, Closing::Done) {
            reset_on_close(match &self.transport {
                Either::Left(stream) => stream,
                Either::Right(stream) => stream.get_ref().0,
            });
        }
    }
}
