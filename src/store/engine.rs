//! What a storage engine must do: keyed records with revisions, ordered scans, and atomic changes.
//!
//! The engine knows nothing of tenants or mails; `keys` and `record` give the bytes their meaning.
//! Every engine passes the contract suite in `tests/store_contract`.

use std::future::Future;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

/// A future that an engine returns; boxed, so that the engine can be chosen at start.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The name of a record: bytes whose order is the order of scans. At most [`MAX_KEY_BYTES`] long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Vec<u8>);

impl Key {
    /// The first key after all keys that start with this one, if there is one.
    #[must_use]
    pub fn successor(&self) -> Option<Vec<u8>> {
        let end = self.0.iter().rposition(|byte| *byte != 0xFF)?;
        let mut next = self.0.get(..=end)?.to_vec();
        *next.last_mut()? += 1;
        Some(next)
    }
}

/// From where a scan goes, and to where.
pub(super) type ScanBounds<'a> = (Bound<&'a [u8]>, Bound<Vec<u8>>);

/// The bounds of a scan of the keys that start with `prefix`, behind `after`; `None` where there are
/// none between.
pub(super) fn scan_bounds<'a>(prefix: &'a Key, after: Option<&'a Key>) -> Option<ScanBounds<'a>> {
    let after = after.filter(|after| *after >= prefix);
    let end = prefix.successor();
    if let (Some(after), Some(end)) = (after, &end)
        && after.0 >= *end
    {
        return None;
    }
    let start = match after {
        Some(after) => Bound::Excluded(after.0.as_slice()),
        None => Bound::Included(prefix.0.as_slice()),
    };
    Some((start, end.map_or(Bound::Unbounded, Bound::Excluded)))
}

/// No key is longer than this; a longer one is refused by `commit`.
pub const MAX_KEY_BYTES: usize = 1024;

/// A number that changes with every write of a key and never returns to an earlier value,
/// not even after a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// A stored value with its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Changes with every write.
    pub revision: Revision,
    /// The stored form.
    pub body: Vec<u8>,
}

/// What must hold for a change to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing is stored under the key.
    Absent,
    /// The record still has this revision.
    Revision(Revision),
}

/// A write of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Store this value.
    Put(Key, Vec<u8>),
    /// Remove the record, if there is one.
    Delete(Key),
}

impl Write {
    /// The key of the record that is written.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }
}

/// One atomic change: all writes are made if every expectation holds, else none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Checked first, in order; the first that fails is reported.
    pub expectations: Vec<(Key, Expect)>,
    /// Made in order; the last write of a key wins.
    pub writes: Vec<Write>,
}

impl Changes {
    /// A change that does nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires `expect` of `key`.
    pub fn expect(&mut self, key: Key, expect: Expect) -> &mut Self {
        self.expectations.push((key, expect));
        self
    }

    /// Writes `body` under `key`.
    pub fn put(&mut self, key: Key, body: Vec<u8>) -> &mut Self {
        self.writes.push(Write::Put(key, body));
        self
    }

    /// Removes `key`.
    pub fn delete(&mut self, key: Key) -> &mut Self {
        self.writes.push(Write::Delete(key));
        self
    }

    /// Whether nothing would be checked or written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expectations.is_empty() && self.writes.is_empty()
    }
}

/// The store could not do its work. Nothing was acknowledged; the caller may try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is away, shutting down, overloaded or failed earlier: the words say which.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A stored form could not be read: damaged, or written by a newer version.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
    /// The change itself is out of bounds (key or value too long).
    #[error("the store refused the change: {0}")]
    Refused(String),
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// This key did not meet its expectation: somebody else was first. Nothing was written.
    #[error("somebody else changed the record first")]
    Conflict(Key),
    /// The store failed. The change was not acknowledged, but may surface after a crash.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records that are each replaced by what [`Update::apply`] makes of them when their turn comes.
///
/// The embedded engine calls `apply` on the writer's thread, so that nothing can change in between;
/// all writes wait for it. Elsewhere [`crate::store::Store::update`] calls it on the caller's thread
/// and commits against the revisions it read.
pub trait Update: Send + Sync {
    /// The records, none of them twice.
    fn keys(&self) -> &[Key];

    /// The record that must be there where the `n`-th is not: nothing is made for what is gone.
    fn parent(&self, n: usize) -> Key;

    /// What is to be written, given the body of the `n`-th record, if it is there: its new body, and
    /// writes of other records. It may be called again for the same record; the last call counts.
    /// Waits for nothing.
    ///
    /// # Errors
    /// The body cannot be read. Nothing is written then.
    fn apply(&self, n: usize, body: Option<&[u8]>) -> Result<Option<Updated>, StoreError>;
}

