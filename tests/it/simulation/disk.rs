//! What all nodes of the simulation store: records in memory, with a written and a synced side. A crash drops
//! what was not synced, or leaves it to surface. Commits fail when they are told to, before they are made or after.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;
use upsell::store::engine::{
    Changes, CommitError, Expect, Key, Record, Revision, StoreError, Watcher, Write,
};

use super::oracle::Oracle;
use crate::reseller_races::Dice;

/// What is synced, by key.
pub(super) type Records = BTreeMap<Key, Record>;

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not made.
    Before,
    /// It is made, and the caller is told that the store failed.
    After,
}

/// A fault that is to come.
struct Armed {
    /// At the commit after so many others.
    after: usize,
    fault: Fault,
    /// So long everything fails from then on.
    outage: Duration,
}

/// What all nodes share.
pub(super) struct Disk {
    state: Mutex<State>,
    pub(super) oracle: Arc<Oracle>,
    /// Whether several nodes may use it, as servers; else one, as files.
    pub(super) is_shared: bool,
}

struct State {
    synced: Records,
    revision: u64,
    armed: Option<Armed>,
    away_until: Option<Instant>,
    failed_at: Option<Instant>,
    dice: Dice,
    /// Of each node that runs: what it has written and not synced.
    unsynced: BTreeMap<u32, Changes>,
    watchers: Vec<(Arc<Power>, Arc<dyn Watcher>)>,
}

/// Whether a node runs.
pub(super) struct Power {
    /// Which start of which node it is.
    pub(super) id: u32,
    is_on: AtomicBool,
}

impl Power {
    pub(super) fn on(id: u32) -> Arc<Self> {
        let is_on = AtomicBool::new(true);
        Arc::new(Self { id, is_on })
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }
}

impl Disk {
    pub(super) fn new(is_shared: bool, oracle: Arc<Oracle>, seed: u64) -> Arc<Self> {
        let state = State {
            synced: Records::new(),
            revision: 0,
            armed: None,
            away_until: None,
            failed_at: None,
            dice: Dice(seed),
            unsynced: BTreeMap::new(),
            watchers: Vec::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            oracle,
            is_shared,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&Records) -> T) -> T {
        look(&self.state().synced)
    }

    /// The commit after `after` others fails, and all that follows for so long.
    pub(super) fn arm(&self, after: usize, fault: Fault, outage: Duration) {
        self.state().armed = Some(Armed {
            after,
            fault,
            outage,
        });
    }

    /// A node has written this and not synced it yet; or it has now.
    pub(super) fn set_unsynced(&self, power: &Power, changes: Option<&Changes>) {
        let mut state = self.state();
        match changes {
            Some(changes) => state.unsynced.insert(power.id, changes.clone()),
            None => state.unsynced.remove(&power.id),
        };
    }

    /// Tells of every change from now on, while the node runs.
    pub(super) fn watch(&self, power: &Arc<Power>, watcher: Arc<dyn Watcher>) {
        self.state().watchers.push((Arc::clone(power), watcher));
    }

    /// Whether nothing has failed for so long, nor is about to.
    pub(super) fn is_well_for(&self, time: Duration) -> bool {
        let state = self.state();
        state.armed.is_none() && state.failed_at.is_none_or(|at| at.elapsed() >= time)
    }

    /// No fault is to come or goes on.
    pub(super) fn heal(&self) {
        let mut state = self.state();
        state.armed = None;
        state.away_until = None;
    }

    /// The node is gone this instant. What it had written and not synced may surface; servers tell the others of it.
    pub(super) fn crash(&self, power: &Power) {
        power.is_on.store(false, Ordering::Relaxed);
        let mut state = self.state();
        state.watchers.retain(|(other, _)| other.is_on());
        if let Some(changes) = state.unsynced.remove(&power.id)
            && state.dice.roll(2) == 0
        {
            drop(state);
            let surfaced = self.make(&changes);
            self.oracle.note(|| format!("surfaces: {surfaced:?}"));
            if surfaced.is_ok() {
                self.tell(&changes, |_| true);
            }
        }
    }

    /// A random wait below `most`.
    pub(super) fn latency(&self, most: Duration) -> Duration {
        let micros = usize::try_from(most.as_micros()).unwrap();
        Duration::from_micros(self.state().dice.roll(micros) as u64)
    }

    pub(super) fn check_away(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        match state.away_until {
            Some(until) if Instant::now() < until => {
                state.failed_at = Some(Instant::now());
                Err(away())
            }
            _ => {
                state.away_until = None;
                Ok(())
            }
        }
    }

    /// The fault of the next commit.
    pub(super) fn next_fault(&self) -> Option<Fault> {
        let mut state = self.state();
        let armed = state.armed.as_mut()?;
        if armed.after > 0 {
            armed.after -= 1;
            return None;
        }
        let armed = state.armed.take()?;
        state.failed_at = Some(Instant::now());
        state.away_until = Some(Instant::now() + armed.outage);
        Some(armed.fault)
    }

    /// Makes a change, if all that it expects holds, and tells the oracle.
    pub(super) fn make(&self, changes: &Changes) -> Result<(), CommitError> {
        let mut state = self.state();
        for (key, expect) in &changes.expectations {
            let found = state.synced.get(key).map(|record| record.revision);
            let expected = match expect {
                Expect::Absent => None,
                Expect::Revision(revision) => Some(*revision),
            };
            if found != expected {
                return Err(CommitError::Conflict(key.clone()));
            }
        }
        let mut last: BTreeMap<&Key, Option<&Vec<u8>>> = BTreeMap::new();
        for write in &changes.writes {
            let body = match write {
                Write::Put(_, body) => Some(body),
                Write::Delete(_) => None,
            };
            last.insert(write.key(), body);
        }
        self.oracle.made(&state.synced, &last);
        for (key, body) in last {
            match body {
                Some(body) => {
                    state.revision += 1;
                    let revision = Revision(state.revision);
                    let body = body.clone();
                    let record = Record { revision, body };
                    state.synced.insert(key.clone(), record);
                }
                None => drop(state.synced.remove(key)),
            }
        }
        Ok(())
    }

    /// Tells the watchers of the node, or those of all others.
    pub(super) fn tell(&self, changes: &Changes, of: impl Fn(&Power) -> bool) {
        let watchers = self.state().watchers.clone();
        let keys: Vec<&Key> = changes.writes.iter().map(Write::key).collect();
        let told = watchers
            .iter()
            .filter(|(power, _)| power.is_on() && of(power));
        told.for_each(|(_, watcher)| watcher.changed(&keys));
    }
}

pub(super) fn away() -> StoreError {
    StoreError::Unavailable("the store is away".to_owned())
}
