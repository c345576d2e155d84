//! Several nodes over one store: each with a memory of its own, and one that can fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use upsell::store::Store;
use upsell::store::engine::{
    BoxFuture, Changes, CommitError, Engine, Key, Record, StoreError, Watcher,
};

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It is not made.
    Before,
    /// It is made, and the caller is not told.
    After,
}

/// Commits of a store: how many were made, and how many of the next ones are not. And reads.
#[derive(Default)]
pub struct Commits {
    /// Records that were asked for by name or found by a scan.
    pub records_read: AtomicUsize,
    /// Reads in which there was a tenant's profile.
    pub tenant_reads: AtomicUsize,
    /// So many were made.
    pub made: AtomicUsize,
    /// So many of the next ones fail.
    pub to_fail: AtomicUsize,
}

/// The engine of another store, one commit of which may fail.
pub struct Shared {
    of: Store,
    fails: Option<(AtomicUsize, Failure)>,
    /// Set where it has no other nodes.
    alone: Option<Arc<Commits>>,
}

impl Shared {
    /// A second node on `store`.
    pub fn node(store: &Store) -> Store {
        Store::new(Arc::new(Self {
            of: store.clone(),
            fails: None,
            alone: None,
        }))
    }

    /// The only node on `store`, whose commits are counted and can be made to fail.
    pub fn alone(store: &Store) -> (Store, Arc<Commits>) {
        let commits = Arc::new(Commits::default());
        let engine = Self {
            of: store.clone(),
            fails: None,
            alone: Some(Arc::clone(&commits)),
        };
        (Store::new(Arc::new(engine)), commits)
    }

    /// A second node on `store`, whose commit fails when `made` were made.
    pub fn failing(store: &Store, made: usize, failure: Failure) -> Store {
        Store::new(Arc::new(Self {
            of: store.clone(),
            fails: Some((AtomicUsize::new(made), failure)),
            alone: None,
        }))
    }

    fn note_read(&self, keys: &[Key]) {
        let is_tenant = |key: &Key| key.0.first() == Some(&b't');
        let Some(commits) = &self.alone else {
            return;
        };
        commits.records_read.fetch_add(keys.len(), Ordering::SeqCst);
        if keys.iter().any(is_tenant) {
            commits.tenant_reads.fetch_add(1, Ordering::SeqCst);
        }
    }

    async fn committed(&self, changes: Changes) -> Result<(), CommitError> {
        let lost = || Err(StoreError::Unavailable("cut off".to_owned()).into());
        if let Some(commits) = &self.alone {
            let less = |left: usize| left.checked_sub(1);
            let order = Ordering::SeqCst;
            if commits.to_fail.fetch_update(order, order, less).is_ok() {
                return lost();
            }
            commits.made.fetch_add(1, order);
        }
        let Some((left, failure)) = &self.fails else {
            return self.of.engine().commit(changes).await;
        };
        let is_last = left.fetch_sub(1, Ordering::Relaxed) == 0;
        if is_last && *failure == Failure::Before {
            return lost();
        }
        let made = self.of.engine().commit(changes).await;
        if is_last { lost() } else { made }
    }
}

impl Engine for Shared {
    fn is_shared(&self) -> bool {
        self.alone.is_none()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        self.note_read(std::slice::from_ref(key));
        self.of.engine().get(key)
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Result<Vec<Option<Record>>, StoreError>> {
        self.note_read(keys);
        self.of.engine().get_many(keys)
    }

    fn scan<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Record)>, StoreError>> {
        Box::pin(async move {
            let found = self.of.engine().scan(prefix, after, limit).await?;
            if let Some(commits) = &self.alone {
                commits
                    .records_read
                    .fetch_add(found.len(), Ordering::SeqCst);
            }
            Ok(found)
        })
    }

    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(self.committed(changes))
    }

    fn watch(&self, watcher: Arc<dyn Watcher>) {
        self.of.engine().watch(watcher);
    }

    fn health(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.of.engine().health()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.of.engine().close()
    }
}
