//! Commands on their way: deadlines, what to do after an error, and connections made anew.
//!
//! A command that may have been carried out is sent again only if that changes nothing. So each
//! error is one of three: the command was not carried out (it is sent again, until the deadline), it
//! may have been, or the server refuses it.

mod meaning;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use prometheus::Histogram;
use redis::cluster_routing::SingleNodeRoutingInfo;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::meaning::{Broken, Meaning, meaning};
use super::connect::{Connection, Connector, timed_out};
use super::layout::Partition;
use super::stats::Stats;
use crate::store::engine::StoreError;

/// The first wait before a command is sent again; it doubles up to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(2);
const MAX_WAIT: Duration = Duration::from_millis(100);

/// No connection is tried for sooner after one that failed.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection to a cluster may look for its nodes by itself.
const CLUSTER_PAUSE: Duration = Duration::from_secs(1);

/// Whether a command may be sent again although it may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Always,
    IfNotMade,
}

/// Why a command got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) why: String,
    /// Nobody knows whether it was carried out.
    pub(super) is_unknown: bool,
    /// The server's own error, where it is one.
    pub(super) server: Option<ServerErrorKind>,
}

impl Failed {
    pub(super) fn new(error: &RedisError, is_unknown: bool) -> Self {
        let server = match error.kind() {
            ErrorKind::Server(kind) => Some(kind),
            _ => None,
        };
        let why = match (error.kind(), error.detail()) {
            // The words of this module are all that there is to say.
            (ErrorKind::ClusterConnectionNotFound, Some(detail)) => detail.to_owned(),
            _ => error.to_string(),
        };
        Self {
            why,
            is_unknown,
            server,
        }
    }

    /// An answer that the commands of this program do not get from a server that is one.
    pub(super) fn strange(what: &str) -> Self {
        Self {
            why: format!("an answer that makes no sense: {what}"),
            is_unknown: true,
            server: None,
        }
    }
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        let more = if failed.is_unknown {
            "; the change may still be made"
        } else {
            ""
        };
        Self::Unavailable(format!("Redis: {}{more}", failed.why))
    }
}

/// One way to the servers: a connection, made anew when it breaks.
pub(super) struct Link {
    connector: Arc<Connector>,
    stats: Arc<Stats>,
    latency: Option<Histogram>,
    current: ArcSwapOption<Made>,
    connecting: Mutex<Option<Attempt>>,
}

struct Made {
    connection: Connection,
    since: Instant,
}

/// The last attempt to connect that failed.
struct Attempt {
    at: Instant,
    why: String,
}

impl Link {
    pub(super) fn new(
        connector: Arc<Connector>,
        stats: Arc<Stats>,
        latency: Option<Histogram>,
    ) -> Self {
        Self {
            connector,
            stats,
            latency,
            current: ArcSwapOption::empty(),
            connecting: Mutex::new(None),
        }
    }

    pub(super) fn connector(&self) -> Arc<Connector> {
        Arc::clone(&self.connector)
    }

