//! The body of an answer, handed to hyper in pieces.
//!
//! hyper copies whatever it is given and takes all that it can get, whether the peer reads or not:
//! a whole file for each connection. So it gets the next piece when the previous one has left.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::exchange::Conn;
use super::watch::{H1Watch, H2Watch};

/// The most bytes that wait in a connection; what a TLS record and an HTTP/2 frame hold.
pub(super) const PIECE_BYTES: usize = 16 * 1024;

/// What goes back to hyper: a body that is complete from the start.
#[derive(Debug)]
pub(super) struct Outgoing {
    data: Option<Bytes>,
    flow: Flow,
}

/// When the next piece may go.
#[derive(Debug)]
enum Flow {
    /// There is one piece only.
    Whole,
    /// When the one before has left.
    H1(Arc<H1Watch>),
    /// When the peer has room, which hyper knows; the watchdog is told how the body is taken.
    H2(PendingBody),
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

impl Outgoing {
    pub(super) fn new(data: Option<Bytes>, conn: &Conn) -> Self {
        let bytes = data.as_ref().map_or(0, Bytes::len);
        let flow = match conn {
            Conn::H1(watch) if bytes > PIECE_BYTES => {
                watch.begin_pieces();
                Flow::H1(Arc::clone(watch))
            }
            Conn::H2(watch) if bytes > 0 => Flow::H2(PendingBody {
                watch: Arc::clone(watch),
                number: watch.open_body(),
            }),
            _ => Flow::Whole,
        };
        Self { data, flow }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let me = self.get_mut();
        let Some(rest) = &mut me.data else {
            return Poll::Ready(None);
        };
        let piece = match &me.flow {
            Flow::Whole => std::mem::take(rest),
            Flow::H1(watch) => {
                ready!(watch.poll_piece(cx, rest.len() <= PIECE_BYTES));
                rest.split_to(rest.len().min(PIECE_BYTES))
            }
            Flow::H2(pending) => {
                let piece = rest.split_to(rest.len().min(PIECE_BYTES));
                pending.watch.on_write(pending.number, piece.len());
                piece
            }
        };
        if rest.is_empty() {
            me.data = None;
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
