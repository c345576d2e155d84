//! Runs the outbox: one pass finds all that is due and says when it wants to run again.
//!
//! Stages, each one commit: notices become mails (fan-out), mails that are due are taken, sent, and
//! recorded. Mails stand in the line of their way out, and a line is worked off by as many
//! connections as its server may have, so a dead server holds its own mails up and nobody else's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::line::Lines;
use super::results::{self, DueAgain, Results};
use super::route::{Deployment, NoRoute, Route, route};
use super::sending::Sender;
use super::smtp::Mailer;
use crate::domain::brand::Brand;
use crate::domain::ids::{MailId, TenantId};
use crate::domain::notification::Mail;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::store::engine::Key;
use crate::store::{Found, keys};
use crate::telemetry::metrics::NotTold;
use crate::usecases::deliver::{self, Ended, Look, Outcome, PUT_OFF, Remind};
use crate::usecases::error::Error;
use crate::usecases::fan_out::{self, FanOut};
use crate::usecases::{Clock, Env};

/// Queue entries read at once.
const PAGE: usize = 200;

/// Queue entries looked at in one pass; those of busy servers are passed over.
const MAX_LOOKED_AT: usize = 20_000;

/// Connections at work at once, over all servers.
const MAX_CONNECTIONS: usize = 1000;

/// Mails remembered while they wait for a connection to their server; further ones are met again in
/// a later pass.
const MAX_WAITING: usize = 50_000;

/// Commits of notices in one pass, so that sending is never starved by them.
const MAX_FAN_OUT_COMMITS: usize = 8;

/// Reminders handled in one pass, likewise.
const MAX_REMINDERS: usize = 1000;

/// The longest sleep where other nodes make work too: nothing wakes this one for it.
const SHARED_PAUSE: Duration = Duration::from_secs(1);

/// The wait after the store failed.
const STORE_BACKOFF: Duration = Duration::from_secs(1);

/// The outbox of one node.
#[derive(Clone)]
pub struct Outbox {
    pub(super) env: Env,
    pub(super) mailer: Mailer,
    deployment: Arc<Deployment>,
    pub(super) id_domain: Arc<str>,
    pub(super) clock: Clock,
}

/// When the outbox wants to run again, unless it is woken earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NextPass(Duration);

/// What is under way.
struct Work {
    lines: Lines,
    /// One for each connection.
    senders: JoinSet<()>,
    results: Results,
    /// There was more than one pass looks at.
    has_more: bool,
    /// The latest time that the clock has said; `None` before the first pass.
    latest: Option<Timestamp>,
}

/// The ways out that one pass has found.
#[derive(Default)]
struct Routes {
    of_tenant: HashMap<TenantId, Arc<Route>>,
    /// By whose brand it is; `None` where there is none, or none that is enabled.
    of_brand: HashMap<TenantId, Option<Result<Arc<Route>, NoRoute>>>,
}

impl Outbox {
    /// An outbox that sends through `mailer`. `id_domain` stands on the right of `Message-ID`s.
    #[must_use]
    pub fn new(
        env: Env,
        mailer: Mailer,
        deployment: Deployment,
        id_domain: &str,
        clock: Clock,
    ) -> Self {
        Self {
            env,
            mailer,
            deployment: Arc::new(deployment),
            id_domain: id_domain.into(),
            clock,
        }
    }

    /// Runs until `shutdown`; then lets mails that are with a server finish for `drain` at most.
    /// What does not is sent again after the next start.
    pub async fn run(self, shutdown: impl Future<Output = ()>, drain: Duration) {
        let mut shutdown = std::pin::pin!(shutdown);
        let (results, outcomes) = results::channel();
        let due_again = Arc::new(DueAgain::default());
        let recorder = results::record_all(
            self.env.clone(),
            outcomes,
            Arc::clone(&due_again),
            self.clock.clone(),
        );
        let recorder = tokio::spawn(recorder);
        let mut work = Work {
            lines: Lines::default(),
            senders: JoinSet::new(),
            results,
            has_more: false,
            latest: None,
        };
        loop {
            let wait = match self.pass(&mut work).await {
                Ok(NextPass(wait)) => wait,
                Err(error) => {
                    tracing::warn!(%error, "the outbox waits for the store");
                    STORE_BACKOFF
                }
            };
            if !self
                .rest(&mut work, &due_again, shutdown.as_mut(), wait)
                .await
            {
                break;
            }
        }
        if tokio::time::timeout(drain, finish(&mut work))
            .await
            .is_err()
        {
            tracing::warn!(
                connections = work.senders.len(),
                "stopped while mails were being sent"
            );
        }
        // What is still being sent ends here; what has come of others is recorded.
        drop(work);
        if tokio::time::timeout(drain, recorder).await.is_err() {
            tracing::warn!("stopped before it was recorded what became of some mails");
        }
        self.mailer.close_idle().await;
    }

