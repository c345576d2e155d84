//! Finds due mails. The queue in the store is ordered by route and time. Each pass reads the head
//! of each route's part, as far as that route's queue in memory has room, so mails that wait for
//! one server never hide those of another.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::queue::{RouteQueue, RouteQueues};
use super::route::{NoRoute, Route, route};
use super::worker::{Outbox, Work};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::store::engine::{Engine, Key, StoreError, Watcher};
use crate::store::keys::{self, QueueEntry, Subject};
use crate::telemetry::metrics::NotTold;
use crate::usecases::deliver;
use crate::usecases::error::Error;

/// Entries of the queue that are read at once.
const PAGE: usize = 200;

/// Entries of one route that one pass looks at, at most. The next pass goes on from there.
const MAX_LOOKED_AT: usize = 10_000;

/// Mails that wait in memory, over all routes, and the bounds of one route's share of them.
const MAX_WAITING: usize = 50_000;
const MIN_SHARE: usize = 64;
const MAX_SHARE: usize = 4096;

/// Pages that one pass looks through for mails that belong to another route.
const REROUTED_AT_ONCE: usize = 20;

/// The least time between two looks over the whole queue, however often brands change; and how many
/// times as long as the last one took, so that a long queue is not looked over all the time.
const REROUTE_PAUSE: Duration = Duration::from_secs(1);
const REROUTE_REST: u32 = 10;

/// The whole queue is looked over this often in any case: a tenant may have moved under another brand.
const REROUTE_EVERY: Duration = Duration::from_secs(3600);

/// Mails of one route in which one pass notes that there is no mail server, at most.
const MAX_NOTED: usize = 1000;

/// What the outbox knows of the queue between two passes.
pub(super) struct DueMails {
    pub(super) queues: RouteQueues,
    places: BTreeMap<Option<TenantId>, Place>,
    brands: Arc<StoreWatcher>,
    rerouting: Rerouting,
}

/// Where a pass resumes in a route's part of the queue.
struct Place {
    after: Key,
    /// False: the mails before it have the note that they have no mail server.
    has_server: bool,
}

/// How far the look over the queue has come that follows a change of brands.
enum Rerouting {
    Done { at: Instant, took: Duration },
    At { after: Option<Key>, since: Instant },
}

impl Rerouting {
    fn begun() -> Self {
        let (after, since) = (None, Instant::now());
        Self::At { after, since }
    }
}

/// Wakes the outbox when there is a notice, whatever became of the caller who caused it, and when
/// brands may have changed, which it notes.
struct StoreWatcher {
    is_changed: AtomicBool,
    outbox_wake: Arc<Notify>,
}

impl Watcher for StoreWatcher {
    fn changed(&self, keys: &[&Key]) {
        for key in keys {
            match key.subject() {
                Subject::Brand(_) => self.lost(),
                Subject::Notice => self.outbox_wake.notify_one(),
                _ => {}
            }
        }
    }

    fn lost(&self) {
        self.is_changed.store(true, Ordering::Release);
        self.outbox_wake.notify_one();
    }
}

impl DueMails {
    /// The queue as it is found at the start; watches the brands from now on.
    pub(super) fn watching(engine: &dyn Engine, outbox_wake: &Arc<Notify>) -> Self {
        let brands = Arc::new(StoreWatcher {
            is_changed: AtomicBool::new(false),
            outbox_wake: Arc::clone(outbox_wake),
        });
        let watcher: Arc<dyn Watcher> = Arc::clone(&brands) as Arc<dyn Watcher>;
        engine.watch(watcher);
        Self {
            queues: RouteQueues::new(Arc::clone(outbox_wake)),
            places: BTreeMap::new(),
            brands,
            rerouting: Rerouting::begun(),
        }
    }

