//! Nodes, and the mails that each of them has.

use uuid::Uuid;

use crate::domain::ids::{MailId, NodeId};
use crate::store::engine::Key;

key_functions! {
    /// That a node is there.
    presence(node: NodeId) = Presence, node;
    /// All nodes.
    presences() = Presence;
    /// A mail that a node has taken.
    lease(owner: NodeId, mail: MailId) = Lease, owner, mail;
    /// All mails that a node has taken.
    leases_of(owner: NodeId) = Lease, owner;
    /// All mails that are taken, by their owners.
    leases() = Lease;
    /// Behind all mails that a node has taken.
    end_of_leases(owner: NodeId) = Lease, owner, Uuid::max();
}

impl Key {
    /// The owner, in a key of [`lease`].
    #[must_use]
    pub fn lease_owner(&self) -> Option<NodeId> {
        self.leading_uuid().map(NodeId::new)
    }
}
