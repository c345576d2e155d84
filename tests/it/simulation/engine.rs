//! The engine that a node of the simulation has over what all store (`disk.rs`). Its writer makes one change after
//! the other, as that of the embedded engine does; on a shared store those of several nodes take turns.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use upsell::store::engine::{
    BoxFuture, Changes, CommitError, Engine, Key, Record, StoreError, Update, Watcher,
};

use super::MESSAGE_DELAY;
use super::disk::{Disk, Fault, Power, Records, away};

/// What the writer of a node does in one go.
enum Job {
    Change(Changes, oneshot::Sender<Result<(), CommitError>>),
    Update(
        Arc<dyn Update>,
        oneshot::Sender<Vec<Result<(), CommitError>>>,
    ),
}

/// The engine of one start of one node.
pub(super) struct SimEngine {
    disk: Arc<Disk>,
    power: Arc<Power>,
    to_writer: mpsc::UnboundedSender<Job>,
}

impl SimEngine {
    /// Its writer ends with the runtime: a commit whose caller goes away is made all the same.
    pub(super) fn start(disk: &Arc<Disk>, power: &Arc<Power>) -> Arc<Self> {
        let (to_writer, jobs) = mpsc::unbounded_channel();
        let (disk, power) = (Arc::clone(disk), Arc::clone(power));
        tokio::spawn(write_all(Arc::clone(&disk), Arc::clone(&power), jobs));
        Arc::new(Self {
            disk,
            power,
            to_writer,
        })
    }

    /// Waits as long as a call of the store takes; for ever where the node is dead.
    async fn reach(&self) -> Result<(), StoreError> {
        match self.disk.is_shared {
            true => sleep(self.disk.latency(Duration::from_millis(1))).await,
            false => tokio::task::yield_now().await,
        }
        live(&self.power).await;
        // A file can be read where it cannot be written.
        if self.disk.is_shared {
            self.disk.check_away()?;
        }
        Ok(())
    }
}

async fn live(power: &Power) {
    if !power.is_on() {
        std::future::pending::<()>().await;
    }
}

async fn write_all(disk: Arc<Disk>, power: Arc<Power>, mut jobs: mpsc::UnboundedReceiver<Job>) {
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Change(changes, answer) => {
                let made = write(&disk, &power, changes).await;
                // Who asked may be gone.
                let _gone = answer.send(made);
            }
            Job::Update(update, answer) => {
                let mut outcomes = Vec::new();
                for n in 0..update.keys().len() {
                    outcomes.push(update_one(&disk, &power, &*update, n).await);
                }
                let _gone = answer.send(outcomes);
            }
        }
    }
}

async fn update_one(
    disk: &Arc<Disk>,
    power: &Arc<Power>,
    update: &dyn Update,
    n: usize,
) -> Result<(), CommitError> {
    let key = &update.keys()[n];
    let (body, has_parent) = disk.read(|records| {
        let body = records.get(key).map(|record| record.body.clone());
        (body, records.contains_key(&update.parent(n)))
    });
    if body.is_none() && !has_parent {
        return Err(CommitError::Conflict(update.parent(n)));
    }
    let Some(updated) = update.apply(n, body.as_deref())? else {
        return Ok(());
    };
    let mut changes = Changes::new();
    changes.put(key.clone(), updated.body);
    changes.writes.extend(updated.others);
    write(disk, power, changes).await
}

/// Writes, syncs and publishes a change.
async fn write(disk: &Arc<Disk>, power: &Arc<Power>, changes: Changes) -> Result<(), CommitError> {
    live(power).await;
    disk.check_away()?;
    let fault = disk.next_fault();
    disk.set_unsynced(power, Some(&changes));
    sleep(disk.latency(Duration::from_millis(3))).await;
    live(power).await;
    disk.set_unsynced(power, None);
    if fault == Some(Fault::Before) {
        return Err(away().into());
    }
    disk.make(&changes)?;
    disk.tell(&changes, |other| other.id == power.id);
    if disk.is_shared {
        let (others, id) = (Arc::clone(disk), power.id);
        tokio::spawn(async move {
            sleep(others.latency(MESSAGE_DELAY)).await;
            others.tell(&changes, |other| other.id != id);
        });
        sleep(disk.latency(Duration::from_millis(1))).await;
        live(power).await;
    }
    match fault {
        Some(_) => Err(away().into()),
        None => Ok(()),
    }
}

impl Engine for SimEngine {
    fn is_shared(&self) -> bool {
        self.disk.is_shared
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            self.reach().await?;
            Ok(self.disk.read(|records| records.get(key).cloned()))
        })
    }

    fn get_cached(&self, key: &Key, look: &mut dyn FnMut(Option<&[u8]>)) {
        if !self.disk.is_shared && self.power.is_on() {
            let body = |record: &Record| record.body.clone();
            let found = self.disk.read(|records| records.get(key).map(body));
            look(found.as_deref());
        }
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [Key],
    ) -> BoxFuture<'a, Result<Vec<Option<Record>>, StoreError>> {
        Box::pin(async move {
            self.reach().await?;
            let read =
                |records: &Records| keys.iter().map(|key| records.get(key).cloned()).collect();
            Ok(self.disk.read(read))
        })
    }

    fn scan<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Record)>, StoreError>> {
        Box::pin(async move {
            self.reach().await?;
            let found = self.disk.read(|records| {
                let from = records.range(after.unwrap_or(prefix)..);
                let under = from.take_while(|(key, _)| key.0.starts_with(&prefix.0));
                let behind = under.filter(|(key, _)| Some(*key) != after).take(limit);
                behind
                    .map(|(key, record)| (key.clone(), record.clone()))
                    .collect()
            });
            Ok(found)
        })
    }

    fn commit(&self, changes: Changes) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move {
            live(&self.power).await;
            let (answer, answered) = oneshot::channel();
            let _ended = self.to_writer.send(Job::Change(changes, answer));
            answered.await.unwrap_or_else(|_| Err(away().into()))
        })
    }

    fn update(
        &self,
        update: Arc<dyn Update>,
    ) -> BoxFuture<'_, Option<Vec<Result<(), CommitError>>>> {
        Box::pin(async move {
            if self.disk.is_shared {
                return None;
            }
            live(&self.power).await;
            let (answer, answered) = oneshot::channel();
            let _ended = self.to_writer.send(Job::Update(update, answer));
            Some(answered.await.unwrap())
        })
    }

    fn watch(&self, watcher: Arc<dyn Watcher>) {
        self.disk.watch(&self.power, watcher);
    }

    fn health(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.disk.check_away() })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