    /// Begins a look over the whole queue where one is called for. How long until one may be.
    fn begin_rerouting(&mut self) -> Duration {
        let Rerouting::Done { at, took } = &self.rerouting else {
            return Duration::ZERO;
        };
        let since = at.elapsed();
        let is_changed = self.brands.is_changed.load(Ordering::Acquire);
        let pause = if is_changed {
            REROUTE_PAUSE.max(*took * REROUTE_REST)
        } else {
            REROUTE_EVERY
        };
        if since < pause {
            return pause.saturating_sub(since);
        }
        self.brands.is_changed.store(false, Ordering::Release);
        self.queues.forget_waiting();
        self.rerouting = Rerouting::begun();
        Duration::ZERO
    }
}

/// How a route's part of the queue is handled.
enum Way {
    Server(Arc<Route>),
    None(NoRoute),
    /// The brand has no server any more: its mails belong elsewhere.
    Elsewhere,
}

/// The queue in the store in its order, without what is passed over.
struct QueueReader<'a> {
    engine: &'a dyn Engine,
    page: VecDeque<(Key, QueueEntry)>,
    after: Option<Key>,
    is_end: bool,
}

impl<'a> QueueReader<'a> {
    fn new(engine: &'a dyn Engine) -> Self {
        Self {
            engine,
            page: VecDeque::new(),
            after: None,
            is_end: false,
        }
    }

    /// The next entry.
    async fn peek(&mut self) -> Result<Option<(&Key, QueueEntry)>, StoreError> {
        while self.page.is_empty() && !self.is_end {
            let queue = keys::mails_due();
            let page = self.engine.scan(&queue, self.after.as_ref(), PAGE).await?;
            self.is_end = page.len() < PAGE;
            self.after = page.last().map(|(key, _)| key.clone());
            let entries = page.into_iter().filter_map(|(key, record)| {
                let entry = QueueEntry::read(&key, &record)?;
                Some((key, entry))
            });
            self.page.extend(entries);
        }
        Ok(self.page.front().map(|(key, entry)| (key, *entry)))
    }

    /// The next entry of a route's part that is due; else how long until there is one.
    async fn peek_due(
        &mut self,
        route: Option<TenantId>,
        now: Timestamp,
    ) -> Result<Result<QueueEntry, Duration>, StoreError> {
        let next = self.peek().await?.map(|(_, entry)| entry);
        Ok(match next.filter(|entry| entry.route == route) {
            None => Err(Duration::MAX),
            Some(entry) if entry.due_at > now => Err(entry.due_at.since(now)),
            Some(entry) => Ok(entry),
        })
    }

    /// Goes past the next entry; its place.
    fn pop(&mut self) -> Option<Key> {
        self.page.pop_front().map(|(key, _)| key)
    }

    /// Goes on behind `place`.
    fn skip_to(&mut self, place: &Key) {
        while self.page.front().is_some_and(|(key, _)| key <= place) {
            self.page.pop_front();
        }
        if self.page.is_empty() && self.after.as_ref() < Some(place) {
            self.after = Some(place.clone());
        }
    }
}

impl Outbox {
    /// Puts due mails into the queues of their routes; how long until the next is due.
    pub(super) async fn find_due(&self, work: &mut Work) -> Result<Duration, Error> {
        let mut next = self.reroute(&mut work.due).await?;
        let mut places = std::mem::take(&mut work.due.places);
        let mut stored = QueueReader::new(self.env.store.engine());
        let share = MAX_WAITING / work.due.queues.count().max(1);
        let share = share.clamp(MIN_SHARE, MAX_SHARE);
        while let Some((_, QueueEntry { route: id, .. })) = stored.peek().await? {
            let way = self.way_of(id).await?;
            let has_server = matches!(way, Way::Server(_));
            let place = places.remove(&id);
            let place = place.filter(|place| place.has_server == has_server);
            let place = place.map(|place| place.after);
            if let Some(place) = &place {
                stored.skip_to(place);
            }
            let (wait, place) = match way {
                Way::Server(route) => {
                    let queue = work.due.queues.of(&route);
                    self.fill(&queue, id, &mut stored, share).await?
                }
                Way::None(why) => self.note_no_route(why, id, &mut stored, place).await?,
                Way::Elsewhere => {
                    work.due.brands.is_changed.store(true, Ordering::Release);
                    (work.due.begin_rerouting(), None)
                }
            };
            next = next.min(wait);
            let place = place.map(|after| Place { after, has_server });
            work.due.places.extend(place.map(|place| (id, place)));
            self.start_senders(work);
            stored.skip_to(&keys::end_of_route(id));
        }
        Ok(next)
    }

