//! Counts clicks: a batch is grouped by tenant, and each tenant's record is replaced once.
//!
//! Each record has the number of each node's last batch. So a batch with an unknown outcome is
//! simply counted again: where it was counted before, nothing happens.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::domain::click::{BatchId, Click, ClickCounts, TenantClicks};
use crate::domain::ids::{AccountId, AccountRef, UserId};
use crate::domain::link::Placement;
use crate::domain::mail::Recipient;
use crate::domain::time::Timestamp;
use crate::store::engine::{CommitError, Key, StoreError, Update, Updated, Write};
use crate::store::keys;
use crate::store::record::clicks::{decode_latest, encode_day, encode_latest};
use crate::telemetry::metrics::ClickKind;
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Clicks in one batch.
const MAX_CLICKS: usize = 32_768;

/// Counts the clicks that one node takes in.
#[derive(Debug)]
pub struct ClickCounter {
    node: u32,
    /// The number of the next batch.
    next: u64,
    /// What is left of the last batch: its outcome is not known.
    unfinished: Option<Unfinished>,
}

#[derive(Debug)]
struct Unfinished {
    id: BatchId,
    tenants: Vec<OfTenant>,
}

/// The clicks of a tenant's people, in the order in which they came, and which of them are likely a person's.
#[derive(Debug, Clone)]
struct OfTenant {
    tenant: AccountRef,
    clicks: Vec<(Click, bool)>,
}

impl Default for ClickCounter {
    fn default() -> Self {
        Self::new()
    }
}

impl ClickCounter {
    /// A counter with a tag of its own.
    #[must_use]
    pub fn new() -> Self {
        let (tag, _, _, _) = Uuid::new_v4().as_fields();
        Self {
            node: tag,
            next: 1,
            unfinished: None,
        }
    }

    /// Clicks whose outcome is not known.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        let tenants = self.unfinished.iter().flat_map(|left| &left.tenants);
        tenants.map(|of| of.clicks.len()).sum()
    }

    /// Counts `waiting`; what is counted is taken out of it.
    ///
    /// # Errors
    /// The store is away; what is left is counted by the next call.
    pub async fn count(&mut self, env: &Env, waiting: &mut Vec<Click>) -> Result<(), Error> {
        loop {
            if let Some(left) = self.unfinished.take() {
                self.run(env, left).await?;
            }
            if waiting.is_empty() {
                return Ok(());
            }
            let batch = waiting.len().min(MAX_CLICKS);
            let some = waiting.get(..batch).unwrap_or_default();
            let tenants = by_tenant(judged(env, some).await?);
            waiting.drain(..batch);
            let id = BatchId {
                node: self.node,
                number: self.next,
            };
            self.next += 1;
            self.unfinished = Some(Unfinished { id, tenants });
        }
    }

    /// Counts a batch; what the store gave no answer for is kept.
    async fn run(&mut self, env: &Env, left: Unfinished) -> Result<(), Error> {
        let batch = Arc::new(Batch::new(left));
        let outcomes = env
            .store
            .update(Arc::clone(&batch) as Arc<dyn Update>)
            .await;
        let counted = std::mem::take(&mut *lock(&batch.counted));
        let mut away = None;
        let mut failed = HashSet::new();
        for (n, (outcome, counted)) in outcomes.into_iter().zip(counted).enumerate() {
            match outcome {
                Ok(()) => tell_metrics(env, counted),
                // The tenant is gone, and so are its counts.
                Err(CommitError::Conflict(key)) if key == batch.parent(n) => {}
                Err(CommitError::Store(error @ StoreError::Corrupt(_))) => {
                    tracing::error!(%error, "clicks of a tenant are lost");
                }
                Err(error) => {
                    failed.insert(n);
                    away = Some(error);
                }
            }
        }
        let Some(error) = away else {
            return Ok(());
        };
        let id = batch.id;
        // The store has let go of it, or is about to; where it has not, a copy serves as well.
        let mut tenants = match Arc::try_unwrap(batch) {
            Ok(batch) => batch.tenants,
            Err(shared) => shared.tenants.clone(),
        };
        let mut n = 0..;
        tenants.retain(|_| n.next().is_some_and(|n| failed.contains(&n)));
        self.unfinished = Some(Unfinished { id, tenants });
        Err(error.into())
    }
}

