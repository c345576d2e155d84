//! Opening a store: the servers are reached, new enough, and hold a store of this kind or none.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use redis::Value;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::address::{Address, Kind};
use super::coherence::Freshness;
use super::connect::Connector;
use super::epoch::{ASKED_AT_ONCE, Epoch, first_revision};
use super::layout::{CLUSTER_PARTITIONS, Layout};
use super::link::{Link, Repeat};
use super::scripts::Scripts;
use super::stats::Stats;
use super::{Inner, Options, UNIT_BYTES, WAITING_CONNECTIONS};
use crate::store::engine::{StoreError, Watchers};

/// The version of the layout in Redis.
const FORMAT: u32 = 1;

/// Stands in the format until every partition has the epoch.
const UNFINISHED: &str = "unfinished";

/// The oldest server: sharded messages and functions of scripts that are used here.
const OLDEST_SERVER: u32 = 7;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The certificate authorities.
    #[error("{}: {source}; see redis.ca_file", .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The servers are not reached, do not answer, or have lost a part of the store.
    #[error("{address}: {source}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The server is too old.
    #[error("{address} is version {found}; Redis {OLDEST_SERVER} or later, or Valkey, is needed")]
    OldServer {
        /// Where.
        address: String,
        /// What it says.
        found: String,
    },
    /// The store was made by a newer version of this program.
    #[error(
        "the store at {address} has format {found}, made by a newer version; this one knows {FORMAT}: \
         run that version"
    )]
    Newer {
        /// Where.
        address: String,
        /// Its format.
        found: u32,
    },
    /// The store was made for another kind of servers.
    #[error(
        "the store at {address} has {found} partitions and not {wanted}: it was made on {}; move it with \
         `upsell export` there and `upsell import` here",
        if *.found == 1 { "one server" } else { "a cluster" }
    )]
    OtherKind {
        /// Where.
        address: String,
        /// Its partitions.
        found: u16,
        /// Those of servers of this kind.
        wanted: u16,
    },
    /// What stands there is none.
    #[error(
        "what stands under {name} at {address} is no upsell store; choose another redis.prefix"
    )]
    Strange {
        /// Where.
        address: String,
        /// The name.
        name: String,
    },
}

/// How the servers are reached.
pub(super) fn connector(address: Address, options: &Options) -> Result<Connector, OpenError> {
    let read = |path: &PathBuf| match std::fs::read(path) {
        Ok(pem) => Ok((path.clone(), pem)),
        Err(source) => Err(OpenError::Authorities {
            path: path.clone(),
            source,
        }),
    };
    Ok(Connector {
        address,
        timeout: options.command_timeout,
        ca: options.ca_file.as_ref().map(read).transpose()?,
    })
}

/// Into how many partitions a store on such servers is divided.
pub(super) const fn partitions(kind: &Kind) -> u16 {
    match kind {
        Kind::Cluster => CLUSTER_PARTITIONS,
        Kind::Standalone | Kind::Sentinel { .. } => 1,
    }
}

pub(super) async fn open(address: Address, options: Options) -> Result<Inner, OpenError> {
    let partitions = partitions(&address.kind);
    let connector = Arc::new(connector(address, &options)?);
    let stats = Arc::new(Stats::default());
    let link = || {
        let latency = options.latency.clone();
        Link::new(Arc::clone(&connector), Arc::clone(&stats), latency)
    };
    let writes = match options.wait_replicas {
        0 => 1,
        _ => WAITING_CONNECTIONS,
    };
    let layout = Layout::new(&options.prefix, partitions, options.places);
    let inner = Inner {
        reads: link(),
        writes: (0..writes).map(|_| link()).collect(),
        next_write: AtomicUsize::new(0),
        scripts: Scripts::new(),
        stats,
        watchers: Watchers::default(),
        sender: ArcSwap::from_pointee(*Uuid::new_v4().as_bytes()),
        is_closed: AtomicBool::new(false),
        freshness: Freshness::new(layout.partitions.len()),
        epoch: Epoch::default(),
        calls: Arc::new(Semaphore::new(options.max_calls)),
        units: Arc::new(Semaphore::new(
            options.max_bytes.div_ceil(UNIT_BYTES).max(1),
        )),
        layout,
        options,
    };
    inner.check_version(&connector.address).await?;
    inner.check_format(&connector.address).await?;
    inner.check_messages(&connector.address).await?;
    Ok(inner)
}

