//! Notices. All that one says is in its key, so two of an account in the same microsecond are two records,
//! unless they say the same.

use super::Family;
use crate::domain::mail::Notice;
use crate::domain::quota::{Item, Level};
use crate::store::engine::Key;

/// Family and time.
const BEFORE: usize = 9;

/// The account.
const AFTER: usize = 17;

/// A notice; [`notice_of`] reads it back.
#[must_use]
pub fn notice(notice: &Notice) -> Key {
    let mut key = Family::Notice.key().then(notice.created_at);
    for (item, level) in &notice.entered {
        key = key.then([*item as u8, *level as u8]);
    }
    key.then(notice.account)
}

key_functions! {
    /// All notices, the oldest first.
    notices() = Notice;
}

/// The notice that a key of [`notice`] is.
#[must_use]
pub fn notice_of(key: &Key) -> Option<Notice> {
    let end = key.0.len().checked_sub(AFTER)?;
    let (pairs, []) = key.0.get(BEFORE..end)?.as_chunks() else {
        return None;
    };
    let entered = pairs.iter().map(|[item, level]| {
        let item = Item::ALL.get(usize::from(*item))?;
        let level = Level::ALL.get(usize::from(*level))?;
        Some((*item, *level))
    });
    Some(Notice {
        account: key.trailing_account()?,
        entered: entered.collect::<Option<_>>()?,
        created_at: key.leading_time()?,
    })
}
