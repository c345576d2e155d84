//! The nodes that share a store: each renews its presence, looks who else is alive, and gives back
//! the mails of dead nodes.
//!
//! A store that no other process can use has one node, which is alive for as long as it runs: then
//! nothing of this is stored, and nothing is ever renewed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::deliver::{InFlight, leases};
use super::error::Error;
use super::{Clock, Env};
use crate::domain::ids::NodeId;
use crate::domain::node::{Ahead, Life, Members, Presence, Term};
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Expect, Key, Revision, StoreError};
use crate::store::keys;
use crate::store::record::Stored;

/// How long a node is waited for that says nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a node is alive without renewing its presence.
    pub heartbeat_ttl: Duration,
    /// How far the clocks of two nodes may be apart: the others wait so much longer before they
    /// take a node for dead than it does itself.
    pub max_clock_skew: Duration,
}

impl Patience {
    /// Where nothing else is set.
    pub const DEFAULT: Self = Self {
        heartbeat_ttl: Duration::from_secs(20),
        max_clock_skew: Duration::from_secs(5),
    };

    /// How often a node renews its presence: three times may fail.
    #[must_use]
    pub fn renew_every(self) -> Duration {
        self.heartbeat_ttl / 4
    }

    /// The wait after the store failed.
    fn backoff(self) -> Duration {
        self.renew_every().min(Duration::from_secs(1))
    }
}

/// Nodes that are looked at, at most.
const MAX_NODES: usize = 1000;

/// This node, and what it knows of the others.
#[derive(Debug)]
pub struct Node {
    id: NodeId,
    name: String,
    started_at: Timestamp,
    patience: Patience,
    life: Mutex<Life>,
    members: ArcSwap<Members>,
    ahead: Mutex<Ahead>,
    in_flight: InFlight,
}

