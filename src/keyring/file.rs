//! The key file: JSON, readable by its owner only, replaced as a whole.

use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::material::{Generations, Symmetric};
use super::token::TokenKey;
use super::{KeyKind, KeyringError, Keys, MAX_KEYS_OF_A_KIND};
use crate::domain::time::Timestamp;

/// The form that this program writes.
const FORMAT: u32 = 1;

/// Readable and writable by the owner, nobody else.
const OWNER_ONLY: u32 = 0o600;

/// A full keyring has about 30 KiB.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// More than a full keyring takes.
const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// Only this is read of a file of unknown format.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    /// From oldest to newest, as all lists here.
    link_signing: Vec<StoredSymmetric>,
    sealing: Vec<StoredSymmetric>,
    token_signing: Vec<StoredToken>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSymmetric {
    id: u8,
    /// In seconds since 1970.
    created_at: i64,
    /// 32 bytes.
    key: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredToken {
    kid: String,
    /// In seconds since 1970.
    created_at: i64,
    /// DER.
    pkcs8: Base64,
}

/// Secret bytes in base64, wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Base64(String);

impl Base64 {
    fn encode(bytes: &[u8]) -> Self {
        Self(STANDARD.encode(bytes))
    }

    fn decode(&self) -> Option<Zeroizing<Vec<u8>>> {
        STANDARD.decode(&self.0).ok().map(Zeroizing::new)
    }
}

impl Drop for Base64 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Writes a file where there is none.
pub(super) fn create(path: &Path, keys: &Keys) -> Result<(), KeyringError> {
    let failed = |source: io::Error| match source.kind() {
        ErrorKind::AlreadyExists => KeyringError::AlreadyExists(path.to_owned()),
        _ => KeyringError::Io {
            path: path.to_owned(),
            source,
        },
    };
    if path.try_exists().map_err(failed)? {
        return Err(KeyringError::AlreadyExists(path.to_owned()));
    }
    let like = fs::metadata(folder_of(path)).map(|folder| Access::of(&folder, OWNER_ONLY));
    // A link, unlike a rename, does not replace a file that came meanwhile.
    like.and_then(|like| write_beside(path, keys, like, |new| fs::hard_link(new, path)))
        .map_err(failed)
}

/// Writes the file in place of the old one, whose owner, group and mode it keeps.
pub(super) fn replace(path: &Path, keys: &Keys) -> Result<(), KeyringError> {
    let like = fs::metadata(path).map(|old| Access::of(&old, old.mode()));
    like.and_then(|like| write_beside(path, keys, like, |new| fs::rename(new, path)))
        .map_err(|source| KeyringError::Io {
            path: path.to_owned(),
            source,
        })
}

/// Who may read a file. An administrator who rotates keys as root must not take them away from the
/// user that the service runs as.
#[derive(Debug, Clone, Copy)]
struct Access {
    uid: u32,
    gid: u32,
    mode: u32,
}

impl Access {
    fn of(owned: &Metadata, mode: u32) -> Self {
        Self {
            uid: owned.uid(),
            gid: owned.gid(),
            // Others than the group never read it.
            mode: mode & 0o770,
        }
    }

    fn give(self, file: &File) -> io::Result<()> {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (self.uid, self.gid) {
            let given = fchown(file, Some(self.uid), Some(self.gid));
            given.map_err(|error| {
                let Self { uid, gid, .. } = self;
                let why = format!(
                    "it belongs to user {uid} and group {gid}, and a new file cannot be given to them \
                     ({error}); run this as that user or as root"
                );
                io::Error::new(error.kind(), why)
            })?;
        }
        file.set_permissions(Permissions::from_mode(self.mode))
    }
}

/// Writes and syncs a new file in the same directory, then lets `publish` give it its name.
fn write_beside(
    path: &Path,
    keys: &Keys,
    like: Access,
    publish: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let text = to_json(keys)?;
    let new = beside(path);
    // Of an earlier attempt by a process with the same number that was killed.
    let _ = fs::remove_file(&new);
    let published = write_synced(&new, &text, like).and_then(|()| publish(&new));
    // After a rename there is nothing to remove.
    let _ = fs::remove_file(&new);
    published?;
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    path.with_file_name(name)
}

fn write_synced(path: &Path, text: &[u8], like: Access) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path)?;
    like.give(&file)?;
    file.write_all(text)?;
    file.sync_all()
}