    /// Waits until there is something to do; freed connections are given to waiting mails
    /// meanwhile, without another look at the whole queue. False: shut down.
    async fn rest(
        &self,
        work: &mut Work,
        due_again: &DueAgain,
        mut shutdown: std::pin::Pin<&mut impl Future<Output = ()>>,
        wait: Duration,
    ) -> bool {
        let mut slept = std::pin::pin!(tokio::time::sleep(wait));
        loop {
            tokio::select! {
                () = &mut shutdown => return false,
                () = self.env.outbox_wake.notified() => return true,
                () = &mut slept => {
                    self.mailer.close_expired().await;
                    return true;
                }
                // The pass before saw this mail in somebody's hands, due long after.
                at = due_again.next() => {
                    let until = Instant::now() + at.since((self.clock)());
                    let sooner = until.min(slept.deadline());
                    slept.as_mut().reset(sooner);
                }
                Some(_) = work.senders.join_next() => {
                    if work.has_more && work.lines.waiting() < MAX_WAITING / 2 {
                        return true;
                    }
                    self.start_senders(work);
                }
            }
        }
    }

    /// Finds all that is due. Sending goes on behind it.
    ///
    /// # Errors
    /// The store failed; what was not done is still due.
    async fn pass(&self, work: &mut Work) -> Result<NextPass, Error> {
        let longest = if self.env.store.engine().is_shared() {
            SHARED_PAUSE
        } else {
            PUT_OFF
        };
        if self.env.term((self.clock)()).is_none() {
            // The others take over; this node is woken when it is one of them again.
            return Ok(NextPass(longest));
        }
        self.watch_clock(work).await?;
        let mut work_left = true;
        for _ in 0..MAX_FAN_OUT_COMMITS {
            if fan_out::run_some(&self.env, (self.clock)()).await? == FanOut::Idle {
                work_left = false;
                break;
            }
        }
        let reminder = self.remind().await?;
        let mail = self.dispatch(work).await?;
        let wait = if work_left {
            Duration::ZERO
        } else {
            reminder.min(mail).min(longest)
        };
        Ok(NextPass(wait))
    }

    /// Looks for due times that a clock left behind which ran ahead: at first, and when the clock
    /// goes back.
    async fn watch_clock(&self, work: &mut Work) -> Result<(), Error> {
        let now = (self.clock)();
        let skew = self.env.settings.max_clock_skew;
        if work.latest.is_none_or(|latest| now.plus(skew) < latest) {
            deliver::pull_in(&self.env, Look::AtAll, now).await?;
            work.latest = Some(now);
        }
        work.latest = work.latest.max(Some(now));
        Ok(())
    }

    /// Gives free connections to lines that have mail.
    fn start_senders(&self, work: &mut Work) {
        while work.senders.try_join_next().is_some() {}
        for line in work.lines.with_mail() {
            let mut more = line.len();
            while more > 0 && work.senders.len() < MAX_CONNECTIONS {
                let Some(reservation) = self.mailer.try_reserve(&line.route.target) else {
                    break;
                };
                let (line, results) = (Arc::clone(&line), work.results.clone());
                let sender = Sender::new(self.clone(), line, results);
                work.senders.spawn(sender.run(reservation));
                more -= 1;
            }
        }
    }

    /// Queues the reminders that are due; how long until the next.
    async fn remind(&self) -> Result<Duration, Error> {
        let mut after = None;
        for _ in 0..MAX_REMINDERS {
            let now = (self.clock)();
            match deliver::remind_next(&self.env, &mut after, now).await? {
                Remind::Done => {}
                Remind::NotBefore(due) => return Ok(due.since(now)),
                Remind::Idle => return Ok(Duration::MAX),
            }
        }
        Ok(Duration::ZERO)
    }

