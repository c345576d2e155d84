//! Nodes that share a store, each with a clock that the test turns, and their outboxes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use upsell::domain::ids::MailId;
use upsell::domain::mail::Mail;
use upsell::store::keys;
use upsell::telemetry::metrics::Metrics;
use upsell::usecases::deliver::{self, Ended, Outcome};
use upsell::usecases::nodes::{self, Node, Patience};
use upsell::usecases::{Clock, Env};

use super::nodes::Shared;
use super::outbox::{Running, TestClock, outbox_to};
use super::smtp_script::SmtpScript;
use super::world::World;
use crate::outbox_rules::later;

/// A node of its own on the world's store, whose clock stands at `seconds`.
pub(crate) struct Member {
    pub(crate) env: Env,
    time: TestClock,
    pub(crate) clock: Clock,
}

impl Member {
    /// One that is known to the others.
    pub(crate) async fn new(world: &World, seconds: u64) -> Self {
        let member = Self::unknown(world, seconds);
        member.beat().await;
        member
    }

    pub(crate) fn unknown(world: &World, seconds: u64) -> Self {
        let env = Env {
            store: Shared::node(&world.env.store),
            node: Arc::new(Node::new("test", later(seconds), Patience::DEFAULT)),
            metrics: Arc::new(Metrics::new().unwrap()),
            outbox_wake: Arc::default(),
            ..world.env.clone()
        };
        let time = TestClock::at(seconds);
        let clock = time.clock();
        Self { env, time, clock }
    }

    pub(crate) fn turn_to(&self, seconds: u64) {
        self.time.turn_to(seconds);
    }

    /// Mails that it gave back for others.
    pub(crate) async fn beat(&self) -> usize {
        nodes::beat(&self.env, &self.clock).await.unwrap()
    }

    /// The mail, if it was there to be taken.
    pub(crate) async fn take(&self, id: MailId) -> Option<Mail> {
        let now = (self.clock)();
        let taken = deliver::claim(&self.env, &[id], now).await;
        taken.unwrap().pop()
    }

    pub(crate) async fn record(&self, mail: &Mail, ended: Ended) {
        let outcome = Outcome::of(mail, ended);
        let now = (self.clock)();
        deliver::record(&self.env, &[outcome], now).await.unwrap();
    }

    /// The mails that the store says it has.
    pub(crate) async fn leases(&self) -> HashSet<MailId> {
        let prefix = keys::nodes::leases_of(self.env.node.id());
        let ids = self.env.store.ids_under(&prefix, None, 10_000).await;
        ids.unwrap().into_iter().map(MailId::new).collect()
    }

    pub(crate) fn run(&self, server: &SmtpScript) -> Running {
        let outbox = outbox_to(&self.env, server, &self.time);
        Running::with(outbox, self.time.clone(), Duration::from_secs(5))
    }

    /// On a runtime of its own, with which all of it ends at once.
    pub(crate) fn run_on(&self, runtime: &Runtime, server: &SmtpScript) {
        let outbox = outbox_to(&self.env, server, &self.time);
        runtime.spawn(outbox.run(std::future::pending(), Duration::ZERO));
    }

    /// Waits until its outbox has ended a pass or more.
    pub(crate) async fn until_passed(&self) {
        self.time.until_passed(&self.env.outbox_wake).await;
    }

    fn counted(&self, series: &str) -> usize {
        let text = self.env.metrics.encode().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        line.unwrap().trim().parse().unwrap()
    }

    pub(crate) fn sent(&self) -> usize {
        self.counted("upsell_mails_total{outcome=\"sent\"}")
    }

    pub(crate) fn duplicates(&self) -> usize {
        self.counted("upsell_mail_possible_duplicates_total")
    }
}