fn to_json(keys: &Keys) -> io::Result<Zeroizing<Vec<u8>>> {
    let symmetric = |keys: &Generations<Symmetric>| {
        keys.iter()
            .map(|key| StoredSymmetric {
                id: key.id(),
                created_at: key.info().created_at.secs(),
                key: Base64::encode(key.bytes()),
            })
            .collect()
    };
    let token = |key: &TokenKey| {
        let pkcs8 = key
            .pkcs8_der()
            .ok_or_else(|| io::Error::other("a token key has no form"))?;
        Ok(StoredToken {
            kid: key.kid().to_owned(),
            created_at: key.info().created_at.secs(),
            pkcs8: Base64::encode(&pkcs8),
        })
    };
    let stored = Stored {
        format: FORMAT,
        link_signing: symmetric(&keys.link),
        sealing: symmetric(&keys.sealing),
        token_signing: keys.token.iter().map(token).collect::<io::Result<_>>()?,
    };
    // Room for all from the start: a buffer that grows leaves its old memory unwiped.
    let mut text = Zeroizing::new(Vec::with_capacity(WRITE_BUFFER_BYTES));
    serde_json::to_writer_pretty(&mut *text, &stored)?;
    text.push(b'\n');
    Ok(text)
}

/// Reads and checks the file.
pub(super) fn load(path: &Path) -> Result<Keys, KeyringError> {
    let text = read(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => KeyringError::Missing(path.to_owned()),
        ErrorKind::InvalidData => damaged(path, source.to_string()),
        _ => KeyringError::Io {
            path: path.to_owned(),
            source,
        },
    })?;
    let found = serde_json::from_str::<AnyFormat>(&text).map_err(|e| damaged(path, place(&e)))?;
    if found.format > FORMAT {
        let (path, found) = (path.to_owned(), found.format);
        return Err(KeyringError::NewerFormat {
            path,
            found,
            supported: FORMAT,
        });
    }
    if found.format != FORMAT {
        return Err(damaged(
            path,
            format!("there is no format {}", found.format),
        ));
    }
    let stored: Stored = serde_json::from_str(&text).map_err(|e| damaged(path, place(&e)))?;
    checked(&stored).map_err(|why| damaged(path, why))
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            "others can read the key file (mode {mode:03o}); run chmod 600 on it"
        );
    }
    if metadata.len() > MAX_FILE_BYTES {
        let why = format!("it has more than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, why));
    }
    // Room for all from the start: a string that grows leaves its old memory unwiped.
    let capacity = usize::try_from(metadata.len()).unwrap_or(0) + 1;
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn damaged(path: &Path, why: String) -> KeyringError {
    KeyringError::Damaged {
        path: path.to_owned(),
        why,
    }
}

/// Where the JSON is wrong. The parser's own words may quote a value, so only those about names
/// of fields are repeated.
fn place(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let words = error.to_string();
    let about_names = ["unknown field", "missing field", "duplicate field"];
    if about_names.iter().any(|start| words.starts_with(start)) {
        return words;
    }
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "a value of the wrong type",
        _ => "it is not JSON",
    };
    format!("{what}, at line {line} column {column}")
}

fn checked(stored: &Stored) -> Result<Keys, String> {
    Ok(Keys {
        link: symmetric(KeyKind::LinkSigning, &stored.link_signing)?,
        sealing: symmetric(KeyKind::Sealing, &stored.sealing)?,
        token: tokens(&stored.token_signing)?,
    })
}

fn symmetric(kind: KeyKind, stored: &[StoredSymmetric]) -> Result<Generations<Symmetric>, String> {
    let mut ids = HashSet::new();
    let mut keys = Vec::with_capacity(stored.len());
    for StoredSymmetric {
        id,
        created_at,
        key,
    } in stored
    {
        let created_at = Timestamp::from_secs(*created_at);
        let key = key
            .decode()
            .and_then(|bytes| Symmetric::from_bytes(*id, created_at, &bytes));
        keys.push(key.ok_or_else(|| format!("{kind} key {id} is not 32 bytes in base64"))?);
        if !ids.insert(id) {
            return Err(format!("{kind} key {id} is there twice"));
        }
    }
    in_order(kind, keys)
}

fn tokens(stored: &[StoredToken]) -> Result<Generations<TokenKey>, String> {
    let kind = KeyKind::TokenSigning;
    let mut kids = HashSet::new();
    let mut keys = Vec::with_capacity(stored.len());
    for (index, token) in stored.iter().enumerate() {
        let StoredToken {
            kid,
            created_at,
            pkcs8,
        } = token;
        let number = index + 1;
        let created_at = Timestamp::from_secs(*created_at);
        let key = pkcs8
            .decode()
            .and_then(|der| TokenKey::from_pkcs8(&der, created_at))
            .ok_or_else(|| format!("{kind} key no. {number} is not an RSA key in PKCS#8"))?;
        if key.kid() != kid {
            return Err(format!(
                "{kind} key no. {number} does not have its own thumbprint as kid"
            ));
        }
        if !kids.insert(kid) {
            return Err(format!("{kind} key no. {number} is there twice"));
        }
        keys.push(key);
    }
    in_order(kind, keys)
}

fn in_order<T>(kind: KeyKind, keys: Vec<T>) -> Result<Generations<T>, String> {
    if keys.len() > MAX_KEYS_OF_A_KIND {
        return Err(format!(
            "there are more than {MAX_KEYS_OF_A_KIND} {kind} keys"
        ));
    }
    Generations::from_ordered(keys).ok_or_else(|| format!("there is no {kind} key"))
}
