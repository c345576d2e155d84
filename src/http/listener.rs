//! Listening sockets.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections the kernel may hold before they are accepted (it caps this at `somaxconn`).
const BACKLOG: u32 = 4096;

/// Listens on `addr`; port 0 takes a free port. The address can be bound again at once after a
/// restart (`SO_REUSEADDR`).
///
/// # Errors
/// What the system says: address in use, not local, or not permitted.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(addr)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// As [`bind`], and more listeners may share the address (`SO_REUSEPORT`): the kernel spreads
/// connections over them, one listener per runtime and core.
///
/// # Errors
/// As [`bind`].
pub fn bind_shared(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(addr)?;
    socket.set_reuseport(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

fn socket(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    Ok(socket)
}
