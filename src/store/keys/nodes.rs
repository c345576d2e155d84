//! Nodes, and the mails that each of them has.

use uuid::Uuid;

use super::Family;
use crate::domain::ids::{MailId, NodeId};
use crate::store::engine::Key;

/// That a node is there.
#[must_use]
pub fn presence(node: NodeId) -> Key {
    Family::Presence.key(node.bytes())
}

/// All nodes.
#[must_use]
pub fn presences() -> Key {
    Family::Presence.key(&[])
}

/// A mail that a node has taken.
#[must_use]
pub fn lease(owner: NodeId, mail: MailId) -> Key {
    leases_of(owner).then(mail.bytes())
}

/// All mails that a node has taken.
#[must_use]
pub fn leases_of(owner: NodeId) -> Key {
    Family::Lease.key(owner.bytes())
}

/// All mails that are taken, by their owners.
#[must_use]
pub fn leases() -> Key {
    Family::Lease.key(&[])
}

/// Behind all mails that a node has taken.
#[must_use]
pub fn end_of_leases(owner: NodeId) -> Key {
    lease(owner, MailId::new(Uuid::max()))
}

impl Key {
    /// The owner, in a key of [`lease`].
    #[must_use]
    pub fn lease_owner(&self) -> Option<NodeId> {
        let id = Uuid::from_slice(self.0.get(1..17)?).ok()?;
        Some(NodeId::new(id))
    }
}
