//! Cache invalidation between nodes: each commit publishes the keys that it wrote, in its script.
//!
//! A node subscribes on a connection of its own. Messages can be lost, so each node also sends itself a
//! heartbeat on every channel: while those arrive, it has received all messages before them. If one is
//! late, or a connection or a subscription ends, the node drops all caches and subscribes again. So no
//! cache holds what another node changed for longer than `cache_ttl`. While no server answers at all,
//! caches are kept and marked as stale.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use redis::{PushInfo, PushKind, Value};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::Inner;
use super::connect::{Connection, Connector};
use super::link::Repeat;
use crate::store::engine::{Key, StoreError};

/// Bytes that say who sends a message.
const SENDER_BYTES: usize = 16;

/// Heartbeats within the time that one may be late.
const HEARTBEATS: u32 = 4;

/// Subscriptions under way at once: all must be made in the time of two commands.
const SUBSCRIBED_AT_ONCE: usize = 64;

/// Whether caches are current.
#[derive(Debug)]
pub(super) struct Freshness {
    began: Instant,
    /// When the last heartbeat arrived on each channel, in milliseconds since `began`; 0 is never.
    heard: Box<[AtomicU64]>,
    /// Every change of other nodes arrives.
    is_current: AtomicBool,
}

impl Freshness {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            began: Instant::now(),
            heard: (0..channels).map(|_| AtomicU64::new(0)).collect(),
            is_current: AtomicBool::new(false),
        }
    }

    pub(super) fn is_current(&self) -> bool {
        self.is_current.load(Ordering::Acquire)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn hear(&self, channel: usize) {
        if let Some(heard) = self.heard.get(channel) {
            heard.store(self.now().max(1), Ordering::Release);
        }
    }

    fn begin(&self) {
        (0..self.heard.len()).for_each(|channel| self.hear(channel));
    }

    /// The time since the last heartbeat of the channel that is the latest.
    fn silence(&self) -> Duration {
        let now = self.now();
        let oldest = self
            .heard
            .iter()
            .map(|heard| heard.load(Ordering::Acquire))
            .min();
        Duration::from_millis(now.saturating_sub(oldest.unwrap_or(now)))
    }
}

/// Listens until the engine is closed.
pub(super) async fn listen(inner: Arc<Inner>) {
    let connector = inner.reads.connector();
    loop {
        // Each has its own: what the last connection says when it ends is not about the next.
        let broken = Arc::new(Notify::new());
        let subscribing = subscribe(&inner, &connector, &broken);
        match forgetting(&inner, subscribing).await {
            Ok(connection) => {
                // Another server may stand in the place of the one before.
                let _away = inner.check_epoch(inner.deadline()).await;
                // What came before the subscription was not heard.
                inner.forget_all();
                inner.freshness.is_current.store(true, Ordering::Release);
                stay(&inner, &broken).await;
                inner.freshness.is_current.store(false, Ordering::Release);
                drop(connection);
                inner.forget_if_reached().await;
            }
            Err(error) => {
                tracing::warn!(%error, "changes of other nodes are not heard of");
                sleep(inner.options.cache_ttl / 2).await;
                inner.forget_if_reached().await;
            }
        }
    }
}

/// Waits for something while nothing is heard: the bound holds all the same, as long as there is a
/// store.
async fn forgetting<T>(inner: &Inner, something: impl Future<Output = T>) -> T {
    let forget = async {
        loop {
            sleep(inner.options.cache_ttl / 2).await;
            inner.forget_if_reached().await;
        }
    };
    tokio::select! {
        done = something => done,
        () = forget => std::future::pending().await,
    }
}

/// Listens for as long as all is heard.
async fn stay(inner: &Arc<Inner>, broken: &Notify) {
    let late = inner.options.cache_ttl / 2;
    loop {
        let next = timeout(late / HEARTBEATS, broken.notified()).await;
        if next.is_ok() {
            tracing::debug!("the connection for changes of other nodes broke");
            return;
        }
        if inner.freshness.silence() >= late {
            tracing::warn!("changes of other nodes were not heard of for some time");
            return;
        }
        // Its answer is the message itself; a server that hangs must not hold this up.
        let inner = Arc::clone(inner);
        tokio::spawn(async move { inner.send_heartbeats().await });
    }
}

