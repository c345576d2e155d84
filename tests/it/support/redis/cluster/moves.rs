//! Slots on the move from one primary to another, step by step.

use super::super::Reply;
use super::RedisCluster;

impl RedisCluster {
    /// Moves a slot with its keys from one primary to another.
    pub(crate) fn move_slot(&self, slot: u16, from: usize, to: usize) {
        self.begin_move(slot, from, to);
        self.move_keys(slot, from, to);
        self.end_move(slot, from, to);
    }

    /// From now on `from` sends whoever asks for what it does not have to `to` (`ASK`).
    pub(crate) fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let importing = ["CLUSTER", "SETSLOT", &slot, "IMPORTING", &self.ids[from]];
        self.nodes[to].command(&importing);
        let migrating = ["CLUSTER", "SETSLOT", &slot, "MIGRATING", &self.ids[to]];
        self.nodes[from].command(&migrating);
    }

    /// Moves the keys of a slot whose move has begun.
    pub(crate) fn move_keys(&self, slot: u16, from: usize, to: usize) {
        let (slot, port) = (
            slot.to_string(),
            self.nodes[to].address().port().to_string(),
        );
        let from = &self.nodes[from];
        loop {
            let some = from.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]);
            let some = some.unwrap();
            let keys = some.list().iter().map(Reply::bytes);
            let head = ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
            let command: Vec<&[u8]> = head
                .iter()
                .map(|word| word.as_bytes())
                .chain(keys)
                .collect();
            if command.len() == head.len() {
                return;
            }
            from.ask(&command).unwrap();
        }
    }

    /// Ends a move whose keys have all been moved: the slot is that of `to`.
    pub(crate) fn end_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        // In this order: the new owner must know first, so that the slot is never nobody's.
        for node in [to, from] {
            self.nodes[node].command(&["CLUSTER", "SETSLOT", &slot, "NODE", &self.ids[to]]);
        }
    }
}