impl Inner {
    async fn check_version(&self, address: &Address) -> Result<(), OpenError> {
        let mut cmd = redis::cmd("INFO");
        cmd.arg("server");
        let info = self.ask_first(address, cmd).await?;
        let info = String::from_utf8_lossy(&info).into_owned();
        let fields: BTreeMap<&str, &str> = info
            .lines()
            .filter_map(|line| line.split_once(':'))
            .collect();
        let found = fields.get("redis_version").copied().unwrap_or("unknown");
        let major = found.split('.').next().and_then(|major| major.parse().ok());
        // Valkey calls itself Redis 7.2 for the sake of clients.
        if major.is_some_and(|major: u32| major >= OLDEST_SERVER) {
            return Ok(());
        }
        Err(OpenError::OldServer {
            address: address.to_string(),
            found: found.to_owned(),
        })
    }

    /// Notes what kind of store this is, where there is none; else compares.
    async fn check_format(&self, address: &Address) -> Result<(), OpenError> {
        let wanted = self.layout.partitions.len();
        let epoch = Uuid::new_v4().simple();
        let mut cmd = redis::cmd("SET");
        cmd.arg(&self.layout.format)
            .arg(format!("{FORMAT} {wanted} {epoch} {UNFINISHED}"))
            .arg("NX");
        self.ask_first(address, cmd).await?;
        let mut cmd = redis::cmd("GET");
        cmd.arg(&self.layout.format);
        let text = self.ask_first(address, cmd).await?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let named = address.to_string();
        let strange = || OpenError::Strange {
            address: named.clone(),
            name: String::from_utf8_lossy(&self.layout.format).into_owned(),
        };
        let mut words = text.split(' ');
        let found: u32 = words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or_else(strange)?;
        if found > FORMAT {
            let address = named;
            return Err(OpenError::Newer { address, found });
        }
        let partitions: u16 = words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or_else(strange)?;
        if usize::from(partitions) != wanted {
            return Err(OpenError::OtherKind {
                address: named,
                found: partitions,
                wanted: u16::try_from(wanted).unwrap_or(u16::MAX),
            });
        }
        let epoch = words.next().ok_or_else(strange)?;
        self.epoch.set(epoch);
        if words.next() == Some(UNFINISHED) {
            self.make_partitions(address, epoch).await?;
        }
        // Servers that are away are no reason not to start.
        let all = self.layout.partitions.iter();
        let _away = self.check_epoch_of(all, self.deadline()).await;
        self.epoch
            .is_there()
            .map_err(|source| OpenError::Unreachable {
                address: named,
                source,
            })
    }

    /// Gives each partition its epoch, then notes that all have it. Nodes that start at the same moment do
    /// the same.
    #[expect(
        clippy::indexing_slicing,
        reason = "there is always a connection for writes"
    )]
    async fn make_partitions(&self, address: &Address, epoch: &str) -> Result<(), OpenError> {
        // More is asked than by a call.
        let until = self.deadline() + self.options.command_timeout * 2;
        for some in self.layout.partitions.chunks(ASKED_AT_ONCE) {
            let made = some.iter().map(|partition| async move {
                let mut cmd = redis::cmd("SET");
                cmd.arg(&partition.revision)
                    .arg(first_revision(epoch))
                    .arg("NX");
                let link = &self.writes[0];
                link.ask(partition, cmd, Repeat::Always, until).await
            });
            for made in join_all(made).await {
                made.map_err(|failed| OpenError::Unreachable {
                    address: address.to_string(),
                    source: failed.into(),
                })?;
            }
        }
        let mut cmd = redis::cmd("SET");
        let partitions = self.layout.partitions.len();
        cmd.arg(&self.layout.format)
            .arg(format!("{FORMAT} {partitions} {epoch}"));
        self.ask_first(address, cmd).await.map(drop)
    }

    /// A server that lets nobody know of changes ends the scripts that make them in the middle.
    async fn check_messages(&self, address: &Address) -> Result<(), OpenError> {
        let mut cmd = redis::cmd(self.publish_command());
        cmd.arg(&self.partition(0).channel)
            .arg(&**self.sender.load());
        self.ask_first(address, cmd).await.map(drop)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "there is always a connection for writes"
    )]
    async fn ask_first(&self, address: &Address, cmd: redis::Cmd) -> Result<Vec<u8>, OpenError> {
        let until = self.deadline();
        let answer = self.writes[0]
            .ask(self.partition(0), cmd, Repeat::Always, until)
            .await;
        match answer {
            Ok(Value::BulkString(bytes)) => Ok(bytes),
            Ok(Value::VerbatimString { text, .. }) => Ok(text.into_bytes()),
            Ok(_) => Ok(Vec::new()),
            Err(failed) => Err(OpenError::Unreachable {
                address: address.to_string(),
                source: failed.into(),
            }),
        }
    }
}
