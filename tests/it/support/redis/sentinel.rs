//! A primary and its replica, watched over by three sentinels.

use std::net::SocketAddr;

use futures_util::future::join_all;

use super::cluster::is_connected;
use super::{Program, RedisServer, Setup, eventually};

/// By this name clients ask the sentinels for the primary.
const NAME: &str = "upsell";

/// Two servers and their sentinels, of whom two must agree that the primary is gone.
pub(crate) struct Sentinels {
    /// At first the primary, then its replica.
    pub(crate) servers: Vec<RedisServer>,
    pub(crate) sentinels: Vec<RedisServer>,
}

impl Sentinels {
    /// Starts all of them and waits until they know each other.
    pub(crate) async fn start(program: Program) -> Self {
        let quick = "repl-diskless-sync-delay 0";
        let primary = RedisServer::start(program, &[quick]).await;
        let port = primary.address().port();
        let replicaof = format!("replicaof 127.0.0.1 {port}");
        let replica = RedisServer::start(program, &[quick, &replicaof]).await;
        eventually("the replica is connected", async || {
            is_connected(&replica).then_some(())
        })
        .await;
        let setup = Setup {
            sentinel: true,
            lines: vec![
                format!("sentinel monitor {NAME} 127.0.0.1 {port} 2"),
                format!("sentinel down-after-milliseconds {NAME} 1000"),
                format!("sentinel failover-timeout {NAME} 2000"),
            ],
            ..Setup::default()
        };
        let sentinels = (0..3).map(|_| RedisServer::with(program, setup.clone()));
        let sentinels = join_all(sentinels).await;
        for sentinel in &sentinels {
            hurry(sentinel);
        }
        let servers = vec![primary, replica];
        let all = Self { servers, sentinels };
        all.until_acquainted().await;
        all
    }

    async fn until_acquainted(&self) {
        eventually(
            "the sentinels know each other and the replica",
            async || {
                let mut known = self.sentinels.iter().map(|sentinel| {
                    let primary = sentinel.command(&["SENTINEL", "MASTER", NAME]);
                    let lines: Vec<&str> = primary.lines().collect();
                    let is = |name, value| lines.windows(2).any(|pair| pair == [name, value]);
                    is("flags", "master") && is("num-slaves", "1") && is("num-other-sentinels", "2")
                });
                known.all(|known| known).then_some(())
            },
        )
        .await;
    }

    /// The sentinels' addresses and the name of the primary, as one address.
    pub(crate) fn url(&self) -> String {
        let sentinels = self.sentinels.iter();
        let addresses: Vec<String> = sentinels.map(|one| one.address().to_string()).collect();
        format!("redis-sentinel://{}/{NAME}", addresses.join(","))
    }

    /// The index of the server that all sentinels that are awake call the primary, if it says so
    /// itself.
    pub(crate) fn primary(&self) -> Option<usize> {
        let awake = self.sentinels.iter().filter(|one| one.is_awake());
        let told: Vec<SocketAddr> = awake.map(told_primary).collect();
        let server = |address| self.servers.iter().position(|one| one.address() == address);
        let index = server(*told.first()?)?;
        let agreed = told.iter().all(|address| address == &told[0]);
        (agreed && is_primary(&self.servers[index])).then_some(index)
    }

    /// Waits until a primary other than this is known; its index.
    pub(crate) async fn until_other_primary(&self, old: usize) -> usize {
        eventually("another primary", async || {
            self.primary().filter(|&index| index != old)
        })
        .await
    }

    /// Waits until a server, such as a primary of earlier that was started again, replicates
    /// what is the primary now.
    pub(crate) async fn until_replica(&self, index: usize) {
        let server = &self.servers[index];
        eventually("it is a replica", async || {
            (!is_primary(server) && is_connected(server)).then_some(())
        })
        .await;
    }
}

/// Sentinels tell each other every two seconds that they are there, and ask servers every ten how
/// they are: much of the time of a test. They go on looking every second whether somebody answers:
/// more often, and they would take what they know of the replica for too old to promote it.
fn hurry(sentinel: &RedisServer) {
    let hurry = ["publish-period", "100", "info-period", "200"];
    sentinel.command(&[&["SENTINEL", "DEBUG"], &hurry[..]].concat());
}

fn told_primary(sentinel: &RedisServer) -> SocketAddr {
    let told = sentinel.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]);
    let (host, port) = told.split_once('\n').expect("a host and a port");
    format!("{host}:{port}").parse().unwrap()
}

fn is_primary(server: &RedisServer) -> bool {
    let role = |info: String| info.lines().any(|line| line == "role:master");
    server.is_awake() && role(server.command(&["INFO", "replication"]))
}
