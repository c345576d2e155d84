//! Clicks on tracked links: taken in without delaying an answer, counted in batches, and read.
//!
//! A click goes into a bounded channel. Nobody waits on its other end: one task empties it once
//! per interval, so that a click never wakes another thread.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::Env;
use super::access::Caller;
use super::error::{Error, retrying};
use crate::domain::click::{Click, ClickCounts};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::link::Placement;
use crate::domain::notification::Recipient;
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Expect, Key};
use crate::store::record::Stored;
use crate::store::{keys, unchanged};
use crate::telemetry::metrics::ClickKind;

/// Clicks that go into one commit.
const BATCH: usize = 4096;

/// The longest span of days that is read at once.
pub const MAX_DAYS: u32 = 366;

/// Where clicks go in. Clones lead to the same place.
#[derive(Debug, Clone)]
pub struct ClickSink {
    sender: mpsc::Sender<Click>,
    dropped: Arc<AtomicU64>,
}

/// Where clicks come out.
#[derive(Debug)]
pub struct ClickSource {
    receiver: mpsc::Receiver<Click>,
    dropped: Arc<AtomicU64>,
    capacity: usize,
}

/// A channel that holds `capacity` clicks (at least one).
#[must_use]
pub fn channel(capacity: usize) -> (ClickSink, ClickSource) {
    let capacity = capacity.max(1);
    let (sender, receiver) = mpsc::channel(capacity);
    let dropped = Arc::new(AtomicU64::new(0));
    let sink = ClickSink {
        sender,
        dropped: Arc::clone(&dropped),
    };
    let source = ClickSource {
        receiver,
        dropped,
        capacity,
    };
    (sink, source)
}

