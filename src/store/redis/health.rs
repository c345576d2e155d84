//! Whether servers answer, and whether they take changes.

use futures_util::future::join_all;
use tokio::time::Instant;

use super::Inner;
use super::layout::Partition;
use super::link::{Link, Repeat};
use super::scripts::{confirmed, with_wait};
use crate::store::engine::StoreError;

/// TTL of the key that is written as a probe.
const PROBE_TTL_MS: u64 = 60_000;

impl Inner {
    /// Whether a change would be made now: the servers hold this store, and take writes.
    pub(super) async fn health(&self) -> Result<(), StoreError> {
        self.is_not_closed()?;
        let until = self.deadline();
        let (there, writable) = tokio::join!(self.check_epoch(until), self.takes_writes(until));
        there.and(writable)
    }

    /// A server that answers may all the same take no writes: it is full, a replica, or short of
    /// replicas. So something is written.
    async fn takes_writes(&self, until: Instant) -> Result<(), StoreError> {
        let asked = self.looked_at().map(|partition| async move {
            let mut probe = redis::cmd("SET");
            probe
                .arg(&partition.probe)
                .arg(b"1")
                .arg("PX")
                .arg(PROBE_TTL_MS);
            let (link, wait) = (self.write_link(), self.wait());
            let pipeline = with_wait(probe, wait);
            let answers = link
                .ask_all(partition, &pipeline, Repeat::Always, until)
                .await?;
            confirmed(answers, wait)
        });
        for answer in join_all(asked).await {
            answer?;
        }
        Ok(())
    }

    /// Whether servers answer, without a word on writes.
    pub(super) async fn answers(&self) -> Result<(), StoreError> {
        self.is_open()?;
        let until = self.deadline();
        let ask_all = async |link: &Link| {
            let asked = self.looked_at().map(|partition| {
                let cmd = redis::cmd("PING");
                link.ask(partition, cmd, Repeat::Always, until)
            });
            join_all(asked).await
        };
        // A change that meets a broken connection first is one of which nobody knows whether it was
        // made; that it waits for replicas says nothing here.
        let writes = join_all(self.writes.iter().map(ask_all));
        let (answers, _) = tokio::join!(ask_all(&self.reads), writes);
        for answer in answers {
            answer?;
        }
        Ok(())
    }

    /// Partitions enough that each server of a usual cluster has one.
    pub(super) fn looked_at(&self) -> impl Iterator<Item = &Partition> {
        self.layout.partitions.iter().step_by(16)
    }
}
