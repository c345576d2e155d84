//! Makes sure that all nodes of a store have the same keys: a node checks links that another
//! signed.

use std::path::Path;

use super::DataError;
use crate::keyring::{KeyKind, Keyring};
use crate::store::engine::{Changes, CommitError, Engine, Expect};
use crate::store::keys;
use crate::usecases::error::Error;

/// Attempts against other nodes that start at the same moment.
const ATTEMPTS: usize = 16;

/// Notes the keys in the store where none are noted; else refuses keys that have nothing in common with
/// those noted. Keys that were rotated have: the old ones stay until they are retired.
pub(super) async fn claim(
    engine: &dyn Engine,
    keyring: &Keyring,
    path: &Path,
) -> Result<(), DataError> {
    // The ids of these keys are made of the keys. Those of the others are small numbers, which are the
    // same in every keyring.
    let own = keyring.key_ids(KeyKind::TokenSigning);
    let key = keys::keyring();
    for _ in 0..ATTEMPTS {
        let found = engine.get(&key).await.map_err(Error::from)?;
        let noted = found
            .as_ref()
            .map(|record| String::from_utf8_lossy(&record.body));
        let noted: Option<Vec<&str>> = noted.as_deref().map(|text| text.lines().collect());
        if let Some(noted) = noted {
            if !own.iter().any(|id| noted.contains(&id.as_str())) {
                return Err(DataError::OtherKeys(path.to_owned()));
            }
            if own == noted {
                return Ok(());
            }
        }
        let expect = found.map_or(Expect::Absent, |record| Expect::Revision(record.revision));
        let mut changes = Changes::new();
        changes.expect(key.clone(), expect);
        changes.put(key.clone(), own.join("\n").into_bytes());
        match engine.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(error)) => return Err(Error::from(error).into()),
        }
    }
    // Others have noted theirs again and again, which were compared with these.
    Ok(())
}
