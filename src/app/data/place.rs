//! Where the data of a deployment is, and the engine that is opened there.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prometheus::Histogram;

use super::DataError;
use crate::config::{Config, StoreChoice};
use crate::store::embedded::{self, EmbeddedEngine};
use crate::store::engine::Engine;
use crate::store::format;
use crate::store::keys::place::PLACES;
use crate::store::redis::address::Address;
use crate::store::redis::{self, RedisEngine};

/// Where the keyring and the store are.
#[derive(Debug, Clone)]
pub struct Place {
    pub(super) dir: PathBuf,
    pub(super) servers: Option<(Address, redis::Options)>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.servers {
            None => self.dir.display().fmt(f),
            Some((address, options)) => write!(f, "{address} (prefix {})", options.prefix),
        }
    }
}

/// An engine that is open.
#[derive(Clone)]
pub enum OpenEngine {
    /// In the data directory.
    Embedded(Arc<EmbeddedEngine>),
    /// On servers.
    Redis(Arc<RedisEngine>),
}

impl OpenEngine {
    /// The engine, as everybody sees it.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Engine> {
        match self {
            Self::Embedded(engine) => engine.clone(),
            Self::Redis(engine) => engine.clone(),
        }
    }

    pub(super) fn as_ref(&self) -> &dyn Engine {
        match self {
            Self::Embedded(engine) => engine.as_ref(),
            Self::Redis(engine) => engine.as_ref(),
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
            Self::Redis(_) => "redis",
        }
    }
}

impl Place {
    /// A store in a directory.
    #[must_use]
    pub fn embedded(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            servers: None,
        }
    }

    /// What the configuration names.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let servers = match &config.main.store {
            StoreChoice::Embedded => None,
            StoreChoice::Redis(address) => Some((login(address, config), options(config))),
        };
        Self {
            dir: config.main.data.clone(),
            servers,
        }
    }

    /// Has the time of each command to the servers counted.
    #[must_use]
    pub fn counting(mut self, latency: &Histogram) -> Self {
        if let Some((_, options)) = &mut self.servers {
            options.latency = Some(latency.clone());
        }
        self
    }

    /// What operators should know of the servers before they rely on them; nothing of a directory.
    ///
    /// # Errors
    /// They are not reached.
    pub async fn warnings(&self) -> Result<Vec<String>, DataError> {
        match &self.servers {
            None => Ok(Vec::new()),
            Some((address, options)) => Ok(redis::survey(address.clone(), options).await?),
        }
    }

    /// Where the keyring is.
    #[must_use]
    pub fn keys_path(&self) -> PathBuf {
        self.dir.join("keys.json")
    }

    /// Where it is noted which servers held the store.
    pub(super) fn servers_path(&self) -> PathBuf {
        self.dir.join("servers")
    }

    /// Notes that these servers hold the store; nothing for a directory.
    ///
    /// # Errors
    /// The data directory cannot be written.
    pub(super) fn note_servers(&self) -> Result<(), DataError> {
        if self.servers.is_none() || self.held_store() {
            return Ok(());
        }
        let path = self.servers_path();
        std::fs::write(&path, self.to_string())
            .map_err(|source| DataError::Directory { path, source })
    }

    /// Whether these servers held the store when a node last started with this directory.
    pub(super) fn held_store(&self) -> bool {
        std::fs::read_to_string(self.servers_path()).is_ok_and(|noted| noted == self.to_string())
    }

    pub(super) fn store_path(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// Opens the engine, and refuses records of a newer format.
    pub(super) async fn open_engine(&self) -> Result<OpenEngine, DataError> {
        let engine = match &self.servers {
            None => {
                let options = embedded::Options::default();
                OpenEngine::Embedded(Arc::new(EmbeddedEngine::open(&self.dir, options)?))
            }
            Some((address, options)) => {
                let opened = RedisEngine::open(address.clone(), options.clone()).await?;
                OpenEngine::Redis(Arc::new(opened))
            }
        };
        format::check(engine.as_ref()).await?;
        Ok(engine)
    }

    /// Makes the files of an embedded store where there are none.
    pub(super) fn create_embedded(&self) -> Result<(), DataError> {
        if self.servers.is_none() && !self.store_path().exists() {
            EmbeddedEngine::create(&self.dir)?;
        }
        Ok(())
    }

    /// Refuses a file in the place of the directory.
    pub(super) fn check_dir(&self) -> Result<(), DataError> {
        if self.dir.exists() && !self.dir.is_dir() {
            return Err(DataError::NoDirectory(self.dir.clone()));
        }
        Ok(())
    }

    /// That there is no store here.
    pub(super) fn no_store(&self) -> DataError {
        if self.servers.is_some() {
            return DataError::NoStore(self.to_string());
        }
        DataError::Directory {
            path: self.dir.clone(),
            source: io::Error::new(
                io::ErrorKind::NotFound,
                "no upsell store; run `upsell init`",
            ),
        }
    }
}

/// The address with user and password, from wherever they were given.
fn login(address: &Address, config: &Config) -> Address {
    let mut address = address.clone();
    address.user = address.user.or_else(|| config.redis.user.clone());
    let password = config.redis.password.as_ref();
    let password = password.map(|password| password.expose().to_owned().into());
    address.password = address.password.or(password);
    address
}

fn options(config: &Config) -> redis::Options {
    let redis = &config.redis;
    redis::Options {
        prefix: redis.prefix.clone(),
        ca_file: redis.ca_file.clone(),
        command_timeout: redis.command_timeout,
        wait_replicas: redis.wait_replicas,
        wait_timeout: redis.wait_timeout,
        cache_ttl: redis.cache_ttl,
        undecided_ttl: redis.command_timeout,
        ..redis::Options::new(PLACES)
    }
}
