//! Whether the servers still hold this store.
//!
//! A store gets a random epoch when it is made, which stands in its format and beside the last revision of
//! each partition. A server that was emptied, or replaced by an empty one, lacks it; one with the data of
//! another store has another. Either way its answers mean nothing: "no such client" would be a lie, and
//! what is written there would be lost when the data is restored. So the scripts write nothing where
//! the epoch is missing, who finds no record looks whether that is why, and every node looks each
//! second. From then on every call fails and nothing is cached, until the servers hold this store again.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::join_all;
use redis::Value;
use tokio::time::{Instant, sleep};

use super::Inner;
use super::layout::Partition;
use super::link::Repeat;
use crate::store::engine::StoreError;

/// How often a node looks.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Partitions that are asked at once: each answers in the time of a command then.
pub(super) const ASKED_AT_ONCE: usize = 64;

/// Which store this is, and why it is not there, while it is not.
#[derive(Debug, Default)]
pub(super) struct Epoch {
    id: OnceLock<String>,
    gone: ArcSwapOption<String>,
}

impl Epoch {
    /// The store that was opened.
    pub(super) fn set(&self, id: &str) {
        self.id.get_or_init(|| id.to_owned());
    }

    /// Whether the store is there, as far as is known.
    pub(super) fn is_there(&self) -> Result<(), StoreError> {
        match &*self.gone.load() {
            None => Ok(()),
            Some(why) => Err(StoreError::Unavailable(why.as_ref().clone())),
        }
    }
}

/// What the revision of a partition says before its first change.
pub(super) fn first_revision(epoch: &str) -> String {
    format!("0 0 {epoch}")
}

/// Looks until the engine is closed.
pub(super) async fn watch(inner: Arc<Inner>) {
    loop {
        sleep(CHECK_INTERVAL).await;
        // Servers that are away say nothing of what they hold.
        let _away = inner.check_epoch(inner.deadline()).await;
    }
}

impl Inner {
    /// Asks partitions for their epoch: as many as a usual cluster has servers, and all of them while the
    /// store is not there.
    ///
    /// # Errors
    /// The store is not there, or a server is away.
    pub(super) async fn check_epoch(&self, until: Instant) -> Result<(), StoreError> {
        if self.epoch.is_there().is_ok() {
            return self.check_epoch_of(self.looked_at(), until).await;
        }
        self.check_epoch_of(self.layout.partitions.iter(), until)
            .await?;
        if self.epoch.gone.swap(None).is_some() {
            self.forget_all();
            tracing::info!("the servers hold the data of this store again; this node goes on");
        }
        Ok(())
    }

    /// Asks these partitions for their epoch.
    pub(super) async fn check_epoch_of(
        &self,
        partitions: impl Iterator<Item = &Partition>,
        until: Instant,
    ) -> Result<(), StoreError> {
        let partitions: Vec<&Partition> = partitions.collect();
        let mut away = Ok(());
        for some in partitions.chunks(ASKED_AT_ONCE) {
            let asked = some.iter().map(|partition| async move {
                let mut cmd = redis::cmd("GET");
                cmd.arg(&partition.revision);
                let answer = self.reads.ask(partition, cmd, Repeat::Always, until).await;
                (partition.number, answer)
            });
            for (number, answer) in join_all(asked).await {
                match answer {
                    Ok(revision) => self.is_there(number, &revision)?,
                    Err(failed) => away = Err(failed.into()),
                }
            }
        }
        away
    }

    /// Whether a partition that says this of its last revision holds this store.
    ///
    /// # Errors
    /// It does not; that was noted.
    fn is_there(&self, partition: u16, revision: &Value) -> Result<(), StoreError> {
        match revision {
            Value::BulkString(revision) if self.is_own(revision) => Ok(()),
            Value::Nil => Err(self.is_gone(partition, "is empty")),
            _ => Err(self.is_gone(partition, "holds another store")),
        }
    }

    fn is_own(&self, revision: &[u8]) -> bool {
        let epoch = revision.rsplit(|byte| *byte == b' ').next();
        epoch == self.epoch.id.get().map(String::as_bytes)
    }

    /// Notes that the store is not there, drops all caches, and logs it, once.
    fn is_gone(&self, partition: u16, what: &str) -> StoreError {
        let why = format!(
            "Redis has lost the data of this store: partition {partition} {what}. Restore the servers from \
             a backup; nodes go on by themselves then. To start over with an empty store, stop all nodes \
             and empty every server"
        );
        if self.epoch.gone.swap(Some(Arc::new(why.clone()))).is_none() {
            self.forget_all();
            tracing::error!("{why}");
        }
        StoreError::Unavailable(why)
    }
}