impl ClickSink {
    /// Takes a click in; where there is no room it is dropped, and that is counted.
    pub fn count(&self, click: Click) {
        if self.sender.try_send(click).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many clicks found no room since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl ClickSource {
    /// Takes out what is there, as far as `batch` has room for it.
    fn drain_into(&mut self, batch: &mut Vec<Click>) {
        while batch.len() < self.capacity {
            match self.receiver.try_recv() {
                Ok(click) => batch.push(click),
                Err(_) => return,
            }
        }
    }

    /// Counts all that is left; what cannot be counted now is lost, and said so.
    async fn finish(mut self, env: &Env, mut waiting: Vec<Click>) {
        loop {
            self.drain_into(&mut waiting);
            if waiting.is_empty() {
                return;
            }
            if let Err(error) = flush(env, &mut waiting).await {
                let lost = waiting.len() + self.receiver.len();
                self.dropped
                    .fetch_add(u64::try_from(lost).unwrap_or(u64::MAX), Ordering::Relaxed);
                tracing::error!(lost, %error, "clicks were lost: the store was away at the stop");
                return;
            }
        }
    }
}

/// Counts what comes in, every `flush_interval`, until `shutdown`; then counts the rest and ends.
/// While the store is away clicks are kept, as many as the channel holds twice over.
pub async fn run_clicks(
    env: Env,
    mut source: ClickSource,
    flush_interval: Duration,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let mut ticks = tokio::time::interval(flush_interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = Vec::new();
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            _ = ticks.tick() => {}
        }
        source.drain_into(&mut waiting);
        if let Err(error) = flush(&env, &mut waiting).await {
            tracing::warn!(waiting = waiting.len(), %error, "clicks could not be counted yet");
        }
    }
    source.receiver.close();
    source.finish(&env, waiting).await;
}

/// Counts `waiting`, a batch per commit; what is counted is taken out of it.
///
/// # Errors
/// The store failed; what is left in `waiting` is not counted yet.
pub async fn flush(env: &Env, waiting: &mut Vec<Click>) -> Result<(), Error> {
    while !waiting.is_empty() {
        let batch = waiting.len().min(BATCH);
        retrying(|| count_batch(env, &waiting[..batch])).await?;
        waiting.drain(..batch);
    }
    Ok(())
}

async fn count_batch(env: &Env, clicks: &[Click]) -> Result<(), Error> {
    let mut seen = marks_of(env, clicks).await?;
    let sent = mail_times_of(env, clicks).await?;
    let mut counts: BTreeMap<Key, ClickCounts> = BTreeMap::new();
    let mut changes = Changes::new();
    let mut kinds = Vec::with_capacity(clicks.len());
    for click in clicks {
        let mark = keys::click_seen(click.hour(), click.user_id, click.placement);
        let is_first = seen.insert(mark.clone());
        if is_first {
            changes.expect(mark.clone(), Expect::Absent);
            changes.put(mark, Vec::new());
        }
        let is_human = click.is_likely_human(sent.get(&click.user_id).copied());
        let key = keys::clicks(click.tenant_id, click.day(), click.placement);
        counts.entry(key).or_default().add(is_first, is_human);
        kinds.push((click.placement, is_first, is_human));
    }
    let count_keys: Vec<Key> = counts.keys().cloned().collect();
    let stored = env.store.load_many::<ClickCounts>(&count_keys).await?;
    for ((key, mut count), stored) in counts.into_iter().zip(stored) {
        changes.expect(key.clone(), unchanged(stored.as_ref()));
        if let Some(stored) = stored {
            count.merge(stored.value);
        }
        changes.put(key, count.encode());
    }
    env.store.commit(changes).await?;
    for (placement, is_first, is_human) in kinds {
        let clicks = &env.metrics.clicks;
        clicks.inc2(ClickKind::Raw, placement);
        if is_first {
            clicks.inc2(ClickKind::Unique, placement);
        }
        if is_human {
            clicks.inc2(ClickKind::LikelyHuman, placement);
        }
    }
    Ok(())
}

/// The marks of these clicks that are set already.
async fn marks_of(env: &Env, clicks: &[Click]) -> Result<HashSet<Key>, Error> {
    let marks: HashSet<Key> = clicks
        .iter()
        .map(|click| keys::click_seen(click.hour(), click.user_id, click.placement))
        .collect();
    let marks: Vec<Key> = marks.into_iter().collect();
    let records = env.store.engine().get_many(&marks).await?;
    let set = marks.into_iter().zip(records);
    Ok(set
        .filter_map(|(key, record)| record.map(|_| key))
        .collect())
}

/// When those who clicked in a mail were last sent one.
async fn mail_times_of(env: &Env, clicks: &[Click]) -> Result<HashMap<UserId, Timestamp>, Error> {
    let users: HashSet<UserId> = clicks
        .iter()
        .filter(|click| click.placement == Placement::Email)
        .map(|click| click.user_id)
        .collect();
    let keys: Vec<Key> = users.into_iter().map(keys::recipient).collect();
    let recipients = env.store.load_many::<Recipient>(&keys).await?;
    let known = recipients.into_iter().flatten();
    Ok(known
        .map(|recipient| (recipient.user_id, recipient.last_sent_at))
        .collect())
}

/// The clicks of a tenant's people from one day to another, by placement, in the order of
/// [`Placement::ALL`]. Days count from 1970-01-01; both are part of it.
///
/// # Errors
/// The tenant is unknown or out of reach; the span is empty or too long; the store failed.
pub async fn show_clicks(
    env: &Env,
    caller: &Caller,
    tenant: TenantId,
    (from, to): (u32, u32),
) -> Result<Vec<(Placement, ClickCounts)>, Error> {
    let tenant = caller.tenant(&env.store, tenant).await?;
    if from > to || to - from >= MAX_DAYS {
        let why = format!("must not be after \"to\", nor {MAX_DAYS} days or more before it");
        return Err(Error::invalid("from", why));
    }
    let most = Placement::ALL.len() * MAX_DAYS as usize;
    let prefix = keys::clicks_of_tenant(tenant.id);
    let before = keys::clicks_of_day(tenant.id, from);
    let records = env
        .store
        .engine()
        .scan(&prefix, Some(&before), most)
        .await?;
    let mut totals: BTreeMap<Placement, ClickCounts> = BTreeMap::new();
    for (key, record) in records {
        let Some((day, placement)) = key.day_and_placement() else {
            continue;
        };
        if day > to {
            break;
        }
        let counts = ClickCounts::decode(&record.body)?;
        totals.entry(placement).or_default().merge(counts);
    }
    Ok(Placement::ALL
        .into_iter()
        .map(|placement| {
            (
                placement,
                totals.get(&placement).copied().unwrap_or_default(),
            )
        })
        .collect())
}
