//! `upsell serve`: the service, until it is told to stop.

use std::io::{IsTerminal as _, Write};

use tokio::signal::unix::{SignalKind, signal};

use super::args::{OutputFormat, ServeArgs};
use super::{CliError, complain, runtime};
use crate::app::{self, Running};
use crate::config::{self, Config};
use crate::panics;
use crate::systemd::{Readiness, notify};
use crate::telemetry::logs;

pub(super) fn run(
    args: &ServeArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), CliError> {
    let loaded = config::from_process(args.config.config.clone(), args.flags())?;
    for warning in &loaded.warnings {
        complain(err, warning);
    }
    config::check_for_serve(&loaded.config)?;
    logs::init(&loaded.config.log)?;
    panics::abort_elsewhere();
    runtime()?.block_on(serve(&loaded.config, out))
}

async fn serve(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    // Before the start: a signal that comes meanwhile must not kill half a service.
    let mut signals = Signals::new()?;
    let running = app::start(config).await?;
    if let Some(first) = &running.first_client {
        // What is no terminal is kept: a journal, the log of a container.
        if std::io::stdout().is_terminal() {
            super::init::write(first, OutputFormat::Text, out)?;
        } else {
            super::init::keep(first, &config.main.data, out)?;
        }
    }
    writeln!(
        out,
        "upsell is ready: listening on {}, operations on http://{}",
        listening(config, &running),
        running.ops_listen
    )?;
    out.flush()?;
    notify_systemd(Readiness::Ready);
    signals.wait(&running).await;
    notify_systemd(Readiness::Stopping);
    Ok(running.stop().await?)
}

fn listening(config: &Config, running: &Running) -> String {
    let scheme = if config.tls.cert_file.is_some() {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{}", running.listen)
}

fn notify_systemd(readiness: Readiness) {
    if let Some(socket) = config::notify_socket()
        && let Err(error) = notify(&socket, readiness)
    {
        tracing::warn!(%error, "cannot notify systemd");
    }
}

/// The signals that the service listens to.
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self, CliError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns at any of them: what nobody looks at any more is to stop, too.
    pub(super) async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }

    /// Returns when the service is to stop; on SIGHUP its keys and certificate are read again
    /// meanwhile.
    pub(super) async fn wait(&mut self, running: &Running) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => running.reload(),
            }
        }
    }
}
