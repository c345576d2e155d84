//! The composition root: builds every part from the configuration, starts every task, and stops
//! them in an order in which nothing is lost. `upsell serve`, the demo and tests call [`start`].

mod background;
pub mod data;
mod gauges;
mod ops;
mod reload;
mod serving;
mod settings;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::account_table::AccountTable;
use crate::config::Config;
use crate::domain::text::BadText;
use crate::domain::time::Timestamp;
use crate::http::client_address::TrustedProxies;
use crate::http::cors::Cors;
use crate::http::endpoint::Group;
use crate::http::rate_limits::RateLimits;
use crate::http::router::Router;
use crate::http::server::{Drained, Server};
use crate::http::service::Upsell;
use crate::http::tls::{Tls, TlsError};
use crate::http::{self, listener, pages};
use crate::outbox::smtp;
use crate::outbox::worker::Outbox;
use crate::render::{RenderError, Renderer};
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use crate::usecases::account_fields::load_accounts;
use crate::usecases::count_clicks::ClickSource;
use crate::usecases::error::Error;
use crate::usecases::initialize::FirstClient;
use crate::usecases::remembered::Remembered;
use crate::usecases::{Clock, Env, count_clicks, nodes};
use data::DataError;
use ops::Ops;
use reload::Certificate;
use serving::Serving;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}; {}", listen_advice(.source))]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that the configuration names.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system gives no more threads.
    #[error("cannot start a thread: {0}; raise the limit on processes of this user")]
    Thread(#[source] io::Error),
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A certificate without a key, or a key without a certificate.
    #[error("tls.cert_file and tls.key_file belong together: set both or none")]
    HalfTls,
    /// The sender of mail.
    #[error("smtp.from: {0}; set smtp.from (UPSELL_SMTP_FROM)")]
    Sender(BadText),
    /// The mail server.
    #[error("smtp: {0}")]
    SmtpTarget(#[from] smtp::InvalidTarget),
    /// How the mailer behaves.
    #[error("smtp: {0}")]
    SmtpSettings(#[from] smtp::InvalidSettings),
    /// The name to say in `EHLO`.
    #[error("smtp.hello_name: {0}")]
    HelloName(smtp::InvalidTarget),
    /// A template: a defect of this program.
    #[error(transparent)]
    Templates(#[from] RenderError),
    /// The routes: a defect of this program.
    #[error("two routes have the same path: {0}")]
    Routes(#[from] matchit::InsertError),
    /// The metrics: a defect of this program.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The store, at start.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The system's clock.
#[must_use]
pub fn system_clock() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::default().plus(since)
}

/// A running service.
pub struct Running {
    /// Where the APIs, redirects and pages are.
    pub listen: SocketAddr,
    /// Where metrics and health are.
    pub ops_listen: SocketAddr,
    /// How people reach it.
    pub public_url: String,
    /// The first client, where this was the first start.
    pub first_client: Option<FirstClient>,
    /// What use cases work with; for the demo, which drives them directly.
    pub env: Env,
    keys_path: PathBuf,
    certificate: Option<Certificate>,
    stop: watch::Sender<Stage>,
    serving: Serving,
    ops: JoinHandle<Drained>,
    background: Vec<(&'static str, JoinHandle<()>)>,
    presence: JoinHandle<()>,
}

/// How far the shutdown has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// No new requests; those in flight finish.
    Draining,
    /// No request is in flight: background work finishes.
    Finishing,
    /// Nothing is in flight: this node leaves the others.
    Leaving,
}

async fn reached(mut stage: watch::Receiver<Stage>, wanted: Stage) {
    // A sender that is gone means that the service is, too.
    let _gone = stage.wait_for(|now| *now >= wanted).await.is_err();
}

/// Starts the service.
///
/// # Errors
/// See [`AppError`]; nothing is left running then.
pub async fn start(config: &Config) -> Result<Running, AppError> {
    start_with(config, Vec::new()).await
}

/// Starts the service with further endpoints beside its own: the demo's pages. One at a path of the
/// service's own takes its place.
///
/// # Errors
/// See [`AppError`]; nothing is left running then.
pub async fn start_with(config: &Config, further: Vec<Group>) -> Result<Running, AppError> {
    let clock: Clock = Arc::new(system_clock);
    let public = serving::bind(
        config.main.listen,
        serving::threads(config.main.http_threads),
    )?;
    let operations = bind(config.main.ops_listen)?;
    let ops_listen = local(&operations, config.main.ops_listen)?;
    let listen = public.address;
    let public_url = settings::public_url(config, listen);
    let metrics = Arc::new(Metrics::new()?);
    let place = data::Place::of(config).counting(&metrics.redis_duration);
    let data = data::open_or_init(&place, clock()).await?;
    warn_of_servers(&place).await;
    let env = Env {
        store: data.store.clone(),
        node: Arc::new(settings::node(config, listen, clock())),
        accounts: AccountTable::watching(&data.store, room_for_accounts(config, &data.store)),
        remembered: Arc::new(Remembered::new(config.limits.cached_answer_bytes)),
        settings: Arc::new(settings::settings(config, public_url.clone())),
        keyring: Arc::new(ArcSwap::from_pointee(data.keyring)),
        renderer: Arc::new(Renderer::new()?),
        metrics,
        outbox_wake: Arc::new(Notify::new()),
    };
    if !env.store.engine().is_shared() {
        load_accounts(&env).await?;
    }
    nodes::arrive(&env, &clock).await?;
    let (stop, stage) = watch::channel(Stage::Serving);
    let outbox = outbox(config, &env, &public_url, &clock)?;
    let certificate = Certificate::load(config)?;
    let tls = certificate
        .as_ref()
        .map(|certificate| certificate.tls.clone());
    let (server, click_source) = public_server(config, &env, further, tls)?;
    let ops = Ops {
        store: env.store.clone(),
        metrics: Arc::clone(&env.metrics),
        collect: gauges::collector(&data.engine, &server),
        stage: stage.clone(),
    };
    let ops = Server::new(Arc::new(ops), settings::limits(config), system_clock);
    let drain = config.limits.drain_timeout;
    let background = background::start(config, &env, outbox, click_source, &stage);
    let leaving = reached(stage.clone(), Stage::Leaving);
    let presence = tokio::spawn(nodes::keep_alive(env.clone(), clock, leaving));
    let serving = serving::serve(&server, public, &stage)?;
    let ops = tokio::spawn(ops.run(operations, reached(stage.clone(), Stage::Finishing)));
    tracing::info!(%listen, %ops_listen, drain_s = drain.as_secs(), "started");
    Ok(Running {
        listen,
        ops_listen,
        public_url,
        first_client: data.first_client,
        env,
        keys_path: place.keys_path(),
        certificate,
        stop,
        serving,
        ops,
        background,
        presence,
    })
}

/// A store that only this process uses has its meters in memory, and so all accounts.
fn room_for_accounts(config: &Config, store: &Store) -> usize {
    match store.engine().is_shared() {
        true => config.limits.cached_accounts,
        false => usize::MAX,
    }
}

/// Logs warnings about the servers of the store. The service starts without them, too.
async fn warn_of_servers(place: &data::Place) {
    match place.warnings().await {
        Ok(warnings) => warnings.iter().for_each(|text| tracing::warn!("{text}")),
        Err(error) => tracing::warn!(%error, "cannot check the servers of the store"),
    }
}

/// The server of APIs, redirects and pages, and where the clicks on its links come out.
fn public_server(
    config: &Config,
    env: &Env,
    further: Vec<Group>,
    tls: Option<Tls>,
) -> Result<(Server<Upsell>, ClickSource), AppError> {
    let (clicks, source) = count_clicks::channel(CLICKS_WAITING);
    let pages = pages::Options {
        clicks,
        redirect_status: config.links.redirect_status,
    };
    let mut groups = http::endpoints(pages.clone());
    groups
        .iter_mut()
        .for_each(|group| group.give_way_to(&further));
    groups.extend(further);
    let router = Router::new(groups, settings::body_limits(config))?
        .limited(RateLimits::new(&config.rate_limits));
    let cors = Cors::new(config.console.cors_origins.clone());
    let service =
        Arc::new(Upsell::new(env.clone(), router, cors, pages).with_workers(Handle::current()));
    let server = Server::new(service, settings::limits(config), system_clock)
        .with_trusted_proxies(TrustedProxies::new(&config.http.trusted_proxies));
    let server = match tls {
        Some(tls) => server.with_tls(tls),
        None => server,
    };
    Ok((server, source))
}

/// Capacity of the queue of clicks: more than half a second at 100,000 a second.
const CLICKS_WAITING: usize = 65_536;

fn listen_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "stop the process that uses it, or choose another address",
        io::ErrorKind::AddrNotAvailable => "choose an address that this machine has",
        io::ErrorKind::PermissionDenied => {
            "choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE"
        }
        _ => "choose another address",
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, AppError> {
    listener::bind(address).map_err(|source| AppError::Listen { address, source })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, AppError> {
    listener
        .local_addr()
        .map_err(|source| AppError::Listen { address, source })
}

fn outbox(config: &Config, env: &Env, public_url: &str, clock: &Clock) -> Result<Outbox, AppError> {
    let (deployment, id_domain) = settings::deployment(config, public_url)?;
    if deployment.target.is_none() {
        tracing::warn!(
            "no SMTP server is set (smtp.server, UPSELL_SMTP_SERVER): mail waits in the outbox"
        );
    }
    let mailer = settings::mailer(config, public_url)?;
    Ok(Outbox::new(
        env.clone(),
        mailer,
        deployment,
        &id_domain,
        clock.clone(),
    ))
}

async fn joined(name: &str, task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(task = name, %error, "a background task failed");
    }
}

impl Running {
    /// Stops: no new requests, those in flight finish, then background work, then the store.
    ///
    /// # Errors
    /// The store could not be closed cleanly.
    pub async fn stop(self) -> Result<(), AppError> {
        self.stop.send_replace(Stage::Draining);
        self.serving.drained().await;
        self.stop.send_replace(Stage::Finishing);
        for (name, task) in self.background {
            joined(name, task).await;
        }
        self.stop.send_replace(Stage::Leaving);
        joined("presence", self.presence).await;
        if let Err(error) = self.ops.await {
            tracing::error!(%error, "the operations server failed");
        }
        data::close(&self.env.store).await?;
        tracing::info!("stopped");
        Ok(())
    }
}
