//! `upsell demo`: the service itself with a small fleet whose usage moves, a mailbox that its mails
//! really arrive in, and a shop that its links really lead to. Nothing of the service is mocked;
//! its data goes into a directory of its own and is removed at the end.

mod feed;
mod fleet;
mod home;
mod life;
mod mailbox;
mod pages;
mod plan;
mod receiver;
mod seed;
mod shop;
mod site;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::args::DemoArgs;
use super::serve::Signals;
use super::{CliError, complain, runtime};
use crate::app::{self, AppError, Running, system_clock};
use crate::config::{Config, Override, Sources};
use crate::panics;
use crate::telemetry::logs;
use crate::usecases::error::Error;
use fleet::Fleet;
use home::Home;
use site::Site;

/// Where the demo is, unless said otherwise.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

/// Why the demo does not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no place for its data.
    #[error(
        "cannot make a directory for the demo's data in {directory}: {source}; set TMPDIR to a directory that can be written"
    )]
    Home {
        /// Where it was tried.
        directory: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is no port for its mailbox.
    #[error("cannot listen for the demo's mail on 127.0.0.1: {0}")]
    Mailbox(#[source] io::Error),
    /// Its fleet could not be made.
    #[error("the demo's fleet could not be made: {0}")]
    Seed(#[from] Error),
    /// The data directory was not new.
    #[error("the demo's data directory was in use already; start the demo again")]
    NotNew,
}

pub(super) fn run(
    args: &DemoArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), CliError> {
    let home = Home::create()?;
    runtime()?.block_on(demo(args, &home, out, err))
}

async fn demo(
    args: &DemoArgs,
    home: &Home,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), CliError> {
    // Before the start: a signal that comes meanwhile must not leave the data behind.
    let mut signals = Signals::new()?;
    let mail_listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let mail_listener = mail_listener.map_err(DemoError::Mailbox)?;
    let mail_port = mail_listener
        .local_addr()
        .map_err(DemoError::Mailbox)?
        .port();
    let site = Arc::new(Site::default());
    let config = configuration(home, args.listen.unwrap_or(LISTEN), mail_port)?;
    logs::init(&config.log)?;
    panics::abort_elsewhere();
    let running = match app::start_with(&config, site::endpoints(&site)).await {
        Err(AppError::Listen { address, source })
            if args.listen.is_none() && source.kind() == io::ErrorKind::AddrInUse =>
        {
            complain(
                err,
                &format!("{address} is in use; the demo takes a free port instead"),
            );
            let any = SocketAddr::new(LISTEN.ip(), 0);
            app::start_with(
                &configuration(home, any, mail_port)?,
                site::endpoints(&site),
            )
            .await?
        }
        other => other?,
    };
    let (stop, stopping) = watch::channel(false);
    let receiver = tokio::spawn(receiver::receive(
        mail_listener,
        Arc::clone(&site),
        stopping.clone(),
    ));
    let served = serve(args, &site, &running, stopping, &mut signals, out).await;
    // Mail that is with the mailbox may still be taken in while the service stops.
    let stopped = running.stop().await;
    stop.send_replace(true);
    if let Err(error) = receiver.await {
        tracing::error!(%error, "the demo's mailbox failed");
    }
    served?;
    Ok(stopped?)
}

async fn serve(
    args: &DemoArgs,
    site: &Arc<Site>,
    running: &Running,
    stopping: watch::Receiver<bool>,
    signals: &mut Signals,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let first = running.first_client.clone().ok_or(DemoError::NotNew)?;
    let made = seed::seed(&running.env, first, system_clock()).await;
    let (fleet, tracks) = made.map_err(DemoError::Seed)?;
    // Before the welcome: its links are followed as soon as they can be read.
    let fleet = site.open(fleet);
    write!(out, "{}", welcome(running, &fleet))?;
    out.flush()?;
    if args.open {
        open_browser(&running.public_url);
    }
    let life = life::Life::new(running.env.clone(), fleet, Arc::clone(site), tracks);
    let life = tokio::spawn(life.run(stopping));
    // A terminal that is closed hangs up.
    signals.any().await;
    life.abort();
    let _cancelled = life.await.is_err();
    writeln!(out, "\nStopping; the demo's data is removed.")?;
    Ok(())
}

/// What the demo differs in from a service without configuration.
fn configuration(home: &Home, listen: SocketAddr, mail_port: u16) -> Result<Config, CliError> {
    let settings = [
        ("data", home.data().display().to_string()),
        ("listen", listen.to_string()),
        // Beside whatever else runs on this machine.
        ("ops_listen", SocketAddr::new(LISTEN.ip(), 0).to_string()),
        ("smtp.server", "127.0.0.1".to_owned()),
        ("smtp.port", mail_port.to_string()),
        ("smtp.encryption", "none".to_owned()),
        ("smtp.from", "cloud@nordlicht.example".to_owned()),
        ("smtp.hello_name", "demo.example".to_owned()),
        // Long enough that one mail carries what happens together, short enough to watch.
        ("mail.group_wait", "2s".to_owned()),
        // The demo's shop is on this machine.
        ("links.allow_http", "true".to_owned()),
        ("links.allow_ip_hosts", "true".to_owned()),
        ("tokens.access_ttl", "10m".to_owned()),
        ("log.level", "warn".to_owned()),
    ];
    let flags = settings.map(|(path, value)| Override::set(path, &value));
    let loaded = Config::load(Sources {
        flags: flags.into(),
        // What is set for a real service on this machine is none of the demo's business.
        environment: Vec::new(),
        file: None,
        read_file: &|path| std::fs::read_to_string(path),
    })?;
    Ok(loaded.config)
}

/// What is printed at the start: where to look first, and how to end it.
fn welcome(running: &Running, fleet: &Fleet) -> String {
    let base = &running.public_url;
    let mut text = format!("\n  upsell demo is running\n\n    Start here    {base}/\n");
    if let Some(customer) = fleet.customers.first() {
        text.push_str(&format!(
            "\n  The quotas of {} are exceeded. Each of its people is told in their own way:\n\n",
            customer.name
        ));
        for person in &customer.people {
            let (name, role, login) = (&person.name, person.role(), &person.login);
            let line = format!("    {name:<13} {role:<16} {base}/demo/console?user={login}\n");
            text.push_str(&line);
        }
    }
    let first = fleet
        .customers
        .iter()
        .flat_map(|customer| &customer.people)
        .next();
    let user = first.map_or_else(String::new, |person| format!("?user={}", person.login));
    let tick_s = life::TICK.as_secs();
    let ops = running.ops_listen;
    text.push_str(&format!(
        "\n  More to look at\n\n    \
         Portal        {base}/demo/portal{user}\n    \
         Mailbox       {base}/demo/mailbox\n    \
         Shop          {base}/demo/shop\n    \
         Metrics       http://{ops}/metrics\n\n  \
         Usage moves every {tick_s} seconds. Ctrl-C stops and removes the demo's data.\n\n",
    ));
    text
}

/// Opens the start page; where there is no browser, the address stands on the terminal.
fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(opener);
    let quiet = command
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Err(error) = quiet.spawn() {
        tracing::warn!(%error, "no browser could be opened; open the address above");
    }
}
