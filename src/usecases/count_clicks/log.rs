//! The log that clicks go into: numbered entries, in one order for all nodes.

use std::collections::{HashMap, HashSet};

use crate::domain::click::{Click, LoggedClick};
use crate::domain::ids::UserId;
use crate::domain::link::Placement;
use crate::domain::notification::Recipient;
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Expect, Key};
use crate::store::record::clicks::encode_log;
use crate::store::{keys, read_counter};
use crate::usecases::Env;
use crate::usecases::error::{Error, retrying};

/// Clicks in one entry of the log.
const MAX_CLICKS: usize = 32_768;

/// Logs `waiting`; what is logged is taken out of it.
///
/// # Errors
/// The store failed; what is left in `waiting` is not logged yet.
pub async fn append(env: &Env, waiting: &mut Vec<Click>) -> Result<(), Error> {
    while !waiting.is_empty() {
        let batch = waiting.len().min(MAX_CLICKS);
        let logged = judged(env, &waiting[..batch]).await?;
        retrying(|| append_entry(env, &logged)).await?;
        waiting.drain(..batch);
    }
    Ok(())
}

/// Entry and number are one change, so no reader sees an entry before all those with lower numbers.
async fn append_entry(env: &Env, clicks: &[LoggedClick]) -> Result<(), Error> {
    let next_key = keys::clicks::next_entry();
    let next = env.store.engine().get(&next_key).await?;
    let (number, expect) = match &next {
        Some(record) => (
            read_counter(&record.body)?,
            Expect::Revision(record.revision),
        ),
        None => (1, Expect::Absent),
    };
    let mut changes = Changes::new();
    changes
        .expect(next_key.clone(), expect)
        .put(next_key, (number + 1).to_be_bytes().to_vec())
        .put(keys::clicks::entry(number), encode_log(clicks));
    env.store.commit(changes).await?;
    Ok(())
}

/// Says of each click whether a person is likely behind it. Not left to the counting: a mail that
/// is sent meanwhile would hide the one that the link was in.
async fn judged(env: &Env, clicks: &[Click]) -> Result<Vec<LoggedClick>, Error> {
    let sent = mail_times_of(env, clicks).await?;
    let judged = clicks.iter().map(|click| LoggedClick {
        tenant_id: click.tenant_id,
        user_id: click.user_id,
        placement: click.placement,
        hour: click.hour(),
        is_likely_human: click.is_likely_human(sent.get(&click.user_id).copied()),
    });
    Ok(judged.collect())
}

/// When those who clicked in a mail were last sent one.
async fn mail_times_of(env: &Env, clicks: &[Click]) -> Result<HashMap<UserId, Timestamp>, Error> {
    let users: HashSet<UserId> = clicks
        .iter()
        .filter(|click| click.placement == Placement::Email)
        .map(|click| click.user_id)
        .collect();
    let keys: Vec<Key> = users.into_iter().map(keys::recipient).collect();
    let recipients = env.store.load_many::<Recipient>(&keys).await?;
    let known = recipients.into_iter().flatten();
    Ok(known
        .map(|recipient| (recipient.user_id, recipient.last_sent_at))
        .collect())
}
