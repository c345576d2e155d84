//! The bounds of one call, the same for every engine.

use super::engine::{Changes, Key, MAX_KEY_BYTES, StoreError, Write};

/// No stored value is longer than this.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// No change makes more writes, or checks more expectations, than this.
pub const MAX_CHANGE_WRITES: usize = 100_000;

/// The keys and values of one change are together no longer than this.
pub const MAX_CHANGE_BYTES: usize = 64 * 1024 * 1024;

/// No scan returns more records than this at once.
pub const MAX_SCAN_RECORDS: usize = 100_000;

/// The bytes of a change, if it keeps to the limits.
pub(super) fn checked_size(changes: &Changes) -> Result<usize, StoreError> {
    let Changes {
        expectations,
        writes,
    } = changes;
    if writes.len() > MAX_CHANGE_WRITES || expectations.len() > MAX_CHANGE_WRITES {
        let most = writes.len().max(expectations.len());
        return Err(refused(format!(
            "{most} writes; at most {MAX_CHANGE_WRITES} are allowed"
        )));
    }
    let mut total: usize = 0;
    for (key, _) in expectations {
        total = total.saturating_add(checked_key(key)?);
    }
    for write in writes {
        let bytes = match write {
            Write::Delete(key) => checked_key(key)?,
            Write::Put(key, body) if body.len() > MAX_VALUE_BYTES => {
                checked_key(key)?;
                let found = body.len();
                return Err(refused(format!(
                    "a value of {found} bytes; {MAX_VALUE_BYTES} is most"
                )));
            }
            Write::Put(key, body) => checked_key(key)? + body.len(),
        };
        total = total.saturating_add(bytes);
    }
    if total > MAX_CHANGE_BYTES {
        return Err(refused(format!(
            "{total} bytes in one change; {MAX_CHANGE_BYTES} is most"
        )));
    }
    Ok(total)
}

fn checked_key(key: &Key) -> Result<usize, StoreError> {
    match key.0.len() {
        0 => Err(refused("an empty key".to_owned())),
        found if found > MAX_KEY_BYTES => Err(refused(format!(
            "a key of {found} bytes; {MAX_KEY_BYTES} is most"
        ))),
        found => Ok(found),
    }
}

fn refused(why: String) -> StoreError {
    StoreError::Refused(why)
}

/// Refuses a scan that asks for too much.
pub(super) fn checked_limit(limit: usize) -> Result<(), StoreError> {
    if limit > MAX_SCAN_RECORDS {
        return Err(refused(format!(
            "a scan of {limit} records; {MAX_SCAN_RECORDS} is most"
        )));
    }
    Ok(())
}
