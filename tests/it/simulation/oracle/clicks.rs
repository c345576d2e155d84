//! Clicks are counted once each, but for those that a node had not counted when it died. Each node has places of
//! its own, so that the counts say whose clicks they are.

use std::time::Duration;

use tokio::time::Instant;
use upsell::domain::click::CountsByPlacement;
use upsell::domain::link::Placement;
use upsell::store::record::clicks::{decode_day, decode_latest};

use super::super::disk::Records;
use super::super::{FLUSH_INTERVAL, NODES};
use super::State;

#[derive(Default)]
pub(super) struct Clicks {
    /// By node: so many are to be counted.
    expected: [u64; NODES],
    /// When those were taken in that may be lost.
    taken: [Vec<Instant>; NODES],
}

/// Where the clicks of a node come from.
pub(in super::super) fn places_of(node: usize) -> impl Iterator<Item = Placement> {
    let places = Placement::ALL.into_iter().enumerate();
    places
        .filter(move |(n, _)| n % NODES == node)
        .map(|(_, place)| place)
}

impl Clicks {
    pub(super) fn take(&mut self, node: usize) {
        self.expected[node] += 1;
        self.taken[node].push(Instant::now());
    }
}

/// What is counted of a node's clicks.
fn counted(records: &Records, node: usize) -> u64 {
    let mut sum = 0;
    let mut add = |counts: &CountsByPlacement| {
        for place in places_of(node) {
            sum += counts.get(&place).map_or(0, |counts| counts.raw);
        }
    };
    for (key, record) in records {
        match key.0.first() {
            Some(b'J') => add(&decode_latest(&record.body).unwrap().counts),
            Some(b'k') => add(&decode_day(&record.body).unwrap()),
            _ => {}
        }
    }
    sum
}

impl State {
    pub(super) fn lose_clicks(&mut self, node: usize, records: &Records, is_well: bool) {
        let counted = counted(records, node);
        let taken = std::mem::take(&mut self.clicks.taken[node]);
        let may_be_lost = FLUSH_INTERVAL + Duration::from_millis(500);
        let late = taken.iter().filter(|at| at.elapsed() < may_be_lost).count() as u64;
        let expected = self.clicks.expected[node];
        if counted > expected {
            self.fault(format!(
                "{counted} clicks of node {node} are counted, of {expected}"
            ));
        }
        if is_well && counted + late < expected {
            self.fault(format!(
                "{counted} clicks of node {node} are counted, of {expected} of which {late} are new"
            ));
        }
        self.clicks.expected[node] = counted;
    }

    pub(super) fn count_clicks(&mut self, records: &Records) {
        for node in 0..NODES {
            let (counted, expected) = (counted(records, node), self.clicks.expected[node]);
            if counted != expected {
                self.fault(format!(
                    "{counted} clicks of node {node} are counted, of {expected}"
                ));
            }
        }
    }
}
