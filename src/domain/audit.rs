//! Who changed what, and when.

use serde::{Deserialize, Serialize};

use super::ids::{AuditId, ClientId, TenantId, UserId};
use super::time::Timestamp;

/// Longest name of an action or an object, and longest request id, in bytes; more is cut.
pub const MAX_NAME_BYTES: usize = 256;

/// Longest `before` or `after`, in bytes of JSON.
pub const MAX_STATE_BYTES: usize = 32 * 1024;

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// An API client, where its token speaks for one user: on that user's behalf.
    Client {
        /// The client that got the token.
        client: ClientId,
        /// The user it spoke for.
        user: Option<UserId>,
    },
    /// A reader of a mail, over a link in it.
    Reader(UserId),
    /// Whoever runs the program: the command line, or the first start.
    Operator,
}

impl Actor {
    /// The kind's name, stored and on the wire.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Client { .. } => "client",
            Self::Reader(_) => "reader",
            Self::Operator => "operator",
        }
    }

    /// The client, where one was used.
    #[must_use]
    pub const fn client(self) -> Option<ClientId> {
        match self {
            Self::Client { client, .. } => Some(client),
            Self::Reader(_) | Self::Operator => None,
        }
    }

    /// The user, where the change was one user's own.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Client { user, .. } => user,
            Self::Reader(user) => Some(user),
            Self::Operator => None,
        }
    }
}

/// One change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Names the entry.
    pub id: AuditId,
    /// When.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// The request that made it; `None`: not over HTTP.
    pub request_id: Option<String>,
    /// Who.
    pub actor: Actor,
    /// The tenant that it happened in.
    pub tenant_id: TenantId,
    /// That tenant's ancestors at the time, from the parent up to the root: their admins see it too.
    pub ancestors: Vec<TenantId>,
    /// What was done: `tenant.update`.
    pub action: String,
    /// The id of what it was done to.
    pub object: String,
    /// What was there, as far as it differs, as a JSON object; `None`: nothing was.
    pub before: Option<String>,
    /// What is there since, likewise.
    pub after: Option<String>,
}

impl AuditEntry {
    /// The tenant of the entry and all above it, whose lists show it.
    pub fn lineage(&self) -> impl Iterator<Item = TenantId> + '_ {
        std::iter::once(self.tenant_id).chain(self.ancestors.iter().copied())
    }
}

/// The start of `text` that is at most [`MAX_NAME_BYTES`] long.
#[must_use]
pub fn bounded(text: &str) -> String {
    let mut end = text.len().min(MAX_NAME_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_between_characters() {
        assert_eq!(bounded("tenant.update"), "tenant.update");
        let cut = bounded(&"ä".repeat(200));
        assert_eq!(cut, "ä".repeat(128));
        assert_eq!(bounded(&format!("x{}", "ä".repeat(200))).len(), 255);
    }
}