async fn subscribe(
    inner: &Arc<Inner>,
    connector: &Connector,
    broken: &Arc<Notify>,
) -> Result<Connection, StoreError> {
    let (listener, broken) = (Arc::downgrade(inner), Arc::clone(broken));
    let connection = connector
        .connect(Some(Arc::new(move |push| hear(&listener, &broken, push))))
        .await;
    let connection = connection.map_err(|error| unheard(&error.to_string()))?;
    let channels: Vec<&[u8]> = inner
        .layout
        .partitions
        .iter()
        .map(|partition| partition.channel.as_slice())
        .collect();
    let subscribed = async {
        match connection.clone() {
            Connection::One(mut one) => one.subscribe(&channels).await,
            Connection::Cluster(cluster) => {
                let channels = stream::iter(channels).map(Ok);
                let each = channels.try_for_each_concurrent(SUBSCRIBED_AT_ONCE, |channel| {
                    let mut cluster = cluster.clone();
                    async move { cluster.ssubscribe(channel).await }
                });
                each.await
            }
        }
    };
    match timeout(inner.options.command_timeout * 2, subscribed).await {
        Ok(Ok(())) => {
            inner.freshness.begin();
            Ok(connection)
        }
        Ok(Err(error)) => Err(unheard(&error.to_string())),
        Err(_) => Err(unheard("no answer in time")),
    }
}

fn unheard(why: &str) -> StoreError {
    StoreError::Unavailable(format!("Redis: {why}"))
}

/// Takes what a server pushes.
fn hear(inner: &Weak<Inner>, broken: &Notify, push: PushInfo) {
    let Some(inner) = inner.upgrade() else {
        return;
    };
    match push.kind {
        PushKind::Message | PushKind::SMessage => {
            let mut data = push.data.into_iter();
            if let (Some(Value::BulkString(channel)), Some(Value::BulkString(message))) =
                (data.next(), data.next())
            {
                inner.hear_message(&channel, &message);
            }
        }
        PushKind::Disconnection | PushKind::Unsubscribe | PushKind::SUnsubscribe => {
            broken.notify_one();
        }
        _ => {}
    }
}

impl Inner {
    fn hear_message(&self, channel: &[u8], message: &[u8]) {
        let Some((sender, names)) = message.split_at_checked(SENDER_BYTES) else {
            return self.forget_all();
        };
        let is_own = sender == self.sender.load().as_slice();
        if names.is_empty() {
            let mut partitions = self.layout.partitions.iter();
            if let Some(number) = partitions
                .position(|one| one.channel == channel)
                .filter(|_| is_own)
            {
                self.freshness.hear(number);
            }
        } else if !is_own {
            match read_names(names) {
                Some(keys) => self.tell(&keys.iter().collect::<Vec<_>>()),
                // A newer node may say more than this one understands.
                None => self.forget_all(),
            }
        }
    }

    /// Messages of a cluster go to the servers of their slot only.
    pub(super) fn publish_command(&self) -> &'static str {
        if self.layout.is_divided() {
            "SPUBLISH"
        } else {
            "PUBLISH"
        }
    }

    /// Sends this node a heartbeat on every channel.
    async fn send_heartbeats(&self) {
        let until = Instant::now() + self.options.cache_ttl / 2 / HEARTBEATS;
        let sender = **self.sender.load();
        let said = self.layout.partitions.iter().map(|partition| async move {
            let mut cmd = redis::cmd(self.publish_command());
            cmd.arg(&partition.channel).arg(&sender);
            self.reads.ask(partition, cmd, Repeat::Always, until).await
        });
        for failed in futures_util::future::join_all(said)
            .await
            .into_iter()
            .filter_map(Result::err)
        {
            tracing::debug!(why = failed.why, "a heartbeat was not sent");
        }
    }

    /// Drops all caches, unless no server answers: then no node can commit either, and stale caches
    /// are better than none.
    async fn forget_if_reached(&self) {
        if self.answers().await.is_ok() {
            self.forget_all();
        }
    }
}

/// The names of a message, each with its length before it.
fn read_names(mut bytes: &[u8]) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        keys.push(Key(name.to_vec()));
        bytes = rest;
    }
    Some(keys)
}
