//! A node: everything of the service that runs in the background, until it dies.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};
use upsell::account_table::AccountTable;
use upsell::domain::mail::RetryPolicy;
use upsell::keyring::Keyring;
use upsell::outbox::route::Deployment;
use upsell::outbox::smtp::{
    Encryption, Host, Mailer, Roots, Settings as SmtpSettings, Target, Trust,
};
use upsell::outbox::worker::Outbox;
use upsell::render::Renderer;
use upsell::store::Store;
use upsell::telemetry::metrics::Metrics;
use upsell::usecases::count_clicks::{self, ClickSink, run_clicks};
use upsell::usecases::nodes::{self, Node as Member, Patience};
use upsell::usecases::remembered::Remembered;
use upsell::usecases::{Clock, Env, Settings};

use super::FLUSH_INTERVAL;
use super::disk::{Disk, Power};
use super::engine::SimEngine;
use super::smtp::{MailServer, Way};
use crate::support::world::{START, settings};

static RENDERER: LazyLock<Arc<Renderer>> = LazyLock::new(|| Arc::new(Renderer::new().unwrap()));

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    Keyring::create(&dir.path().join("keys"), START).unwrap()
});

static SETTINGS: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    Arc::new(Settings {
        retry: RetryPolicy {
            base: Duration::from_secs(10),
            max: Duration::from_secs(60),
            ..RetryPolicy::default()
        },
        // What stands would be told of for ever.
        repeat_interval: Duration::ZERO,
        ..settings()
    })
});

/// One start of a node.
pub(super) struct Node {
    pub(super) power: Arc<Power>,
    pub(super) env: Env,
    pub(super) clicks: ClickSink,
    /// The requests that it is at work on.
    pub(super) requests: JoinSet<()>,
    background: Vec<JoinHandle<()>>,
}

/// An environment without a life of its own.
pub(super) fn env_of(disk: &Arc<Disk>, power: &Arc<Power>, clock: &Clock) -> Env {
    let store = Store::new(SimEngine::start(disk, power));
    Env {
        accounts: AccountTable::watching(&store, 1000),
        remembered: Arc::new(Remembered::new(1 << 16)),
        store,
        node: Arc::new(Member::new("sim", clock(), Patience::DEFAULT)),
        settings: Arc::clone(&SETTINGS),
        keyring: Arc::new(ArcSwap::from_pointee(KEYRING.clone())),
        renderer: Arc::clone(&RENDERER),
        metrics: Arc::new(Metrics::new().unwrap()),
        outbox_wake: Arc::default(),
    }
}

/// The time, which began with the runtime.
pub(super) fn clock_since(start: Instant) -> Clock {
    Arc::new(move || START.plus(start.elapsed()))
}

impl Node {
    /// Starts it, trying until the store lets it.
    pub(super) async fn start(
        disk: &Arc<Disk>,
        server: &Arc<MailServer>,
        power: Arc<Power>,
        clock: &Clock,
    ) -> Self {
        let env = env_of(disk, &power, clock);
        while let Err(error) = nodes::arrive(&env, clock).await {
            disk.oracle
                .note(|| format!("node {} cannot start: {error}", power.id));
            sleep(Duration::from_millis(500)).await;
        }
        let way = Way {
            server: Arc::clone(server),
            power: Arc::clone(&power),
        };
        let never = std::future::pending;
        let outbox = outbox(&env, way, clock).run(never(), Duration::from_secs(3));
        let (clicks, source) = count_clicks::channel(1000);
        let counting = run_clicks(env.clone(), source, FLUSH_INTERVAL, never());
        let presence = nodes::keep_alive(env.clone(), clock.clone(), never());
        Self {
            background: vec![
                tokio::spawn(outbox),
                tokio::spawn(counting),
                tokio::spawn(presence),
            ],
            requests: JoinSet::new(),
            power,
            env,
            clicks,
        }
    }

    /// It is gone this instant, and all that it was at.
    pub(super) fn die(mut self, disk: &Disk) {
        disk.crash(&self.power);
        self.requests.abort_all();
        for task in &self.background {
            task.abort();
        }
    }

    /// Whether one of its background tasks has ended. Where the store is its own, there is no presence.
    pub(super) fn has_ended(&self, is_shared: bool) -> bool {
        let tasks = if is_shared { 3 } else { 2 };
        self.background
            .iter()
            .take(tasks)
            .any(JoinHandle::is_finished)
    }
}

fn outbox(env: &Env, way: Way, clock: &Clock) -> Outbox {
    let settings = SmtpSettings {
        network: Arc::new(way),
        roots: Roots {
            without_native: true,
            extra_pem: Vec::new(),
        },
        ..SmtpSettings::new(Host::parse("sim.example").unwrap())
    };
    let host = Host::parse("127.0.0.1").unwrap();
    let target = Target::new(host, 25, Encryption::None, None, Trust::Operator).unwrap();
    let deployment = Deployment {
        target: Some(target),
        from: "upsell@sim.example".parse().unwrap(),
    };
    let mailer = Mailer::new(settings).unwrap();
    Outbox::new(
        env.clone(),
        mailer,
        deployment,
        "sim.example",
        clock.clone(),
    )
}