/// What replaces a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The record's new body.
    pub body: Vec<u8>,
    /// Writes of other records that belong to the same change.
    pub others: Vec<Write>,
}

/// Learns what changed, so that no cache outlives a change.
pub trait Watcher: Send + Sync {
    /// These records were written or removed.
    fn changed(&self, keys: &[&Key]);

    /// Any record may have changed: what another node did may have been missed.
    fn lost(&self);
}

/// The watchers of an engine.
#[derive(Default)]
pub(super) struct Watchers(RwLock<Vec<Arc<dyn Watcher>>>);

impl Watchers {
    pub(super) fn add(&self, watcher: Arc<dyn Watcher>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.push(watcher);
    }

    pub(super) fn for_each(&self, notify: impl Fn(&dyn Watcher)) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().for_each(|watcher| notify(&**watcher));
    }
}

/// The outcome of the only change of a list.
pub(super) fn only(mut outcomes: Vec<Result<(), CommitError>>) -> Result<(), CommitError> {
    let lost = || StoreError::Unavailable("the change got no answer".to_owned());
    outcomes.pop().unwrap_or_else(|| Err(lost().into()))
}

/// A storage engine.
pub trait Engine: Send + Sync + 'static {
    /// The record under `key`. Sees every commit acknowledged before the call.
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;

    /// Calls `look` with the body of the record under `key`, as [`Engine::get`] would give it now, if
    /// that is in memory. Never waits.
    fn get_cached(&self, key: &Key, look: &mut dyn FnMut(Option<&[u8]>)) {
        let _nothing_is = (key, look);
    }

    /// The records under `keys`, in their order.
    fn get_many<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Result<Vec<Option<Record>>, StoreError>>;

    /// The records under `keys`, in their order, each as [`Engine::get`] would give it: two of them
    /// may be of different moments.
    fn get_each<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Vec<Result<Option<Record>, StoreError>>> {
        Box::pin(async move {
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                found.push(self.get(key).await);
            }
            found
        })
    }

    /// Up to `limit` records whose keys start with `prefix`, in key order, beginning after `after`
    /// (which itself starts with `prefix`).
    fn scan<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Record)>, StoreError>>;

    /// Makes the change, atomically. `Ok` means durable.
    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>>;

    /// Makes each of the changes as [`Engine::commit`] would, one after the other: that one is not
    /// made is no reason not to make the next. The outcomes are in their order.
    fn commit_each(&self, changes: Vec<Changes>) -> BoxFuture<'_, Vec<Result<(), CommitError>>> {
        Box::pin(async move {
            let mut outcomes = Vec::with_capacity(changes.len());
            for change in changes {
                outcomes.push(self.commit(change).await);
            }
            outcomes
        })
    }

    /// Replaces the records of `update`, each on its own; the outcomes are in their order. A conflict
    /// names the missing parent. `None`: not here; the caller reads and commits by itself.
    fn update(
        &self,
        update: Arc<dyn Update>,
    ) -> BoxFuture<'_, Option<Vec<Result<(), CommitError>>>> {
        drop(update);
        Box::pin(std::future::ready(None))
    }

    /// Whether other processes may use the store at the same time. Where they cannot, whatever a
    /// process finds that was begun by another is over.
    fn is_shared(&self) -> bool;

    /// Tells `watcher` of every change from now on, whichever node makes it: after readers can see
    /// it, and before a caller of [`Engine::commit`] is answered, even one that went away. A change
    /// that was answered with an error may be told of too. There may be several watchers.
    fn watch(&self, watcher: Arc<dyn Watcher>);

    /// Whether every change is told of to the watchers, also those that other nodes make. While it is
    /// not, caches may be stale.
    fn is_current(&self) -> bool {
        true
    }

    /// Whether writes are possible now; the reason if not. For `/readyz`.
    fn health(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Makes what is acknowledged safe and stops; later calls answer `Unavailable`.
    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn successor_of_a_prefix() {
        let successor = |prefix: &[u8]| Key(prefix.to_vec()).successor();
        assert_eq!(successor(b""), None);
        assert_eq!(successor(b"a"), Some(b"b".to_vec()));
        assert_eq!(successor(b"a\xFF\xFF"), Some(b"b".to_vec()));
        assert_eq!(successor(b"\xFF\xFF"), None);
        assert_eq!(successor(b"a\x00"), Some(b"a\x01".to_vec()));
    }
}
