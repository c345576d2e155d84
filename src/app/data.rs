//! The data directory: the keyring and the embedded store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Main;
use crate::domain::time::Timestamp;
use crate::keyring::{Keyring, KeyringError};
use crate::store::embedded::{EmbeddedEngine, OpenError, Options};
use crate::store::engine::Engine;
use crate::store::format::{self, FormatError};
use crate::store::transfer::TransferError;
use crate::store::transfer::import::refuse_unfinished;
use crate::store::{Store, keys as store_keys};
use crate::usecases::error::Error;
use crate::usecases::initialize::{self, FirstClient};

/// Memory for meters: 1.5 M accounts with two quotas each. More accounts than fit are read from the
/// disk as they are needed.
const HOT_BYTES: usize = 256 * 1024 * 1024;

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// `init` on a directory that holds data.
    #[error("{} holds an upsell store already; nothing was changed", .0.display())]
    Exists(PathBuf),
    /// A file has the name of the directory, or of one above it.
    #[error(
        "{} is not a directory; name one with --data or UPSELL_DATA: it is made where it is missing",
        .0.display()
    )]
    NoDirectory(PathBuf),
    /// The directory cannot be made or read.
    #[error("{}: {source}", .path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is a store without keys: they were lost or not restored.
    #[error(
        "{} is missing although there is a store beside it; restore it from your backup",
        .0.display()
    )]
    KeysMissing(PathBuf),
    /// Records are to come in, and the keys they were made with are not there.
    #[error(
        "{} is missing; copy it from the data directory of the deployment that the export was made of: \
         links, stored secrets and tokens are worth nothing without it",
        .0.display()
    )]
    KeysNotCopied(PathBuf),
    /// The records are of a newer format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// An import was not finished.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The keyring cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store could not be filled or read.
    #[error("the store could not be prepared: {0}")]
    Prepare(#[from] Error),
}

/// An opened data directory.
pub struct Data {
    /// The engine, for its statistics.
    pub engine: Arc<EmbeddedEngine>,
    /// The typed store on it.
    pub store: Store,
    /// The keyring.
    pub keyring: Keyring,
    /// The first client, where this was the first start.
    pub first_client: Option<FirstClient>,
}

/// Where the keyring of a data directory is.
#[must_use]
pub fn keys_path(dir: &Path) -> PathBuf {
    dir.join("keys.json")
}

fn store_path(dir: &Path) -> PathBuf {
    dir.join("store")
}

/// Creates the data of a new deployment.
///
/// # Errors
/// The directory holds data already, or cannot be written.
pub async fn init(dir: &Path, now: Timestamp) -> Result<FirstClient, DataError> {
    if keys_path(dir).exists() || store_path(dir).exists() {
        return Err(DataError::Exists(dir.to_owned()));
    }
    let data = open_or_init(dir, now).await?;
    let first = data.first_client.clone();
    close(&data.store).await?;
    first.ok_or_else(|| DataError::Exists(dir.to_owned()))
}

/// Opens the data directory; the first time, or after a first time that was cut short, fills it.
///
/// # Errors
/// See [`DataError`].
pub async fn open_or_init(dir: &Path, now: Timestamp) -> Result<Data, DataError> {
    let keys = keys_path(dir);
    let store = store_path(dir);
    create_private(dir)?;
    let keyring = match (keys.exists(), store.exists()) {
        (true, _) => Keyring::load(&keys)?,
        (false, true) => return Err(DataError::KeysMissing(keys)),
        (false, false) => Keyring::create(&keys)?,
    };
    if !store.exists() {
        EmbeddedEngine::create(dir)?;
    }
    let engine = open_engine(dir).await?;
    refuse_unfinished(engine.as_ref()).await?;
    let store = Store::new(engine.clone());
    let first_client = match initialize::root(&store).await? {
        Some(_) => None,
        None => Some(initialize::initialize(&store, now).await?),
    };
    Ok(Data {
        engine,
        store,
        keyring,
        first_client,
    })
}

/// Opens a data directory that must be there already.
///
/// # Errors
/// See [`DataError`].
pub async fn open(dir: &Path, now: Timestamp) -> Result<Data, DataError> {
    require_store(dir)?;
    open_or_init(dir, now).await
}

fn require_store(dir: &Path) -> Result<(), DataError> {
    if dir.exists() && !dir.is_dir() {
        return Err(DataError::NoDirectory(dir.to_owned()));
    }
    if store_path(dir).exists() {
        return Ok(());
    }
    let source = io::Error::new(
        io::ErrorKind::NotFound,
        "no upsell store; run `upsell init`",
    );
    Err(DataError::Directory {
        path: dir.to_owned(),
        source,
    })
}

/// Opens the engine of a store that is there.
async fn open_engine(dir: &Path) -> Result<Arc<EmbeddedEngine>, DataError> {
    let options = Options {
        hot_families: &[store_keys::METERS],
        hot_bytes: HOT_BYTES,
        ..Options::default()
    };
    let engine = Arc::new(EmbeddedEngine::open(dir, options)?);
    format::check(engine.as_ref()).await?;
    Ok(engine)
}

/// A store as it is, empty or not, with the keyring beside it.
pub struct Bare {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// What the engine is called.
    pub name: &'static str,
    /// The keyring.
    pub keyring: Keyring,
}

/// Opens the store that the configuration names, to move its records; nothing is written into it.
///
/// # Errors
/// There is none, or its keyring is missing; see [`DataError`].
pub async fn open_source(main: &Main) -> Result<Bare, DataError> {
    let dir = &main.data;
    require_store(dir)?;
    let keyring = load_keys(dir)?;
    let engine = open_engine(dir).await?;
    refuse_unfinished(engine.as_ref()).await?;
    Ok(bare(engine, keyring))
}

/// Opens the store that the configuration names, to move records into it. Where there is none, an
/// empty one is made: without a root tenant, unlike at a first start.
///
/// # Errors
/// The keyring is missing, which the records need; see [`DataError`].
pub async fn open_target(main: &Main) -> Result<Bare, DataError> {
    let dir = &main.data;
    if dir.exists() && !dir.is_dir() {
        return Err(DataError::NoDirectory(dir.clone()));
    }
    if !keys_path(dir).exists() {
        return Err(DataError::KeysNotCopied(keys_path(dir)));
    }
    let keyring = load_keys(dir)?;
    if !store_path(dir).exists() {
        EmbeddedEngine::create(dir)?;
    }
    Ok(bare(open_engine(dir).await?, keyring))
}

fn bare(engine: Arc<EmbeddedEngine>, keyring: Keyring) -> Bare {
    Bare {
        engine,
        name: "embedded",
        keyring,
    }
}

fn load_keys(dir: &Path) -> Result<Keyring, DataError> {
    let keys = keys_path(dir);
    match keys.exists() {
        true => Ok(Keyring::load(&keys)?),
        false => Err(DataError::KeysMissing(keys)),
    }
}

/// Makes what is acknowledged safe and lets go of the directory.
///
/// # Errors
/// The store failed.
pub async fn close(store: &Store) -> Result<(), DataError> {
    close_engine(store.engine()).await
}

/// As [`close`], without the typed store.
///
/// # Errors
/// The store failed.
pub async fn close_engine(engine: &dyn Engine) -> Result<(), DataError> {
    engine.close().await.map_err(Error::from)?;
    Ok(())
}

/// The directory holds secrets: nobody else may look in.
fn create_private(dir: &Path) -> Result<(), DataError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir);
    made.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            DataError::NoDirectory(dir.to_owned())
        }
        _ => DataError::Directory {
            path: dir.to_owned(),
            source,
        },
    })
}
