//! The mails of one way out: those that wait to be taken, and those that are taken and wait for one
//! of its connections.
//!
//! Mails are taken many at once, since that costs a commit. How many follows how the server does: as
//! many as there are connections at first, and after each failure to talk to it; more with each mail
//! that it accepts. So a dead server never holds more than a handful of mails.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::route::Route;
use crate::domain::ids::MailId;
use crate::domain::node::Term;
use crate::domain::notification::Mail;

/// Mails of one way out that are taken at once, at most.
const MAX_TAKEN_AT_ONCE: usize = 128;

/// A taken mail whose turn does not come within this time is given back: its lease, and whatever
/// else was decided about it, is getting old.
const MAX_HELD: Duration = Duration::from_secs(60);

/// Mails that are remembered as waiting, over all ways out. They are not looked at again meanwhile.
pub(super) type Waiting = Arc<Mutex<HashSet<MailId>>>;

/// A mail that was taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) mail: Mail,
    /// The term of the node when it took the mail.
    pub(super) term: Term,
    since: Instant,
}

impl Taken {
    /// Whether its turn came too late.
    pub(super) fn is_held_too_long(&self) -> bool {
        self.since.elapsed() >= MAX_HELD
    }
}

/// What a connection that is free is to do.
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
}

/// The mails of one way out.
pub(super) struct Line {
    pub(super) route: Arc<Route>,
    state: Mutex<State>,
    all_waiting: Waiting,
    more: Notify,
}

impl Line {
    fn new(route: Arc<Route>, all_waiting: Waiting) -> Self {
        Self {
            route,
            state: Mutex::default(),
            all_waiting,
            more: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held; if it did, the lists would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, id: MailId) {
        self.state().waiting.push_back(id);
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

    /// What to do now. Whoever is told to take more does so, and then calls [`Line::took`].
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
        drop(state);
        let mut all = lock(&self.all_waiting);
        ids.iter().for_each(|id| {
            all.remove(id);
        });
        ids
    }

    /// These were taken in `term`. What was not is still due, and met again.
    pub(super) fn took(&self, mails: Vec<Mail>, term: Term) {
        let since = Instant::now();
        let mut state = self.state();
        state.is_taking = false;
        let taken = mails.into_iter().map(|mail| Taken { mail, term, since });
        state.taken.extend(taken);
        drop(state);
        self.more.notify_waiters();
    }

    /// The server did its part for one more mail.
    pub(super) fn went_well(&self) {
        let mut state = self.state();
        state.window = (state.window + 1).min(MAX_TAKEN_AT_ONCE);
    }

    /// There was no talking to the server.
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

/// All ways out that have mail.
#[derive(Default)]
pub(super) struct Lines {
    by_route: HashMap<Arc<Route>, Arc<Line>>,
    waiting: Waiting,
}

impl Lines {
    /// Whether the mail waits already.
    pub(super) fn has(&self, id: MailId) -> bool {
        lock(&self.waiting).contains(&id)
    }

    /// How many mails wait.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.waiting).len()
    }

    /// Puts a mail at the end of its line.
    pub(super) fn push(&mut self, route: &Arc<Route>, id: MailId) {
        if !lock(&self.waiting).insert(id) {
            return;
        }
        if let Some(line) = self.by_route.get(route) {
            line.push(id);
            return;
        }
        let line = Line::new(Arc::clone(route), Arc::clone(&self.waiting));
        line.push(id);
        self.by_route.insert(Arc::clone(route), Arc::new(line));
    }

    /// Those with mails, once those that nobody uses are forgotten.
    pub(super) fn with_mail(&mut self) -> Vec<Arc<Line>> {
        self.by_route.retain(|_, line| !line.is_unused());
        let lines = self.by_route.values().filter(|line| line.len() > 0);
        lines.cloned().collect()
    }

    /// Nothing more is begun. What was taken is to be given back.
    pub(super) fn stop(&self) -> Vec<Taken> {
        let stopped = self.by_route.values().map(|line| line.stop());
        stopped.flatten().collect()
    }
}
