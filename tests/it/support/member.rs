//! Nodes that share a store, each with a clock that the test turns, and their outboxes.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use upsell::domain::ids::MailId;
use upsell::domain::notification::Mail;
use upsell::outbox::route::Deployment;
use upsell::outbox::smtp::Encryption;
use upsell::outbox::worker::Outbox;
use upsell::store::keys;
use upsell::telemetry::metrics::Metrics;
use upsell::usecases::deliver::{self, Ended, Outcome};
use upsell::usecases::nodes::{self, Node, Patience};
use upsell::usecases::{Clock, Env};

use super::nodes::Shared;
use super::smtp_client::{mailer, target};
use super::smtp_script::SmtpScript;
use super::world::World;
use crate::outbox_rules::later;

/// A node of its own on the world's store, whose clock stands at `seconds`.
pub(crate) struct Member {
    pub(crate) env: Env,
    seconds: Arc<AtomicU64>,
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
        let seconds = Arc::new(AtomicU64::new(seconds));
        let told = Arc::clone(&seconds);
        let clock: Clock = Arc::new(move || later(told.load(Ordering::Relaxed)));
        Self {
            env,
            seconds,
            clock,
        }
    }

    pub(crate) fn turn_to(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::Relaxed);
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

    fn outbox(&self, server: &SmtpScript) -> Outbox {
        let deployment = Deployment {
            target: Some(target(server, Encryption::None)),
            from: "upsell@cloud.example".parse().unwrap(),
        };
        let (env, clock) = (self.env.clone(), self.clock.clone());
        Outbox::new(env, mailer(server), deployment, "cloud.example", clock)
    }

    pub(crate) fn run(&self, server: &SmtpScript) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(self.outbox(server).run(stopped, Duration::from_secs(5)));
        Running { stop, task }
    }

    /// On a runtime of its own, with which all of it ends at once.
    pub(crate) fn run_on(&self, runtime: &Runtime, server: &SmtpScript) {
        let outbox = self.outbox(server);
        runtime.spawn(outbox.run(std::future::pending(), Duration::ZERO));
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

pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}
