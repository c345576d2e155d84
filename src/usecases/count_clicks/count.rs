//! From the log to the counts.
//!
//! A window of the log is counted at a time. Its end is stored first; then the counts of its tenants,
//! each record with how far it is counted, some hundred in a commit; then, in one change, the marks, the
//! end of the log's entries, and that the window is done. Whoever goes on after a crash counts the
//! same window with the same marks, and leaves out the records that have it already. Two nodes that
//! count at once lose races against each other, and nothing else.

use std::collections::BTreeMap;

use super::marks::Known;
use crate::domain::click::{ClickCounts, DayOfClicks, LoggedClick};
use crate::domain::ids::TenantId;
use crate::domain::link::Placement;
use crate::store::engine::{Changes, Expect, Key, StoreError};
use crate::store::record::clicks::{clicks_in, decode_day, decode_log, encode_day};
use crate::store::{keys, read_counter};
use crate::telemetry::metrics::ClickKind;
use crate::usecases::Env;
use crate::usecases::error::{Error, retrying};

/// Clicks in a window; an entry of the log that goes beyond is part of it. The more, the more
/// clicks share the write of a count; each takes 24 bytes of memory meanwhile.
pub(super) const MAX_CLICKS: usize = 1 << 20;

/// Entries of the log in a window: they are removed in one change.
const MAX_ENTRIES: usize = 10_000;

/// Entries of the log that are read at once.
const READ_AT_ONCE: usize = 8;

/// Buckets whose counts are written in one commit.
const BUCKETS_PER_COMMIT: usize = 128;

/// Counts what is in the log now.
///
/// # Errors
/// The store failed; what is not counted yet will be.
pub async fn count_logged(env: &Env) -> Result<(), Error> {
    let Some(next) = env.store.engine().get(&keys::clicks::next_entry()).await? else {
        return Ok(());
    };
    let last = read_counter(&next.body)?.saturating_sub(1);
    while let Some(counted) = retrying(|| count_window(env)).await? {
        if counted >= last {
            break;
        }
    }
    Ok(())
}

/// How far the log is counted.
struct Progress {
    /// Up to this entry it is.
    done: u64,
    /// Up to this entry the window goes that somebody counts; `done` where nobody does.
    under_way: u64,
    /// What a change of this must expect.
    expect: Expect,
}

impl Progress {
    async fn load(env: &Env) -> Result<Self, StoreError> {
        let Some(record) = env.store.engine().get(&keys::clicks::counted()).await? else {
            return Ok(Self {
                done: 0,
                under_way: 0,
                expect: Expect::Absent,
            });
        };
        let (done, under_way) = record.body.split_at(record.body.len().min(8));
        Ok(Self {
            done: read_counter(done)?,
            under_way: read_counter(under_way)?,
            expect: Expect::Revision(record.revision),
        })
    }

    fn store(changes: &mut Changes, done: u64, under_way: u64) {
        let body = [done.to_be_bytes(), under_way.to_be_bytes()].concat();
        changes.put(keys::clicks::counted(), body);
    }

    /// A change that is made only if nobody has counted since.
    fn changes(&self) -> Changes {
        let mut changes = Changes::new();
        changes.expect(keys::clicks::counted(), self.expect);
        changes
    }
}

/// Counts a window. How far the log is counted then; `None` where there was nothing to count.
async fn count_window(env: &Env) -> Result<Option<u64>, Error> {
    let mut marks = env.click_marks.lock().await;
    let counted = count_window_with(env, &mut marks).await;
    if counted.is_err() {
        marks.forget();
    }
    counted
}

async fn count_window_with(env: &Env, marks: &mut Known) -> Result<Option<u64>, Error> {
    let mut progress = Progress::load(env).await?;
    let window = Window::read(env, marks, &progress).await?;
    let Some(end) = window.entries.last().copied() else {
        return Ok(None);
    };
    if progress.under_way < end {
        let mut changes = progress.changes();
        Progress::store(&mut changes, progress.done, end);
        env.store.commit(changes).await?;
        progress = Progress::load(env).await?;
        if progress.under_way != end {
            return Err(Error::LostRace);
        }
    }
    for buckets in window.buckets.chunks(BUCKETS_PER_COMMIT) {
        add(env, buckets, end).await?;
    }
    let mut changes = progress.changes();
    Progress::store(&mut changes, end, end);
    marks.store_fresh(&mut changes, end);
    for entry in &window.entries {
        changes.delete(keys::clicks::entry(*entry));
    }
    env.store.commit(changes).await?;
    marks.stored(end);
    window.tell_metrics(env);
    Ok(Some(end))
}

