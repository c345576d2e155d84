//! A cluster: primaries that share the slots, and their replicas.

mod moves;

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::{Program, RedisServer, eventually};

/// How many slots a cluster has.
pub(crate) const SLOTS: u16 = 16_384;

/// How a cluster is made.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) primaries: usize,
    pub(crate) replicas_each: usize,
    /// After this time without an answer a node counts as gone.
    pub(crate) node_timeout: Duration,
    /// Further lines of the nodes' configuration; later ones win.
    pub(crate) lines: Vec<String>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            primaries: 3,
            replicas_each: 1,
            node_timeout: Duration::from_secs(1),
            lines: Vec::new(),
        }
    }
}

impl Shape {
    fn node_lines(&self) -> Vec<String> {
        let mut lines = vec![
            "cluster-enabled yes".to_owned(),
            "cluster-config-file nodes.conf".to_owned(),
            format!("cluster-node-timeout {}", self.node_timeout.as_millis()),
            // Replicas do not wait for others that might want the same data.
            "repl-diskless-sync-delay 0".to_owned(),
        ];
        lines.extend(self.lines.iter().cloned());
        lines
    }

    /// Whose replica a node is to be, by index.
    fn primary_of(&self, node: usize) -> Option<usize> {
        let replica = node.checked_sub(self.primaries)?;
        Some(replica / self.replicas_each)
    }
}

/// A running cluster.
pub(crate) struct RedisCluster {
    /// The first primaries, then the first replicas: those of the first primary, of the second, …
    /// After a failover others are primaries.
    pub(crate) nodes: Vec<RedisServer>,
    /// By node; they outlive restarts.
    ids: Vec<String>,
}

/// What a node thinks of another one or itself.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    id: String,
    /// The id of its primary; none for a primary itself.
    primary: Option<String>,
    /// Ranges of slots.
    slots: Vec<String>,
    /// Not reached, or not fully known.
    missing: bool,
}

impl Member {
    /// From a line of `CLUSTER NODES`.
    fn parse(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let flags = words[2];
        // Slots that are on the move are known to two nodes only.
        let slots = words[8..].iter().filter(|slot| !slot.starts_with('['));
        Self {
            id: words[0].to_owned(),
            primary: Some(words[3]).filter(|&id| id != "-").map(str::to_owned),
            slots: slots.map(|&slot| slot.to_owned()).collect(),
            missing: flags.contains("fail") || flags.contains("handshake"),
        }
    }

    fn has(&self, slot: u16) -> bool {
        self.slots.iter().any(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            (first.parse().unwrap()..=last.parse().unwrap()).contains(&slot)
        })
    }
}

impl RedisCluster {
    /// Starts the nodes and waits until all of them serve or replicate.
    pub(crate) async fn start(program: Program, shape: &Shape) -> Self {
        // Dozens of servers that start at once, beside other tests, do not find each other in time.
        static STARTING: Semaphore = Semaphore::const_new(2);
        let _turn = STARTING.acquire().await.unwrap();
        let lines = shape.node_lines();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let count = shape.primaries * (1 + shape.replicas_each);
        let starts = (0..count).map(|_| RedisServer::start(program, &lines));
        let nodes = join_all(starts).await;
        let ids = nodes.iter().map(|node| node.command(&["CLUSTER", "MYID"]));
        let ids = ids.collect();
        let cluster = Self { nodes, ids };
        cluster.share_slots(shape.primaries);
        cluster.meet();
        cluster.replicate(shape).await;
        eventually("each replica has its primary", async || {
            let all = (0..count).all(|node| cluster.has_primary(node, shape.primary_of(node)));
            (all && cluster.is_settled()).then_some(())
        })
        .await;
        cluster
    }

    /// Whether a node knows this one as its primary, or itself as one.
    fn has_primary(&self, node: usize, primary: Option<usize>) -> bool {
        let members = self.view(node).unwrap_or_default();
        let itself = members.iter().find(|member| member.id == self.ids[node]);
        let wanted = primary.map(|primary| &self.ids[primary]);
        itself.is_some_and(|itself| itself.primary.as_ref() == wanted)
    }

