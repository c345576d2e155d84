//! Runs the outbox: one pass does all that is due and says when it wants to run again.
//!
//! Stages, each one commit: a notice becomes mails (fan-out), a mail that is due is taken, sent,
//! and recorded. Mails are taken only with a connection to their server in hand, so a dead server
//! holds its own mails up and nobody else's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::queue::Queue;
use super::route::{Deployment, Route, route};
use super::smtp::{Mailer, Reservation};
use crate::domain::ids::{MailId, TenantId};
use crate::domain::notification::Mail;
use crate::domain::time::Timestamp;
use crate::store::engine::Key;
use crate::store::{Found, keys};
use crate::usecases::deliver::{self, Remind};
use crate::usecases::error::Error;
use crate::usecases::fan_out::{self, FanOut};
use crate::usecases::{Clock, Env};

/// Queue entries read at once.
const PAGE: usize = 200;

/// Queue entries looked at in one pass; those of busy servers are passed over.
const MAX_LOOKED_AT: usize = 20_000;

/// Notices and reminders handled in one pass, so that sending is never starved by them.
const MAX_FAN_OUTS: usize = 1000;

/// How long mails without a usable mail server are put off; also the longest sleep.
const PUT_OFF: Duration = Duration::from_secs(60);

/// The wait after the store failed.
const STORE_BACKOFF: Duration = Duration::from_secs(1);

/// The outbox of one node.
#[derive(Clone)]
pub struct Outbox {
    pub(super) env: Env,
    mailer: Mailer,
    deployment: Arc<Deployment>,
    pub(super) id_domain: Arc<str>,
    pub(super) clock: Clock,
}

