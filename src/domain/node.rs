//! Nodes: processes that share a store. Which of them are alive, and which one does what work.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::NodeId;
use super::time::Timestamp;
use uuid::Uuid;

/// What a node lets the others know of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Which node.
    pub node: NodeId,
    /// What people call it, such as its host and port.
    pub name: String,
    /// When it started.
    #[serde(rename = "started_us")]
    pub started_at: Timestamp,
    /// Until when it works, unless it renews this before.
    #[serde(rename = "alive_until_us")]
    pub alive_until: Timestamp,
}

impl Presence {
    /// Whether the node may still be at work.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.alive_until
    }
}

/// Judges nodes whose presence ends further ahead than a correct clock can say: theirs ran ahead, or
/// ours is behind. Such a node is alive for as long as it renews its presence.
#[derive(Debug, Default)]
pub struct Ahead {
    /// By node: the end it last gave, and when that was first seen here.
    seen: BTreeMap<NodeId, (Timestamp, Timestamp)>,
}

impl Ahead {
    /// Whether the node has renewed its presence within `patience`, as far as is known here.
    pub fn is_renewed(&mut self, node: &Presence, now: Timestamp, patience: Duration) -> bool {
        let new = (node.alive_until, now);
        let (end, since) = self.seen.entry(node.node).or_insert(new);
        if *end != node.alive_until || *since > now {
            (*end, *since) = new;
        }
        now.since(*since) < patience
    }

    /// Forgets all nodes but these.
    pub fn keep(&mut self, nodes: &[NodeId]) {
        self.seen.retain(|node, _| nodes.contains(node));
    }
}

/// A stretch of time that a node was alive through without a break. What it was given in one term
/// may be somebody else's in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Term(u64);

/// What a node knows of its own life. It is dead until its presence is stored, and again when it
/// could not renew that in time: the others then take its work over, whatever it believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Life {
    alive_until: Option<Timestamp>,
    term: Term,
}

impl Life {
    /// The term that runs at `now`; `None` while the node is dead.
    #[must_use]
    pub fn term(&self, now: Timestamp) -> Option<Term> {
        self.alive_until
            .filter(|until| now < *until)
            .map(|_| self.term)
    }

    /// The presence is stored with this end; `now` is when the store had answered. True where a new
    /// term begins.
    pub fn renew(&mut self, alive_until: Timestamp, now: Timestamp) -> bool {
        let is_new = self.term(now).is_none();
        if is_new {
            self.term = Term(self.term.0.wrapping_add(1));
        }
        self.alive_until = Some(alive_until);
        is_new
    }

    /// The node stops.
    pub const fn end(&mut self) {
        self.alive_until = None;
    }
}

/// The nodes that are alive, as one of them sees it. They share work by its ids: each id is one
/// node's, and when nodes come or go, only their own share goes to others (rendezvous hashing).
/// Two nodes may disagree for a moment, so nothing is right or wrong by this; it keeps them from
/// reaching for the same things all the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    own: NodeId,
    others: Vec<NodeId>,
}

impl Members {
    /// The node `own` among the nodes of `living`, in any order.
    #[must_use]
    pub fn new(own: NodeId, living: impl IntoIterator<Item = NodeId>) -> Self {
        let others = living.into_iter().filter(|node| *node != own);
        let mut others: Vec<NodeId> = others.collect();
        others.sort_unstable();
        others.dedup();
        Self { own, others }
    }

    /// Whether there is nobody else.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.others.is_empty()
    }

    /// Whether this node is the one to see to the work with this id.
    #[must_use]
    pub fn is_mine(&self, id: Uuid) -> bool {
        let own = (weight(self.own, id), self.own);
        let mut others = self.others.iter();
        others.all(|other| (weight(*other, id), *other) < own)
    }
}

/// How much a node is for an id: the most wins.
fn weight(node: NodeId, id: Uuid) -> u64 {
    let (node, id) = (node.uuid().as_u64_pair(), id.as_u64_pair());
    let words = [node.0, node.1, id.0, id.1];
    words.into_iter().fold(0, |hash, word| mix(hash ^ word))
}

/// The end of splitmix64: each bit of the number changes half of the bits of the result.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_node_is_dead_until_it_is_known_and_when_it_was_late() {
        let mut life = Life::default();
        assert_eq!(life.term(t(0)), None);
        assert!(life.renew(t(20), t(1)));
        let first = life.term(t(1));
        assert!(first.is_some());
        // In time: the same term.
        assert!(!life.renew(t(39), t(19)));
        assert_eq!(life.term(t(38)), first);
        assert_eq!(life.term(t(39)), None);
        // The store answered too late, though it was asked in time.
        assert!(life.renew(t(58), t(39)));
        let second = life.term(t(40));
        assert!(second.is_some() && second != first);
        life.end();
        assert_eq!(life.term(t(41)), None);
    }

    #[test]
    fn a_node_whose_clock_ran_ahead_is_alive_while_it_renews() {
        let mut ahead = Ahead::default();
        let patience = Duration::from_secs(25);
        let presence = |alive_until| Presence {
            node: NodeId::new(Uuid::nil()),
            name: String::new(),
            started_at: t(0),
            alive_until: t(alive_until),
        };
        // The end it gives, when we look, and whether it is alive then.
        for (alive_until, now, is_alive) in [
            (700_000, 100, true),
            (700_000, 124, true),
            (700_000, 125, false),
            (700_020, 126, true),
            (700_020, 150, true),
            (700_020, 151, false),
            // Our clock went back: it is given the whole time again.
            (700_020, 50, true),
            (700_020, 75, false),
        ] {
            let found = ahead.is_renewed(&presence(alive_until), t(now), patience);
            assert_eq!(found, is_alive, "{alive_until} at {now}");
        }
        ahead.keep(&[]);
        assert!(ahead.is_renewed(&presence(700_020), t(75), patience));
    }

    #[test]
    fn each_id_is_one_nodes_and_the_shares_are_fair() {
        const IDS: usize = 3000;
        let nodes = [(); 3].map(|()| NodeId::random());
        let views = nodes.map(|own| Members::new(own, nodes));
        let two = [nodes[0], nodes[1]];
        let later = two.map(|own| Members::new(own, two));
        let mut shares = [0; 3];
        for _ in 0..IDS {
            let id = Uuid::new_v4();
            let owners: Vec<usize> = (0..3).filter(|n| views[*n].is_mine(id)).collect();
            assert_eq!(owners.len(), 1);
            shares[owners[0]] += 1;
            // Only what was the third's goes to others.
            let heirs: Vec<usize> = (0..2).filter(|n| later[*n].is_mine(id)).collect();
            assert_eq!(heirs.len(), 1);
            assert!(owners[0] == 2 || heirs == owners);
        }
        assert!(
            shares.iter().all(|share| (800..1200).contains(share)),
            "{shares:?}"
        );
        let alone = Members::new(nodes[0], []);
        assert!(alone.is_alone() && alone.is_mine(Uuid::new_v4()));
    }
}