    fn share_slots(&self, primaries: usize) {
        let bound = |part: usize| usize::from(SLOTS) * part / primaries;
        for (part, node) in self.nodes[..primaries].iter().enumerate() {
            let (first, last) = (bound(part).to_string(), (bound(part + 1) - 1).to_string());
            node.command(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
        }
    }

    fn meet(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            // Nodes with the same epoch would first have to settle which of them is the later one.
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        for node in &self.nodes[1..] {
            let port = node.address().port().to_string();
            self.nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port]);
        }
    }

    async fn replicate(&self, shape: &Shape) {
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(primary) = shape.primary_of(index) else {
                continue;
            };
            let command = ["CLUSTER", "REPLICATE", &self.ids[primary]];
            eventually("a replica knows its primary", async || {
                node.ask(&command).ok()
            })
            .await;
        }
    }

    /// Some of the nodes, as one address.
    pub(crate) fn url(&self) -> String {
        let first = self.nodes.iter().take(3);
        let addresses: Vec<String> = first.map(|node| node.address().to_string()).collect();
        format!("redis-cluster://{}", addresses.join(","))
    }

    /// The slot of a key.
    pub(crate) fn slot_of(&self, key: &str) -> u16 {
        let slot = self.awake()[0].1.ask(&["CLUSTER", "KEYSLOT", key]);
        u16::try_from(slot.unwrap().number()).unwrap()
    }

    /// The index of the node that serves a slot, once the cluster is settled.
    pub(crate) async fn primary_of(&self, slot: u16) -> usize {
        self.until_settled().await;
        let (teller, _) = self.awake()[0];
        let members = self.view(teller).expect("it has just answered");
        let owner = members.iter().find(|member| member.has(slot));
        self.index(&owner.expect("all slots are served").id)
    }

    /// The indexes of the replicas of a node that are not missing.
    pub(crate) fn replicas_of(&self, primary: usize) -> Vec<usize> {
        let members = self.view(primary).expect("a primary answers");
        let replicas = members.iter().filter(|member| {
            member.primary.as_ref() == Some(&self.ids[primary]) && !member.missing
        });
        replicas.map(|member| self.index(&member.id)).collect()
    }

    /// Waits until all nodes that are neither killed nor paused agree on who does what, all slots
    /// are served by them, and their replicas are connected.
    pub(crate) async fn until_settled(&self) {
        eventually("the cluster is settled", async || {
            self.is_settled().then_some(())
        })
        .await;
    }

    fn is_settled(&self) -> bool {
        let awake = self.awake();
        let views = awake.iter().map(|&(index, _)| self.view(index));
        let Some(views) = views.collect::<Option<Vec<Vec<Member>>>>() else {
            return false;
        };
        views.iter().all(|view| view == &views[0])
            && views[0].len() == self.nodes.len()
            && views[0].iter().all(|member| self.is_well(member))
            && awake.iter().all(|(_, node)| serves(node))
    }

    /// A node that is awake is not missing and, as a replica, connected; another one serves
    /// nothing.
    fn is_well(&self, member: &Member) -> bool {
        let node = &self.nodes[self.index(&member.id)];
        if !node.is_awake() {
            return member.slots.is_empty();
        }
        !member.missing && (member.primary.is_none() || is_connected(node))
    }

    fn awake(&self) -> Vec<(usize, &RedisServer)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(|(_, node)| node.is_awake()).collect()
    }

    fn index(&self, id: &str) -> usize {
        let found = self.ids.iter().position(|known| known == id);
        found.expect("a node of this cluster")
    }

    /// What a node knows of all of them, in the order of their ids. None while it says nothing:
    /// a replica that loads its primary's data does not.
    fn view(&self, teller: usize) -> Option<Vec<Member>> {
        let lines = self.nodes[teller]
            .ask(&["CLUSTER", "NODES"])
            .ok()?
            .to_string();
        let mut members: Vec<Member> = lines.lines().map(Member::parse).collect();
        // During a handshake a node has an id that is not its own.
        members.retain(|member| self.ids.contains(&member.id));
        members.sort();
        Some(members)
    }
}

/// Whether a node says that all slots are served.
fn serves(node: &RedisServer) -> bool {
    let info = node.ask(&["CLUSTER", "INFO"]);
    let info = info.map_or_else(|refused| refused, |info| info.to_string());
    let says = |line: &str| info.lines().any(|found| found == line);
    says("cluster_state:ok") && says(&format!("cluster_slots_ok:{SLOTS}"))
}

/// Whether a replica has its primary's data and is told of changes.
pub(super) fn is_connected(replica: &RedisServer) -> bool {
    let info = replica.command(&["INFO", "replication"]);
    info.lines().any(|line| line == "master_link_status:up")
}
