//! The idempotency mark of a request, written with its first change: so the change and the fact that
//! this request made it are one commit, and no second node repeats it.

use tokio::sync::Mutex;

use super::engine::{Changes, CommitError, Engine, Key};

/// Where a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// Nothing was changed so far.
    NotYet,
    /// In the store, with the first change.
    Made,
    /// Somebody else was first to make it; nothing was changed here.
    Taken,
}

/// A mark on its way into the store.
pub struct Mark {
    key: Key,
    changes: Changes,
    state: Mutex<Marked>,
}

impl Mark {
    /// The mark that `changes` makes; it is somebody else's where they conflict on `key`.
    #[must_use]
    pub fn new(key: Key, changes: Changes) -> Self {
        Self {
            key,
            changes,
            state: Mutex::new(Marked::NotYet),
        }
    }

    /// Where it is.
    pub async fn state(&self) -> Marked {
        *self.state.lock().await
    }

    /// Makes `changes`, and with the first of them the mark. Until that is in, changes of the same
    /// request wait for each other. A change that loses its own race leaves the mark to the next.
    pub(super) async fn commit(
        &self,
        engine: &dyn Engine,
        changes: Changes,
    ) -> Result<(), CommitError> {
        let mut state = self.state.lock().await;
        match *state {
            Marked::Made => {
                drop(state);
                return engine.commit(changes).await;
            }
            Marked::Taken => return Err(CommitError::Conflict(self.key.clone())),
            Marked::NotYet => {}
        }
        // The mark's expectation stands first: where both are lost, the mark is what counts.
        let mut both = self.changes.clone();
        both.expectations.extend(changes.expectations);
        both.writes.extend(changes.writes);
        let done = engine.commit(both).await;
        match &done {
            Ok(()) => *state = Marked::Made,
            Err(CommitError::Conflict(key)) if *key == self.key => *state = Marked::Taken,
            Err(_) => {}
        }
        done
    }

    /// Makes changes that have nothing to do with each other; while the mark is not in, one by one
    /// until it is, so that no change is made without it.
    pub(super) async fn commit_each(
        &self,
        engine: &dyn Engine,
        changes: Vec<Changes>,
    ) -> Vec<Result<(), CommitError>> {
        let mut outcomes = Vec::with_capacity(changes.len());
        let mut left = changes.into_iter();
        while self.state().await != Marked::Made {
            let Some(first) = left.next() else {
                return outcomes;
            };
            outcomes.push(self.commit(engine, first).await);
        }
        outcomes.extend(engine.commit_each(left.collect()).await);
        outcomes
    }
}
