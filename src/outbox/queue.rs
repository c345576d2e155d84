//! What is under way in the outbox: mails with a server, and mails that wait for a connection to
//! theirs.

use std::collections::{HashMap, HashSet, VecDeque};

use tokio::task::JoinSet;

use super::route::Route;
use crate::domain::ids::MailId;
use crate::domain::time::Timestamp;

/// Mails in the hands of mail servers at once, over all servers.
const MAX_IN_FLIGHT: usize = 1000;

/// Mails remembered while their server has no connection free; further ones are met again in a
/// later pass.
const MAX_WAITING: usize = 50_000;

/// What is under way: mails with a server, and mails that wait for a connection to theirs.
#[derive(Default)]
pub(super) struct Queue {
    /// Each ends with the time of the next attempt, where there is to be one.
    pub(super) sending: JoinSet<Option<Timestamp>>,
    pub(super) waiting: HashMap<Route, VecDeque<MailId>>,
    waiting_ids: HashSet<MailId>,
}

impl Queue {
    pub(super) fn has_room(&self) -> bool {
        self.sending.len() < MAX_IN_FLIGHT
    }

    /// Clears away what has ended, `first` and all others; the earliest attempt that is to come.
    pub(super) fn ended(&mut self, first: Option<Timestamp>) -> Option<Timestamp> {
        let mut retry_at = first;
        while let Some(ended) = self.sending.try_join_next() {
            let next = ended.ok().flatten();
            retry_at = [retry_at, next].into_iter().flatten().min();
        }
        retry_at
    }

    pub(super) fn is_waiting(&self, id: MailId) -> bool {
        self.waiting_ids.contains(&id)
    }

    pub(super) fn wait(&mut self, route: Route, id: MailId) {
        if self.waiting_ids.len() < MAX_WAITING && self.waiting_ids.insert(id) {
            self.waiting.entry(route).or_default().push_back(id);
        }
    }

    pub(super) fn next_waiting(&mut self, route: &Route) -> Option<MailId> {
        let ids = self.waiting.get_mut(route)?;
        let next = ids.pop_front();
        if ids.is_empty() {
            self.waiting.remove(route);
        }
        if let Some(id) = next {
            self.waiting_ids.remove(&id);
        }
        next
    }
}
