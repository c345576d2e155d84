//! The practical floor of a redirect: an epoll loop that answers every request with one constant
//! 302, without looking at it. Nothing over HTTP/1.1 can do less.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::args::Args;

pub(crate) fn command(args: &mut Args) -> Result<(), String> {
    let location: String = args.need("location")?;
    let port: u16 = args.or("port", 0)?;
    let threads: usize = args.or("threads", 1)?;
    args.finish()?;
    let mut listeners = Vec::new();
    let mut port = port;
    for _ in 0..threads {
        let listener = listen(port)?;
        port = listener.local_addr().map_err(failed)?.port();
        listeners.push(listener);
    }
    println!("listening on {port}");
    std::io::stdout().flush().map_err(failed)?;
    let answer = answer_to(&location);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let running: Vec<_> = listeners
            .into_iter()
            .map(|listener| scope.spawn(|| serve(listener, &answer, &stop)))
            .collect();
        running.into_iter().try_for_each(|thread| {
            thread
                .join()
                .map_err(|_| "a server thread panicked".to_owned())?
        })
    })
}

fn failed(why: std::io::Error) -> String {
    format!("the raw server: {why}")
}

/// A listener; several on one port share what comes.
pub(crate) fn listen(port: u16) -> Result<TcpListener, String> {
    use socket2::{Domain, Protocol, Socket, Type};
    let listen = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
        socket.listen(1024)?;
        std::io::Result::Ok(TcpListener::from_std(socket.into()))
    };
    listen().map_err(failed)
}

/// The answer, with the headers that the service sends.
pub(crate) fn answer_to(location: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 302 Found\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         location: {location}\r\nx-content-type-options: nosniff\r\ncontent-length: 0\r\n\
         date: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
    )
    .into_bytes()
}

const LISTENER: Token = Token(usize::MAX);

/// How long the loop waits before it looks whether it is to stop.
const TICK: std::time::Duration = std::time::Duration::from_millis(100);

struct Peer {
    stream: TcpStream,
    /// The last bytes of what came, in which the end of a request may begin.
    tail: [u8; 3],
}

/// Answers until `stop`.
pub(crate) fn serve(
    mut listener: TcpListener,
    answer: &[u8],
    stop: &AtomicBool,
) -> Result<(), String> {
    let mut poll = Poll::new().map_err(failed)?;
    let registry = poll.registry();
    registry
        .register(&mut listener, LISTENER, Interest::READABLE)
        .map_err(failed)?;
    let mut events = Events::with_capacity(1024);
    let mut peers: Vec<Option<Peer>> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        match poll.poll(&mut events, Some(TICK)) {
            Err(why) if why.kind() != ErrorKind::Interrupted => return Err(failed(why)),
            _ => {}
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut peers).map_err(failed)?;
                continue;
            }
            let slot = &mut peers[event.token().0];
            let stays = slot.as_mut().is_some_and(|peer| answer_peer(peer, answer));
            if !stays {
                *slot = None;
            }
        }
    }
    Ok(())
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    peers: &mut Vec<Option<Peer>>,
) -> std::io::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(why) => return Err(why),
        };
        stream.set_nodelay(true)?;
        let token = Token(peers.len());
        poll.registry()
            .register(&mut stream, token, Interest::READABLE)?;
        let tail = [0; 3];
        peers.push(Some(Peer { stream, tail }));
    }
}

/// Answers what came; whether the connection stays.
fn answer_peer(peer: &mut Peer, answer: &[u8]) -> bool {
    let mut buffer = [0; 16 * 1024];
    loop {
        match peer.stream.read(&mut buffer[3..]) {
            Ok(0) => return false,
            Ok(read) => {
                buffer[..3].copy_from_slice(&peer.tail);
                let seen = &buffer[..read + 3];
                for _ in 0..requests_in(seen) {
                    if peer.stream.write_all(answer).is_err() {
                        return false;
                    }
                }
                peer.tail.copy_from_slice(&seen[read..]);
                if read < buffer.len() - 3 {
                    return true;
                }
            }
            Err(why) => {
                return matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
            }
        }
    }
}

/// How many heads end here. A head that ends with the last byte is by far the usual case.
fn requests_in(seen: &[u8]) -> usize {
    seen.iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'\n' && seen[..*at].ends_with(b"\r\n\r"))
        .count()
}