    /// Sends a command to the server that has the partition.
    pub(super) async fn ask(
        &self,
        partition: &Partition,
        cmd: Cmd,
        repeat: Repeat,
        until: Instant,
    ) -> Result<Value, Failed> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(cmd);
        let mut values = self.ask_all(partition, &pipeline, repeat, until).await?;
        Ok(values.pop().unwrap_or(Value::Nil))
    }

    /// Sends commands that belong together.
    pub(super) async fn ask_all(
        &self,
        partition: &Partition,
        pipeline: &Pipeline,
        repeat: Repeat,
        until: Instant,
    ) -> Result<Vec<Value>, Failed> {
        let started = Instant::now();
        let (mut wait, mut asking) = (FIRST_WAIT, None);
        loop {
            let broken = match self.once(partition, pipeline, asking.take(), until).await {
                Ok(values) => {
                    if let Some(latency) = &self.latency {
                        latency.observe(started.elapsed().as_secs_f64());
                    }
                    return Ok(values);
                }
                Err(broken) => broken,
            };
            let failed = |is_unknown| {
                let failed = Failed::new(broken.error(), is_unknown);
                // That is told to who knows the script.
                if failed.server != Some(ServerErrorKind::NoScript) {
                    self.stats.errors.fetch_add(1, Relaxed);
                }
                Err(failed)
            };
            match meaning(&broken) {
                Meaning::Refused => return failed(false),
                Meaning::CutShort => return failed(repeat == Repeat::IfNotMade),
                Meaning::Unknown if repeat == Repeat::IfNotMade => return failed(true),
                Meaning::Ask(node) => {
                    self.stats.redirections.fetch_add(1, Relaxed);
                    asking = Some(node);
                }
                Meaning::NotMade | Meaning::Unknown => {}
            }
            if Instant::now() + wait >= until {
                return failed(false);
            }
            self.stats.retries.fetch_add(1, Relaxed);
            if asking.is_none() {
                sleep_until(Instant::now() + wait).await;
                wait = (wait * 2).min(MAX_WAIT);
            }
        }
    }

    async fn once(
        &self,
        partition: &Partition,
        pipeline: &Pipeline,
        asking: Option<String>,
        until: Instant,
    ) -> Result<Vec<Value>, Broken> {
        let made = self.connection(until).await.map_err(Broken::Unsent)?;
        let sent_at = Instant::now();
        // One command must not take all the time that there is for repetitions.
        let until = until.min(sent_at + self.connector.timeout);
        let sent = send(&made.connection, partition, pipeline, asking);
        let Ok(answer) = timeout_at(until, sent).await else {
            self.stats.timeouts.fetch_add(1, Relaxed);
            self.hangs(&made, sent_at);
            return Err(timed_out().into());
        };
        if let Err(broken) = &answer {
            self.broke(&made, broken.error());
        }
        answer
    }

    /// The connection, made if there is none.
    async fn connection(&self, until: Instant) -> RedisResult<Arc<Made>> {
        if let Some(made) = self.current.load_full() {
            return Ok(made);
        }
        let Ok(mut last) = timeout_at(until, self.connecting.lock()).await else {
            return Err(not_connected("no connection in time".to_owned()));
        };
        if let Some(made) = self.current.load_full() {
            return Ok(made);
        }
        if let Some(attempt) = last.as_ref().filter(|a| a.at.elapsed() < CONNECT_PAUSE) {
            return Err(not_connected(attempt.why.clone()));
        }
        let Ok(connected) = timeout_at(until, self.connector.connect(None)).await else {
            // Whoever had no time left has learned nothing: an attempt before it says more.
            let why = last.as_ref().map(|attempt| attempt.why.clone());
            let why = why.unwrap_or_else(|| "no connection in time".to_owned());
            return Err(not_connected(why));
        };
        match connected {
            Ok(connection) => {
                *last = None;
                let since = Instant::now();
                let made = Arc::new(Made { connection, since });
                self.current.store(Some(Arc::clone(&made)));
                self.stats.connects.fetch_add(1, Relaxed);
                Ok(made)
            }
            Err(error) => {
                self.stats.connect_failures.fetch_add(1, Relaxed);
                let why = format!("cannot connect to {}: {error}", self.connector.address);
                let at = Instant::now();
                *last = Some(Attempt {
                    at,
                    why: why.clone(),
                });
                Err(not_connected(why))
            }
        }
    }

    /// Lets a broken connection go, unless somebody did so already.
    fn let_go(&self, made: &Arc<Made>) {
        let current = self.current.load_full();
        if current.is_some_and(|current| Arc::ptr_eq(&current, made)) {
            self.current.store(None);
        }
    }

    fn broke(&self, made: &Arc<Made>, error: &RedisError) {
        let is_lost = match &made.connection {
            // What was a master may be a replica now: whoever knows is asked again.
            Connection::One(_) => {
                error.is_io_error() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
            }
            // It connects to its nodes itself, as long as it knows one.
            Connection::Cluster(_) => {
                error.kind() == ErrorKind::ClusterConnectionNotFound
                    && made.since.elapsed() >= CLUSTER_PAUSE
            }
        };
        if is_lost {
            self.let_go(made);
        }
    }

    /// A server that does not answer may be stopped, and another one in its place: only who connects
    /// anew learns of that. Who had no time left to wait has learned nothing.
    fn hangs(&self, made: &Arc<Made>, sent_at: Instant) {
        if sent_at.elapsed() >= self.connector.timeout / 2 {
            self.let_go(made);
        }
    }
}

async fn send(
    connection: &Connection,
    partition: &Partition,
    pipeline: &Pipeline,
    asking: Option<String>,
) -> Result<Vec<Value>, Broken> {
    let count = pipeline.len();
    let values = match connection.clone() {
        Connection::One(mut one) => one.send_packed_commands(pipeline, 0, count).await?,
        Connection::Cluster(mut cluster) => match asking.as_deref().and_then(host_and_port) {
            None => {
                let route = SingleNodeRoutingInfo::SpecificNode(partition.route);
                let pipeline = pipeline.clone();
                cluster.route_pipeline(pipeline, 0, count, route).await?
            }
            Some((host, port)) => {
                let route = SingleNodeRoutingInfo::ByAddress { host, port };
                let mut with_asking = Pipeline::with_capacity(2 * count);
                for cmd in pipeline.cmd_iter() {
                    with_asking.cmd("ASKING");
                    with_asking.add_command(cmd.clone());
                }
                let values = cluster
                    .route_pipeline(with_asking, 0, 2 * count, route)
                    .await?;
                values.into_iter().skip(1).step_by(2).collect()
            }
        },
    };
    let values = values.into_iter().enumerate().map(|(place, value)| {
        let is_begun = place > 0;
        value
            .extract_error()
            .map_err(|error| Broken::Sent { error, is_begun })
    });
    values.collect()
}

fn host_and_port(node: &str) -> Option<(String, u16)> {
    let (host, port) = node.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok()?))
}

fn not_connected(why: String) -> RedisError {
    (ErrorKind::ClusterConnectionNotFound, "not connected", why).into()
}
