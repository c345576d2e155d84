//! Delivery queue of one SMTP route (server, log-in, sender) in memory: due mails that wait to be
//! claimed, and claimed mails that wait for a connection. It is bounded; further due mails stay in
//! the store until there is room.
//!
//! Mails are claimed in batches, since each claim costs a commit. The batch is as large as the
//! number of connections at first and after each failure to talk to the server, and grows with each
//! mail that the server accepts. So a dead server never holds more than a handful of mails.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::route::Route;
use crate::domain::ids::MailId;
use crate::domain::mail::Mail;
use crate::domain::node::Term;
use crate::usecases::view::UserView;

/// Maximum mails of one route in a claim.
const MAX_TAKEN_AT_ONCE: usize = 128;

/// A claimed mail that waits longer than this for a connection is given back: its lease and its view
/// are getting old.
const MAX_HELD: Duration = Duration::from_secs(60);

/// The mails that wait in memory, over all routes; no pass queues them again.
pub(super) type Waiting = Arc<Mutex<HashSet<MailId>>>;

/// A claimed mail.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) mail: Mail,
    /// The term of the node when it took the mail.
    pub(super) term: Term,
    pub(super) since: Instant,
    /// What the recipient's mail is made of, as it was then. `None`: it could not be read.
    pub(super) view: Option<Option<UserView>>,
}

impl Taken {
    /// Whether it waited too long for a connection.
    pub(super) fn is_held_too_long(&self) -> bool {
        self.since.elapsed() >= MAX_HELD
    }
}

/// What a free connection does next.
pub(super) enum Turn {
    /// Send this. With `true` more are to be taken meanwhile.
    Send(Box<Taken>, bool),
    /// Take more first.
    Take,
    /// Another connection is taking more.
    Wait,
    /// There is nothing left.
    End,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<MailId>,
    taken: VecDeque<Taken>,
    /// Somebody is taking more.
    is_taking: bool,
    /// How many are taken at once.
    window: usize,
    /// How many that is at least: one for each connection.
    connections: usize,
    is_stopping: bool,
    /// More are due in the store: the outbox is to be woken when fewer than this wait. 0: there are none.
    refill_below: usize,
}

/// See the module.
pub(super) struct RouteQueue {
    pub(super) route: Arc<Route>,
    state: Mutex<State>,
    all_waiting: Waiting,
    more: Notify,
    outbox_wake: Arc<Notify>,
}

impl RouteQueue {
    fn new(route: Arc<Route>, all_waiting: Waiting, outbox_wake: Arc<Notify>) -> Self {
        Self {
            route,
            state: Mutex::default(),
            all_waiting,
            more: Notify::new(),
            outbox_wake,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held; if it did, the lists would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a mail at the end, unless it waits already.
    pub(super) fn push(&self, id: MailId) {
        if lock(&self.all_waiting).insert(id) {
            self.state().waiting.push_back(id);
        }
    }

    /// How many wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Has the outbox woken when fewer than `below` wait, since more are due in the store.
    pub(super) fn refill_below(&self, below: usize) {
        self.state().refill_below = below;
    }

    /// Those that wait are met again where they belong.
    fn forget_waiting(&self) {
        let mut state = self.state();
        let ids = std::mem::take(&mut state.waiting);
        state.refill_below = 0;
        drop(state);
        self.forget(&ids);
    }

    fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a MailId>) {
        let mut all = lock(&self.all_waiting);
        for id in ids {
            all.remove(id);
        }
    }

    /// One more connection works here.
    pub(super) fn join(&self) {
        let mut state = self.state();
        state.connections += 1;
        state.window = state.window.max(state.connections);
    }

    /// One connection less.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.connections = state.connections.saturating_sub(1);
    }

    /// How many mails nobody is sending yet.
    pub(super) fn len(&self) -> usize {
        let state = self.state();
        state.waiting.len() + state.taken.len()
    }

    fn is_unused(&self) -> bool {
        let state = self.state();
        state.connections == 0 && state.waiting.is_empty() && state.taken.is_empty()
    }