    /// Puts due mails into their lines; how long until the next is due.
    async fn dispatch(&self, work: &mut Work) -> Result<Duration, Error> {
        let mut routes = Routes::default();
        let mut after: Option<Key> = None;
        let members = self.env.node.members();
        work.has_more = false;
        for _ in 0..MAX_LOOKED_AT / PAGE {
            let engine = self.env.store.engine();
            let page = engine
                .scan(&keys::mails_due(), after.as_ref(), PAGE)
                .await?;
            let now = (self.clock)();
            let is_due = |key: &Key| key.leading_time().is_none_or(|due| due <= now);
            let due = page.iter().take_while(|(key, _)| is_due(key));
            let ours = due.filter_map(|(key, _)| key.trailing_uuid());
            let ours = ours.filter(|id| members.is_mine(*id)).map(MailId::new);
            let ids: Vec<MailId> = ours.filter(|id| !work.lines.has(*id)).collect();
            self.meet(&ids, &mut routes, work, now).await?;
            self.start_senders(work);
            let later = page.iter().find(|(key, _)| !is_due(key));
            if let Some(due) = later.and_then(|(key, _)| key.leading_time()) {
                return Ok(due.since(now));
            }
            if page.len() < PAGE {
                return Ok(Duration::MAX);
            }
            if work.lines.waiting() >= MAX_WAITING {
                break;
            }
            after = page.into_iter().next_back().map(|(key, _)| key);
        }
        work.has_more = true;
        Ok(Duration::MAX)
    }

    /// Puts each mail into the line of its way out.
    async fn meet(
        &self,
        ids: &[MailId],
        routes: &mut Routes,
        work: &mut Work,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mail_keys: Vec<Key> = ids.iter().map(|id| keys::mail(*id)).collect();
        let mails = self.env.store.load_many::<Mail>(&mail_keys).await?;
        for mail in mails.into_iter().flatten() {
            if let Some(route) = self.route_of(&mail, routes, now).await? {
                work.lines.push(&route, mail.id);
            }
        }
        Ok(())
    }

    /// The way out for a mail's tenant, looked up once a pass. Puts the mail off where there is
    /// none.
    async fn route_of(
        &self,
        mail: &Found<Mail>,
        routes: &mut Routes,
        now: Timestamp,
    ) -> Result<Option<Arc<Route>>, Error> {
        if let Some(known) = routes.of_tenant.get(&mail.tenant_id) {
            return Ok(Some(known.clone()));
        }
        let found = match self.env.store.tenant(mail.tenant_id).await? {
            Some(tenant) => self.route_of_tenant(&tenant, routes).await?,
            None => None,
        };
        let keyring = self.env.keyring.load();
        match found.unwrap_or_else(|| route(None, &self.deployment, &keyring).map(Arc::new)) {
            Ok(found) => {
                routes.of_tenant.insert(mail.tenant_id, found.clone());
                Ok(Some(found))
            }
            Err(missing) => {
                if mail.last_error.is_none() {
                    self.env.metrics.not_told.inc(NotTold::NoMailServer);
                }
                let why = missing.to_string();
                deliver::put_off(&self.env, mail.clone(), now.plus(PUT_OFF), &why).await?;
                Ok(None)
            }
        }
    }

    /// The way out by the nearest enabled brand, from the tenant up its ancestors.
    async fn route_of_tenant(
        &self,
        tenant: &Tenant,
        routes: &mut Routes,
    ) -> Result<Option<Result<Arc<Route>, NoRoute>>, Error> {
        for id in tenant.lineage() {
            if let Some(known) = routes.of_brand.get(&id) {
                if known.is_some() {
                    return Ok(known.clone());
                }
                continue;
            }
            let brand: Option<Brand> = self.env.store.brand(id).await?.map(|found| found.value);
            let enabled = brand.filter(|brand| brand.enabled);
            let found = enabled.map(|brand| {
                let keyring = self.env.keyring.load();
                route(Some(&brand), &self.deployment, &keyring).map(Arc::new)
            });
            routes.of_brand.insert(id, found.clone());
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// Lets what is with a server come to its end, and gives back what is not.
async fn finish(work: &mut Work) {
    for taken in work.lines.stop() {
        let outcome = Outcome::of(&taken.mail, Ended::Untried);
        // The recorder ends after the last sender.
        let _ = work.results.send(outcome).await;
    }
    while work.senders.join_next().await.is_some() {}
}
