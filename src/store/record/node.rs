//! Stored form of what a node lets the others know of itself.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stored;
use crate::domain::ids::NodeId;
use crate::domain::node::Presence;
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub struct PresenceForm {
    node: Uuid,
    name: String,
    started_us: i64,
    alive_until_us: i64,
}

impl From<Presence> for PresenceForm {
    fn from(presence: Presence) -> Self {
        Self {
            node: presence.node.uuid(),
            name: presence.name,
            started_us: presence.started_at.micros(),
            alive_until_us: presence.alive_until.micros(),
        }
    }
}

impl Stored for Presence {
    const NAME: &'static str = "presence";
    type Form = PresenceForm;

    fn from_form(form: PresenceForm) -> Result<Self, String> {
        Ok(Self {
            node: NodeId::new(form.node),
            name: form.name,
            started_at: Timestamp::from_micros(form.started_us),
            alive_until: Timestamp::from_micros(form.alive_until_us),
        })
    }
}
