//! Opens and creates the data of a deployment: the keyring in the data directory, and the store, in
//! the same directory or on servers. Commands and [`super::start`] call it. A store is never opened
//! with keys that are not its own, and an existing one is never overwritten.

mod place;
mod shared_keys;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::time::Timestamp;
use crate::keyring::{Keyring, KeyringError};
use crate::store::embedded::OpenError;
use crate::store::engine::Engine;
use crate::store::format::FormatError;
use crate::store::redis;
use crate::store::transfer::TransferError;
use crate::store::transfer::import::refuse_unfinished;
use crate::store::{Store, keys};
use crate::usecases::error::Error;
use crate::usecases::initialize::{self, FirstClient};

pub use place::{OpenEngine, Place};

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// `init` on a directory that holds data.
    #[error("{0} holds an upsell store already; nothing was changed")]
    Exists(String),
    /// There is no store on the servers.
    #[error("{0} holds no upsell store; run `upsell init`")]
    NoStore(String),
    /// The servers that held the store when a node last started are empty.
    #[error(
        "{servers} held this node's store and holds none now: restore the servers from a backup; to start over with \
         an empty store, run `upsell init`, or remove {}",
        .note.display()
    )]
    StoreLost {
        /// Which servers.
        servers: String,
        /// What says so.
        note: PathBuf,
    },
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
    /// Other nodes use the store, and their keys are not here.
    #[error(
        "{} is missing although the store is in use; copy it from the data directory of another node: \
         all nodes need the same keys",
        .0.display()
    )]
    KeysNotShared(PathBuf),
    /// The keys are those of another deployment.
    #[error(
        "the keys in {} are not those of this store; copy the file from the data directory of another \
         node, or from your backup",
        .0.display()
    )]
    OtherKeys(PathBuf),
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
    /// The servers cannot be used.
    #[error(transparent)]
    Servers(#[from] redis::OpenError),
    /// The store could not be filled or read.
    #[error("the store could not be prepared: {0}")]
    Prepare(#[from] Error),
}

/// An opened store, and the keyring that belongs to it.
pub struct Data {
    /// The engine, for its statistics.
    pub engine: OpenEngine,
    /// The typed store on it.
    pub store: Store,
    /// The keyring.
    pub keyring: Keyring,
    /// The first client, where this was the first start.
    pub first_client: Option<FirstClient>,
}

/// Creates the data of a new deployment.
///
/// # Errors
/// The place holds data already, or cannot be written.
pub async fn init(place: &Place, now: Timestamp) -> Result<FirstClient, DataError> {
    let found = find(place, Wanted::None, now).await?;
    let data = fill(place, found, now).await?;
    let first = data.first_client.clone();
    close(&data.store).await?;
    first.ok_or_else(|| DataError::Exists(place.to_string()))
}

/// Opens the store and the keyring. At the first start, or after one that was interrupted, creates
/// and fills them.
///
/// # Errors
/// See [`DataError`].
pub async fn open_or_init(place: &Place, now: Timestamp) -> Result<Data, DataError> {
    let found = find(place, Wanted::Any, now).await?;
    fill(place, found, now).await
}

/// What must exist already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    /// No store and no keys.
    None,
    Store,
}

/// Opens the engine and the keyring, and creates them where `wanted` allows.
async fn find(
    place: &Place,
    wanted: Wanted,
    now: Timestamp,
) -> Result<(OpenEngine, Keyring), DataError> {
    place.check_dir()?;
    let keys = place.keys_path();
    let (servers, has_store) = if place.servers.is_some() {
        // What the servers hold says whether there must be keys already.
        let engine = place.open_engine().await?;
        let is_filled = is_filled(&engine).await?;
        (Some(engine), is_filled)
    } else {
        (None, place.store_path().exists())
    };
    match wanted {
        // The keys of servers may have been copied here before.
        Wanted::None if has_store || (servers.is_none() && keys.exists()) => {
            return Err(DataError::Exists(place.to_string()));
        }
        Wanted::Store if !has_store => return Err(place.no_store()),
        Wanted::Any if !has_store && place.held_store() => {
            return Err(DataError::StoreLost {
                servers: place.to_string(),
                note: place.servers_path(),
            });
        }
        Wanted::Store => {}
        Wanted::None | Wanted::Any => create_private(&place.dir)?,
    }
    let keyring = match (keys.exists(), has_store) {
        (true, _) => Keyring::load(&keys)?,
        (false, true) if servers.is_some() => return Err(DataError::KeysNotShared(keys)),
        (false, true) => return Err(DataError::KeysMissing(keys)),
        (false, false) => Keyring::create(&keys, now)?,
    };
    if let Some(engine) = servers {
        return Ok((engine, keyring));
    }
    place.create_embedded()?;
    Ok((place.open_engine().await?, keyring))
}

/// Fills an empty store, and checks that it belongs to these keys.
async fn fill(
    place: &Place,
    (engine, keyring): (OpenEngine, Keyring),
    now: Timestamp,
) -> Result<Data, DataError> {
    refuse_unfinished(engine.as_ref()).await?;
    if engine.as_ref().is_shared() {
        shared_keys::claim(engine.as_ref(), &keyring, &place.keys_path()).await?;
    }
    let store = Store::new(engine.shared());
    let first_client = match store.root().await.map_err(Error::from)? {
        Some(_) => None,
        None => first_client(&store, now).await?,
    };
    place.note_servers()?;
    Ok(Data {
        engine,
        store,
        keyring,
        first_client,
    })
}

/// Fills an empty store; `None` if another node was faster.
async fn first_client(store: &Store, now: Timestamp) -> Result<Option<FirstClient>, DataError> {
    match initialize::initialize(store, now).await {
        Ok(first) => Ok(Some(first)),
        Err(Error::LostRace | Error::Conflict(_))
            if store.root().await.map_err(Error::from)?.is_some() =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn is_filled(engine: &OpenEngine) -> Result<bool, DataError> {
    let root = engine.as_ref().get(&keys::root()).await;
    Ok(root.map_err(Error::from)?.is_some())
}

/// Opens a store that must be there already.
///
/// # Errors
/// See [`DataError`].
pub async fn open(place: &Place, now: Timestamp) -> Result<Data, DataError> {
    let found = find(place, Wanted::Store, now).await?;
    fill(place, found, now).await
}

/// A store to move records from or to, with its keyring.
pub struct Bare {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// What the engine is called.
    pub name: &'static str,
    /// The keyring.
    pub keyring: Keyring,
}

/// Opens a store to move its records; nothing is written into it.
///
/// # Errors
/// There is none, or its keyring is missing; see [`DataError`].
pub async fn open_source(place: &Place, now: Timestamp) -> Result<Bare, DataError> {
    let (engine, keyring) = find(place, Wanted::Store, now).await?;
    refuse_unfinished(engine.as_ref()).await?;
    Ok(bare(&engine, keyring))
}

/// Opens a store to move records into it. Where there is none, an empty one is made: without a root
/// tenant, unlike at a first start.
///
/// # Errors
/// The keyring is missing, which the records need; see [`DataError`].
pub async fn open_target(place: &Place) -> Result<Bare, DataError> {
    place.check_dir()?;
    if !place.keys_path().exists() {
        return Err(DataError::KeysNotCopied(place.keys_path()));
    }
    let keyring = Keyring::load(&place.keys_path())?;
    place.create_embedded()?;
    Ok(bare(&place.open_engine().await?, keyring))
}

fn bare(engine: &OpenEngine, keyring: Keyring) -> Bare {
    Bare {
        engine: engine.shared(),
        name: engine.name(),
        keyring,
    }
}

/// Flushes and closes the store.
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