impl Node {
    /// A node that has just started; `name` is for people.
    #[must_use]
    pub fn new(name: &str, now: Timestamp, patience: Patience) -> Self {
        let id = NodeId::random();
        Self {
            id,
            name: name.to_owned(),
            started_at: now,
            patience,
            life: Mutex::default(),
            members: ArcSwap::from_pointee(Members::new(id, [])),
            ahead: Mutex::default(),
            in_flight: InFlight::default(),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The nodes that were alive when this one last looked.
    #[must_use]
    pub fn members(&self) -> Arc<Members> {
        self.members.load_full()
    }

    /// The mails that it is sending, where it has the store for itself.
    #[must_use]
    pub const fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        // Nothing panics while the lock is held.
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn presence(&self, alive_until: Timestamp) -> Presence {
        Presence {
            node: self.id,
            name: self.name.clone(),
            started_at: self.started_at,
            alive_until,
        }
    }

    /// Those of `known` that may still be at work, and those that are not.
    fn divide(&self, known: Vec<Known>, now: Timestamp) -> (Vec<Known>, Vec<Known>) {
        let Patience {
            heartbeat_ttl,
            max_clock_skew,
        } = self.patience;
        let patience = heartbeat_ttl + max_clock_skew;
        // Nothing panics while the lock is held.
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes: Vec<NodeId> = known.iter().map(|known| known.node).collect();
        ahead.keep(&nodes);
        known.into_iter().partition(|known| {
            // A newer program wrote one that cannot be read, and surely is at work.
            known.presence.as_ref().is_none_or(|presence| {
                let is_ahead = presence.alive_until > now.plus(patience);
                match is_ahead {
                    true => ahead.is_renewed(presence, now, patience),
                    false => presence.is_alive(now.minus(max_clock_skew)),
                }
            })
        })
    }

    /// True where they are others than before.
    fn see(&self, members: Members) -> bool {
        let members = Arc::new(members);
        let before = self.members.swap(Arc::clone(&members));
        before != members
    }
}

impl Env {
    /// The term in which this node may begin work now; `None` while the others may take it for
    /// dead.
    #[must_use]
    pub fn term(&self, now: Timestamp) -> Option<Term> {
        if self.store.is_shared() {
            return self.node.life().term(now);
        }
        Some(Term::default())
    }
}

/// A node as the store has it.
struct Known {
    node: NodeId,
    /// `None`: a newer program wrote it, which surely is at work.
    presence: Option<Presence>,
    revision: Revision,
}

/// A node starts: it makes itself known, or, where no other can be there, gives back all mails that
/// were being sent when the last process ended.
///
/// # Errors
/// The store failed.
pub async fn arrive(env: &Env, clock: &Clock) -> Result<(), Error> {
    let recovered = if env.store.is_shared() {
        beat(env, clock).await?
    } else {
        leases::recover_leases(env, clock()).await?
    };
    if recovered > 0 {
        tracing::info!(
            mails = recovered,
            "mails that were being sent at the last stop are queued"
        );
    }
    Ok(())
}

/// Renews this node's presence, looks who else is there, and gives back mails that nobody has: what the
/// dead had taken, and what this node took without learning of it.
/// Returns how many mails that were.
///
/// # Errors
/// The store failed.
pub async fn beat(env: &Env, clock: &Clock) -> Result<usize, Error> {
    let is_new = renew(env, clock).await?;
    // Leases first: whoever had one then was known before, so the list that is read after it
    // has them. The other way round, a node that came in between would be taken for dead.
    let owners = leases::owners(env).await?;
    let now = clock();
    let (living, dead) = env.node.divide(list_known(env).await?, now);
    let members = Members::new(env.node.id, living.iter().map(|known| known.node));
    let has_changed = env.node.see(members.clone());
    let mut given_back = 0;
    for owner in owners {
        let is_dead = !living.iter().any(|known| known.node == owner);
        if owner == env.node.id || is_dead && members.is_mine(owner.uuid()) {
            given_back += leases::give_back_of(env, owner, now).await?;
        }
    }
    for known in dead
        .iter()
        .filter(|known| members.is_mine(known.node.uuid()))
    {
        forget(env, known).await?;
    }
    if is_new || has_changed || given_back > 0 {
        env.outbox_wake.notify_one();
    }
    Ok(given_back)
}

/// True where a new term begins.
async fn renew(env: &Env, clock: &Clock) -> Result<bool, Error> {
    let alive_until = clock().plus(env.node.patience.heartbeat_ttl);
    let mut changes = Changes::new();
    let presence = env.node.presence(alive_until);
    changes.put(keys::nodes::presence(env.node.id), presence.encode());
    env.store.commit(changes).await?;
    // By the time of the answer: until then the others saw the old end.
    Ok(env.node.life().renew(alive_until, clock()))
}

/// The nodes that are there, or were and are not forgotten yet.
///
/// # Errors
/// The store failed.
pub async fn list(env: &Env) -> Result<Vec<Presence>, Error> {
    let known = list_known(env).await?.into_iter();
    Ok(known.filter_map(|known| known.presence).collect())
}

async fn list_known(env: &Env) -> Result<Vec<Known>, StoreError> {
    let prefix = keys::nodes::presences();
    let records = env.store.engine().scan(&prefix, None, MAX_NODES).await?;
    let known = records.into_iter().filter_map(|(key, record)| {
        Some(Known {
            node: key.trailing_uuid().map(NodeId::new)?,
            presence: Presence::decode(&record.body).ok(),
            revision: record.revision,
        })
    });
    Ok(known.collect())
}

/// Removes a node that is dead, unless it came back.
async fn forget(env: &Env, known: &Known) -> Result<(), Error> {
    let key: Key = keys::nodes::presence(known.node);
    let mut changes = Changes::new();
    changes
        .expect(key.clone(), Expect::Revision(known.revision))
        .delete(key);
    env.try_commit(changes).await?;
    Ok(())
}

/// This node stops: it begins nothing any more, and the others need not wait to take over what it
/// leaves behind.
///
/// # Errors
/// The store failed; the others find out by themselves.
pub async fn leave(env: &Env) -> Result<(), Error> {
    env.node.life().end();
    let mut changes = Changes::new();
    changes.delete(keys::nodes::presence(env.node.id));
    Ok(env.store.commit(changes).await?)
}

/// Keeps this node alive until `shutdown`, which is to come when nothing is under way any more.
pub async fn keep_alive(env: Env, clock: Clock, shutdown: impl Future<Output = ()>) {
    if !env.store.is_shared() {
        return;
    }
    let mut shutdown = std::pin::pin!(shutdown);
    let patience = env.node.patience;
    let mut wait = patience.renew_every();
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            () = tokio::time::sleep(wait) => {}
        }
        wait = match beat(&env, &clock).await {
            Ok(0) => patience.renew_every(),
            Ok(mails) => {
                tracing::warn!(mails, "mails that nobody was sending any more are queued");
                patience.renew_every()
            }
            Err(error) => {
                tracing::warn!(%error, "this node could not make itself known to the others");
                patience.backoff()
            }
        };
    }
    if let Err(error) = leave(&env).await {
        tracing::warn!(%error, "this node could not take leave of the others");
    }
}
