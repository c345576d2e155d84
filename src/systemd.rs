//! Notifies systemd of the start and the stop of the service (`sd_notify(3)`): one datagram each.
//! `upsell serve` calls it. The service runs the same where no systemd listens.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// What systemd is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// The service answers; units that wait for it may start.
    Ready,
    /// The service ends; it still finishes what it began.
    Stopping,
}

/// Sends `readiness` to `socket` (from [`crate::config::notify_socket`]).
///
/// # Errors
/// When the socket is not there. The service should then go on: nobody listens.
pub fn notify(socket: &OsStr, readiness: Readiness) -> io::Result<()> {
    let address = match socket.as_bytes() {
        // An abstract address is written with @ for its leading zero byte.
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let state: &[u8] = match readiness {
        Readiness::Ready => b"READY=1",
        Readiness::Stopping => b"STOPPING=1",
    };
    let sender = UnixDatagram::unbound()?;
    // A full queue must not hold up the start or the end of the service.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(state, &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> Vec<u8> {
        let mut buffer = [0; 64];
        let length = socket.recv(&mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    #[test]
    fn systemd_hears_of_start_and_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        notify(path.as_os_str(), Readiness::Ready).unwrap();
        assert_eq!(received(&socket), b"READY=1");
        notify(path.as_os_str(), Readiness::Stopping).unwrap();
        assert_eq!(received(&socket), b"STOPPING=1");
    }

    #[test]
    fn abstract_addresses_begin_with_an_at_sign() {
        let name = format!("upsell-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        notify(OsStr::new(&format!("@{name}")), Readiness::Ready).unwrap();
        assert_eq!(received(&socket), b"READY=1");
    }

    #[test]
    fn a_missing_socket_is_an_error_and_no_hang() {
        assert!(notify(OsStr::new("/nowhere/notify"), Readiness::Ready).is_err());
    }
}