/// When the outbox wants to run again, unless it is woken earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NextPass(Duration);

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
        let mut queue = Queue::default();
        loop {
            let wait = match self.pass(&mut queue).await {
                Ok(NextPass(wait)) => wait,
                Err(error) => {
                    tracing::warn!(%error, "the outbox waits for the store");
                    STORE_BACKOFF
                }
            };
            if !self.rest(&mut queue, shutdown.as_mut(), wait).await {
                break;
            }
        }
        let finish = async { while queue.sending.join_next().await.is_some() {} };
        if tokio::time::timeout(drain, finish).await.is_err() {
            tracing::warn!(
                mails = queue.sending.len(),
                "stopped while mails were being sent"
            );
        }
        self.mailer.close_idle().await;
    }

    /// Waits until there is something to do; freed connections are given to waiting mails
    /// meanwhile, without another look at the whole queue. False: shut down.
    async fn rest(
        &self,
        queue: &mut Queue,
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
                Some(ended) = queue.sending.join_next() => {
                    // The pass before saw this mail in somebody's hands, due long after.
                    if let Some(due) = queue.ended(ended.ok().flatten()) {
                        let until = Instant::now() + due.since((self.clock)());
                        let sooner = until.min(slept.deadline());
                        slept.as_mut().reset(sooner);
                    }
                    if let Err(error) = self.resume(queue).await {
                        tracing::warn!(%error, "the outbox waits for the store");
                    }
                }
            }
        }
    }

    /// Does all that is due. Sending goes on behind it.
    ///
    /// # Errors
    /// The store failed; what was not done is still due.
    async fn pass(&self, queue: &mut Queue) -> Result<NextPass, Error> {
        let mut work_left = true;
        for _ in 0..MAX_FAN_OUTS {
            if fan_out::run_one(&self.env, (self.clock)()).await? == FanOut::Idle {
                work_left = false;
                break;
            }
        }
        let reminder = self.remind().await?;
        self.resume(queue).await?;
        let mail = self.dispatch(queue).await?;
        let wait = if work_left {
            Duration::ZERO
        } else {
            reminder.min(mail).min(PUT_OFF)
        };
        Ok(NextPass(wait))
    }

    /// Gives free connections to mails that wait for one.
    async fn resume(&self, queue: &mut Queue) -> Result<(), Error> {
        for route in queue.waiting.keys().cloned().collect::<Vec<_>>() {
            while queue.has_room() {
                let Some(reservation) = self.mailer.try_reserve(&route.target) else {
                    break;
                };
                let Some(id) = queue.next_waiting(&route) else {
                    break;
                };
                let now = (self.clock)();
                let due = self
                    .env
                    .store
                    .mail(id)
                    .await?
                    .filter(|mail| mail.is_due(now));
                if let Some(mail) = due {
                    self.start(mail, route.clone(), reservation, queue, now)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Queues the reminders that are due; how long until the next.
    async fn remind(&self) -> Result<Duration, Error> {
        for _ in 0..MAX_FAN_OUTS {
            let now = (self.clock)();
            match deliver::remind_one(&self.env, now).await? {
                Remind::Done => {}
                Remind::NotBefore(due) => return Ok(due.since(now)),
                Remind::Idle => return Ok(Duration::MAX),
            }
        }
        Ok(Duration::ZERO)
    }

    /// Hands due mails to their servers; how long until the next is due.
    async fn dispatch(&self, queue: &mut Queue) -> Result<Duration, Error> {
        let mut routes = HashMap::new();
        let mut after: Option<Key> = None;
        for _ in 0..MAX_LOOKED_AT / PAGE {
            let engine = self.env.store.engine();
            let page = engine
                .scan(&keys::mails_due(), after.as_ref(), PAGE)
                .await?;
            let now = (self.clock)();
            for (key, _) in &page {
                if let Some(due) = key.leading_time().filter(|due| *due > now) {
                    return Ok(due.since(now));
                }
                if !queue.has_room() {
                    return Ok(Duration::MAX);
                }
                let id = key.trailing_uuid().map(MailId::new);
                if let Some(id) = id.filter(|id| !queue.is_waiting(*id)) {
                    self.meet(id, &mut routes, queue, now).await?;
                }
            }
            if page.len() < PAGE {
                return Ok(Duration::MAX);
            }
            after = page.into_iter().next_back().map(|(key, _)| key);
        }
        Ok(Duration::MAX)
    }

    /// Starts one due mail if its server has a connection free; else the mail waits for one.
    async fn meet(
        &self,
        id: MailId,
        routes: &mut HashMap<TenantId, Route>,
        queue: &mut Queue,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(mail) = self.env.store.mail(id).await? else {
            return Ok(());
        };
        let Some(route) = self.route_of(&mail, routes, now).await? else {
            return Ok(());
        };
        match self.mailer.try_reserve(&route.target) {
            Some(reservation) => self.start(mail, route, reservation, queue, now).await,
            None => {
                queue.wait(route, id);
                Ok(())
            }
        }
    }

    async fn start(
        &self,
        mail: Found<Mail>,
        route: Route,
        reservation: Reservation,
        queue: &mut Queue,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(mail) = deliver::take(&self.env, mail, now).await? {
            let outbox = self.clone();
            queue
                .sending
                .spawn(async move { outbox.send_recorded(&mail, &route, reservation).await });
        }
        Ok(())
    }

    /// The way out for a mail's tenant, looked up once a pass. Puts the mail off where there is
    /// none.
    async fn route_of(
        &self,
        mail: &Found<Mail>,
        routes: &mut HashMap<TenantId, Route>,
        now: Timestamp,
    ) -> Result<Option<Route>, Error> {
        if let Some(known) = routes.get(&mail.tenant_id) {
            return Ok(Some(known.clone()));
        }
        let brand = match self.env.store.tenant(mail.tenant_id).await? {
            Some(tenant) => self.env.store.effective_brand(&tenant).await?,
            None => None,
        };
        let found = route(brand.as_ref(), &self.deployment, &self.env.keyring.load());
        match found {
            Ok(found) => {
                routes.insert(mail.tenant_id, found.clone());
                Ok(Some(found))
            }
            Err(missing) => {
                let why = missing.to_string();
                deliver::put_off(&self.env, mail.clone(), now.plus(PUT_OFF), &why).await?;
                Ok(None)
            }
        }
    }
}