    /// What to do now. A caller that gets [`Turn::Take`] claims more, then calls [`RouteQueue::took`].
    pub(super) fn turn(&self) -> Turn {
        let mut state = self.state();
        if state.is_stopping {
            return Turn::End;
        }
        if let Some(next) = state.taken.pop_front() {
            let is_low = state.taken.len() < state.window / 2;
            let more = is_low && !state.is_taking && !state.waiting.is_empty();
            state.is_taking |= more;
            return Turn::Send(Box::new(next), more);
        }
        if state.is_taking {
            return Turn::Wait;
        }
        if state.waiting.is_empty() {
            return Turn::End;
        }
        state.is_taking = true;
        Turn::Take
    }

    /// Returns when another turn is worth asking for. To be called before the turn is.
    pub(super) fn change(&self) -> tokio::sync::futures::Notified<'_> {
        self.more.notified()
    }

    /// The mails to take now.
    pub(super) fn to_take(&self) -> Vec<MailId> {
        let mut state = self.state();
        let count = state.window.clamp(1, MAX_TAKEN_AT_ONCE);
        let count = count.min(state.waiting.len());
        let ids: Vec<MailId> = state.waiting.drain(..count).collect();
        let is_low = state.waiting.len() < state.refill_below;
        if is_low {
            state.refill_below = 0;
        }
        drop(state);
        self.forget(&ids);
        if is_low {
            self.outbox_wake.notify_one();
        }
        ids
    }

    /// These were taken. What was not is still due, and met again.
    pub(super) fn took(&self, taken: impl Iterator<Item = Taken>) {
        let mut state = self.state();
        state.is_taking = false;
        state.taken.extend(taken);
        drop(state);
        self.more.notify_waiters();
    }

    /// The server accepted one more mail.
    pub(super) fn went_well(&self) {
        let mut state = self.state();
        state.window = (state.window + 1).min(MAX_TAKEN_AT_ONCE);
    }

    /// The conversation with the server failed.
    pub(super) fn went_wrong(&self) {
        let mut state = self.state();
        state.window = state.connections;
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state().is_stopping
    }

    /// Nothing more is begun. What was taken is to be given back.
    fn stop(&self) -> Vec<Taken> {
        let mut state = self.state();
        state.is_stopping = true;
        let taken = state.taken.drain(..).collect();
        drop(state);
        self.more.notify_waiters();
        taken
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashSet<MailId>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The queues of all routes that have mail.
pub(super) struct RouteQueues {
    by_route: HashMap<Arc<Route>, Arc<RouteQueue>>,
    all_waiting: Waiting,
    outbox_wake: Arc<Notify>,
}

impl RouteQueues {
    pub(super) fn new(outbox_wake: Arc<Notify>) -> Self {
        Self {
            by_route: HashMap::new(),
            all_waiting: Waiting::default(),
            outbox_wake,
        }
    }

    /// The queue of a route.
    pub(super) fn of(&mut self, route: &Arc<Route>) -> Arc<RouteQueue> {
        if let Some(queue) = self.by_route.get(route) {
            return Arc::clone(queue);
        }
        let (waiting, wake) = (&self.all_waiting, &self.outbox_wake);
        let queue = RouteQueue::new(Arc::clone(route), Arc::clone(waiting), Arc::clone(wake));
        let queue = Arc::new(queue);
        self.by_route.insert(Arc::clone(route), Arc::clone(&queue));
        queue
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.by_route.len()
    }

    /// Those that wait are met again where they belong: routes have changed.
    pub(super) fn forget_waiting(&self) {
        for queue in self.by_route.values() {
            queue.forget_waiting();
        }
    }

    /// Those with mails, once those that nobody uses are forgotten.
    pub(super) fn with_mail(&mut self) -> Vec<Arc<RouteQueue>> {
        self.by_route.retain(|_, queue| !queue.is_unused());
        let queues = self.by_route.values().filter(|queue| queue.len() > 0);
        queues.cloned().collect()
    }

    /// Nothing more is begun. What was taken is to be given back.
    pub(super) fn stop(&self) -> Vec<Taken> {
        let stopped = self.by_route.values().map(|queue| queue.stop());
        stopped.flatten().collect()
    }
}
