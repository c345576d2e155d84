//! Processes that never outlive the tests, and ports for them.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

/// The ports of servers. A cluster's node talks to the others on a port of its own, 10 000 above.
/// All of these are below the ports that systems give to outgoing connections (from 32 768 on):
/// a server that is killed and started again finds its port free.
const PORTS: std::ops::Range<u16> = 10_000..20_000;

/// From a server's port to that of its cluster's bus.
const TO_BUS: u16 = 10_000;

/// A port that nobody listens on now, nor on that of its bus, and that no other server of these
/// tests is given. Another program may still be faster.
pub(super) fn free_port() -> u16 {
    // Tests of other checkouts may run at the same time: they begin elsewhere.
    static NEXT: LazyLock<AtomicUsize> =
        LazyLock::new(|| AtomicUsize::new(std::process::id() as usize * 7919));
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    (0..PORTS.len())
        .map(|_| NEXT.fetch_add(1, Ordering::Relaxed) % PORTS.len())
        .map(|offset| PORTS.start + u16::try_from(offset).unwrap())
        .find(|&port| free(port) && free(port + TO_BUS))
        .expect("a free port")
}

/// Starts a program that the kernel kills when this process ends, in whichever way.
pub(super) fn spawn(program: &Path, arguments: &[String]) -> Child {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let (child, started) = channel();
    KEEPER.send((command, child)).unwrap();
    let started = started.recv().unwrap();
    started.unwrap_or_else(|error| panic!("setpriv (of util-linux) cannot be run: {error}"))
}

type Order = (Command, Sender<std::io::Result<Child>>);

/// The thread that starts all programs, and stays. For the kernel it is the thread that is the
/// parent, not the process: a test's own thread may end before its server should.
static KEEPER: LazyLock<Sender<Order>> = LazyLock::new(|| {
    let (orders, received) = channel::<Order>();
    std::thread::spawn(move || {
        for (mut command, child) in received {
            // Whoever ordered it waits for it.
            let _ = child.send(command.spawn());
        }
    });
    orders
});
