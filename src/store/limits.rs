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
        let why = format!("{most} writes; at most {MAX_CHANGE_WRITES} are allowed");
        return Err(StoreError::Refused(why));
    }
    let mut total: usize = 0;
    for (key, _) in expectations {
        total = total.saturating_add(checked_key(key)?);
    }
    for write in writes {
        total = total.saturating_add(checked_key(write.key())?);
        if let Write::Put(_, body) = write {
            let found = body.len();
            if found > MAX_VALUE_BYTES {
                let why = format!("a value of {found} bytes; {MAX_VALUE_BYTES} is most");
                return Err(StoreError::Refused(why));
            }
            total = total.saturating_add(found);
        }
    }
    if total > MAX_CHANGE_BYTES {
        let why = format!("{total} bytes in one change; {MAX_CHANGE_BYTES} is most");
        return Err(StoreError::Refused(why));
    }
    Ok(total)
}

fn checked_key(key: &Key) -> Result<usize, StoreError> {
    let why = match key.0.len() {
        0 => "an empty key".to_owned(),
        found if found > MAX_KEY_BYTES => {
            format!("a key of {found} bytes; {MAX_KEY_BYTES} is most")
        }
        found => return Ok(found),
    };
    Err(StoreError::Refused(why))
}

/// Refuses a scan that asks for too much.
pub(super) fn checked_limit(limit: usize) -> Result<(), StoreError> {
    if limit > MAX_SCAN_RECORDS {
        let why = format!("a scan of {limit} records; {MAX_SCAN_RECORDS} is most");
        return Err(StoreError::Refused(why));
    }
    Ok(())
}