/// Says of each click whether a person is likely behind it. Before anything is counted: a mail that
/// is sent meanwhile would hide the one that the link was in.
async fn judged(env: &Env, clicks: &[Click]) -> Result<Vec<(Click, bool)>, Error> {
    let sent = mail_times_of(env, clicks).await?;
    let judged = clicks.iter().map(|click| {
        let sent = sent.get(&click.user).copied();
        (*click, click.is_likely_human(sent))
    });
    Ok(judged.collect())
}

/// When those who clicked in a mail were last sent one.
async fn mail_times_of(
    env: &Env,
    clicks: &[Click],
) -> Result<HashMap<AccountRef, Timestamp>, Error> {
    let in_mails = clicks
        .iter()
        .filter(|click| click.placement == Placement::Email);
    let users: HashSet<(AccountRef, UserId)> = in_mails
        .filter_map(|click| match click.user.id {
            AccountId::User(id) => Some((click.user, id)),
            AccountId::Tenant(_) => None,
        })
        .collect();
    let users: Vec<(AccountRef, UserId)> = users.into_iter().collect();
    let ids = users.iter().map(|(_, id)| *id);
    let recipients = env.store.load_many::<Recipient>(ids).await?;
    let both = users.into_iter().zip(recipients);
    Ok(both
        .filter_map(|((user, _), recipient)| Some((user, recipient?.last_sent_at)))
        .collect())
}

fn by_tenant(mut clicks: Vec<(Click, bool)>) -> Vec<OfTenant> {
    // A stable sort: those of one tenant stay in the order in which they came.
    clicks.sort_by_key(|(click, _)| click.tenant);
    let tenants = clicks.chunk_by(|(one, _), (next, _)| one.tenant == next.tenant);
    let tenants = tenants.filter_map(|clicks| {
        Some(OfTenant {
            tenant: clicks.first()?.0.tenant,
            clicks: clicks.to_vec(),
        })
    });
    tenants.collect()
}

/// What one batch added for a tenant.
type Counted = Vec<(Placement, ClickCounts)>;

/// A batch on its way into the records of its tenants.
struct Batch {
    id: BatchId,
    tenants: Vec<OfTenant>,
    keys: Vec<Key>,
    counted: Mutex<Vec<Counted>>,
}

impl Batch {
    fn new(left: Unfinished) -> Self {
        let keys = left
            .tenants
            .iter()
            .map(|of| keys::clicks::latest(of.tenant));
        Self {
            id: left.id,
            keys: keys.collect(),
            counted: Mutex::new(vec![Counted::new(); left.tenants.len()]),
            tenants: left.tenants,
        }
    }
}

fn lock(counted: &Mutex<Vec<Counted>>) -> std::sync::MutexGuard<'_, Vec<Counted>> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Update for Batch {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn parent(&self, n: usize) -> Key {
        match self.tenants.get(n).map(|of| of.tenant.id) {
            Some(AccountId::Tenant(id)) => keys::tenant(id),
            _ => Key(Vec::new()),
        }
    }

    fn apply(&self, n: usize, body: Option<&[u8]>) -> Result<Option<Updated>, StoreError> {
        let mut latest = body.map_or(Ok(TenantClicks::default()), decode_latest)?;
        let Some(of) = self.tenants.get(n).filter(|_| latest.begin(self.id)) else {
            return Ok(None);
        };
        let AccountId::Tenant(tenant) = of.tenant.id else {
            return Ok(None);
        };
        let mut counted = Counted::with_capacity(of.clicks.len());
        let mut others = Vec::new();
        for (click, is_likely_human) in &of.clicks {
            let (one, closed) = latest.count(click, *is_likely_human);
            counted.push((click.placement, one));
            others.extend(closed.map(|closed| {
                let key = keys::clicks::closed_day(tenant, closed.day, closed.number);
                Write::Put(key, encode_day(&closed.counts))
            }));
        }
        if let Some(place) = lock(&self.counted).get_mut(n) {
            *place = counted;
        }
        let body = encode_latest(&latest);
        Ok(Some(Updated { body, others }))
    }
}

fn tell_metrics(env: &Env, counted: Counted) {
    let clicks = &env.metrics.clicks;
    for (placement, counts) in counted {
        clicks.add2(ClickKind::Raw, placement, counts.raw);
        clicks.add2(ClickKind::Unique, placement, counts.unique);
        clicks.add2(ClickKind::LikelyHuman, placement, counts.likely_human);
    }
}