/// Adds what one window has of some buckets, unless they have it already.
async fn add(env: &Env, buckets: &[Bucket], end: u64) -> Result<(), Error> {
    let keys: Vec<Key> = buckets.iter().map(|bucket| bucket.key.clone()).collect();
    let records = env.store.engine().get_many(&keys).await?;
    let mut changes = Changes::new();
    for (bucket, record) in buckets.iter().zip(records) {
        let (mut day, expect) = match record {
            Some(record) => (decode_day(&record.body)?, Expect::Revision(record.revision)),
            None => (DayOfClicks::default(), Expect::Absent),
        };
        if day.counted_to >= end {
            continue;
        }
        day.counted_to = end;
        for (place, more) in &bucket.counts {
            day.counts.entry(*place).or_default().merge(*more);
        }
        changes.expect(bucket.key.clone(), expect);
        changes.put(bucket.key.clone(), encode_day(&day));
    }
    if !changes.is_empty() {
        env.store.commit(changes).await?;
    }
    Ok(())
}

/// What a window has of the tenants that share a record of a day.
struct Bucket {
    key: Key,
    counts: Vec<((TenantId, Placement), ClickCounts)>,
}

/// A click of the window, as short as it can be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    day: u32,
    tenant_id: TenantId,
    placement: Placement,
    is_first: bool,
    is_likely_human: bool,
}

impl Counted {
    const fn place(&self) -> (u32, TenantId, Placement) {
        (self.day, self.tenant_id, self.placement)
    }
}

struct Window {
    entries: Vec<u64>,
    buckets: Vec<Bucket>,
}

impl Window {
    /// Reads the window that somebody began, else one that begins at what is not counted yet.
    async fn read(env: &Env, marks: &mut Known, progress: &Progress) -> Result<Self, Error> {
        let mut entries = Vec::new();
        let mut clicks = Vec::new();
        let mut after = keys::clicks::entry(progress.done);
        let is_begun = progress.under_way > progress.done;
        'reading: loop {
            let prefix = keys::clicks::entries();
            let engine = env.store.engine();
            let records = engine.scan(&prefix, Some(&after), READ_AT_ONCE).await?;
            for (key, record) in &records {
                let number = key.trailing_number().unwrap_or_default();
                let is_full =
                    clicks.len() + clicks_in(&record.body) > MAX_CLICKS && !clicks.is_empty();
                let is_over = if is_begun {
                    number > progress.under_way
                } else {
                    is_full || entries.len() == MAX_ENTRIES
                };
                if is_over {
                    break 'reading;
                }
                match decode_log(&record.body) {
                    Ok(logged) => {
                        for click in logged {
                            let first = marks.is_first(&env.store, &click, progress.done).await?;
                            clicks.push(counted(&click, first));
                        }
                    }
                    // Left in the log it would hold up all that came after it, for ever.
                    Err(error) => tracing::error!(entry = number, %error, "logged clicks are lost"),
                }
                entries.push(number);
                after = key.clone();
                // A full entry takes milliseconds; others shall have their turn.
                tokio::task::yield_now().await;
            }
            if records.len() < READ_AT_ONCE {
                break;
            }
        }
        clicks.sort_unstable();
        Ok(Self {
            entries,
            buckets: buckets(&clicks),
        })
    }

    fn tell_metrics(&self, env: &Env) {
        let mut totals: BTreeMap<Placement, ClickCounts> = BTreeMap::new();
        for ((_, placement), counts) in self.buckets.iter().flat_map(|bucket| &bucket.counts) {
            totals.entry(*placement).or_default().merge(*counts);
        }
        let clicks = &env.metrics.clicks;
        for (placement, counts) in totals {
            clicks.add2(ClickKind::Raw, placement, counts.raw);
            clicks.add2(ClickKind::Unique, placement, counts.unique);
            clicks.add2(ClickKind::LikelyHuman, placement, counts.likely_human);
        }
    }
}

fn counted(click: &LoggedClick, is_first: bool) -> Counted {
    Counted {
        tenant_id: click.tenant_id,
        day: click.day(),
        placement: click.placement,
        is_first,
        is_likely_human: click.is_likely_human,
    }
}

/// Adds up sorted clicks.
fn buckets(clicks: &[Counted]) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    let places = clicks.chunk_by(|one, next| one.place() == next.place());
    for clicks in places {
        let Some(first) = clicks.first() else {
            continue;
        };
        let mut counts = ClickCounts::default();
        for click in clicks {
            counts.add(click.is_first, click.is_likely_human);
        }
        let counts = ((first.tenant_id, first.placement), counts);
        let key = keys::clicks::of_day(first.tenant_id, first.day);
        match buckets.last_mut().filter(|bucket| bucket.key == key) {
            Some(bucket) => bucket.counts.push(counts),
            None => buckets.push(Bucket {
                key,
                counts: vec![counts],
            }),
        }
    }
    buckets
}