    /// Looks on for mails that belong to another route; how long until there is more to look at.
    async fn reroute(&self, due: &mut DueMails) -> Result<Duration, Error> {
        due.begin_rerouting();
        for _ in 0..REROUTED_AT_ONCE {
            let Rerouting::At { after, since } = &mut due.rerouting else {
                break;
            };
            *after = deliver::reroute_some(&self.env, after.as_ref()).await?;
            if after.is_none() {
                let (at, took) = (Instant::now(), since.elapsed());
                due.rerouting = Rerouting::Done { at, took };
            }
        }
        Ok(due.begin_rerouting())
    }

    /// The way out that a brand, or the deployment, has at this moment.
    async fn way_of(&self, id: Option<TenantId>) -> Result<Way, Error> {
        let brand = match id {
            Some(id) => self.env.store.brand(id).await?.map(|found| found.value),
            None => None,
        };
        let usable = brand.filter(|brand| brand.enabled && brand.has_own_server());
        if id.is_some() && usable.is_none() {
            return Ok(Way::Elsewhere);
        }
        let keyring = self.env.keyring.load();
        Ok(match route(usable.as_ref(), &self.deployment, &keyring) {
            Ok(route) => Way::Server(Arc::new(route)),
            Err(why) => Way::None(why),
        })
    }

    /// Puts a route's due mails into its queue, as far as that has room. How long until there is more to
    /// look at, and from where.
    async fn fill(
        &self,
        queue: &RouteQueue,
        route: Option<TenantId>,
        stored: &mut QueueReader<'_>,
        share: usize,
    ) -> Result<(Duration, Option<Key>), Error> {
        let (now, members) = ((self.clock)(), self.env.node.members());
        let mut room_from = share / 2;
        let mut place = None;
        for _ in 0..MAX_LOOKED_AT {
            if queue.waiting() >= room_from {
                queue.refill_below(share / 2);
                return Ok((Duration::MAX, None));
            }
            room_from = share;
            let entry = match stored.peek_due(route, now).await? {
                Ok(entry) => entry,
                Err(wait) => return Ok((wait, None)),
            };
            if members.is_mine(entry.id.uuid()) && !self.env.node.in_flight().has(entry.id) {
                queue.push(entry.id);
            }
            place = stored.pop();
        }
        Ok((Duration::ZERO, place))
    }

    /// Says once in each of a route's due mails why it cannot be sent: after that they cost a look at
    /// what is behind them. How long until there is more to look at, and from where.
    async fn note_no_route(
        &self,
        why: NoRoute,
        route: Option<TenantId>,
        stored: &mut QueueReader<'_>,
        mut place: Option<Key>,
    ) -> Result<(Duration, Option<Key>), Error> {
        let (now, members) = ((self.clock)(), self.env.node.members());
        let (mut ids, mut wait) = (Vec::new(), Duration::ZERO);
        for _ in 0..MAX_NOTED {
            match stored.peek_due(route, now).await? {
                Ok(entry) if members.is_mine(entry.id.uuid()) => ids.push(entry.id),
                Ok(_) => {}
                Err(none) => {
                    wait = none;
                    break;
                }
            }
            place = stored.pop();
        }
        if !ids.is_empty() {
            let noted = deliver::note_no_route(&self.env, &ids, &why.to_string()).await?;
            let not_told = &self.env.metrics.not_told;
            not_told.add(NotTold::NoMailServer, noted as u64);
        }
        Ok((wait, place))
    }
}
