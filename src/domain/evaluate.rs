//! From usage to states, transitions and the decision whether to notify.
//!
//! What a page *shows* is computed from quota and usage at that moment. What is *sent* is limited
//! by arming: a level notifies once when it is entered, and again only after usage fell below it by
//! a margin. [`super::meter`] calls this for each item of an account.

use super::quota::{Item, Level, Percent, Quota, State, Unit};
use super::tenant::SoonSetting;
use super::time::Timestamp;

/// The rules that states and arming follow; deployment settings with a tenant's own on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuotaPolicy {
    /// Per item (by [`Item::index`]): the soon threshold, `None` where the level is off.
    pub soon: [Option<Percent>; 5],
    /// How far below a level's threshold usage must fall to arm it again, in percent of the
    /// threshold, for bytes.
    pub rearm_margin_percent_bytes: u8,
    /// The same for counts.
    pub rearm_margin_percent_counts: u8,
}

impl Default for QuotaPolicy {
    /// The product's defaults: soon at 90 % for storage only; margins of 5 % and 0.
    fn default() -> Self {
        Self {
            soon: Item::ALL.map(|item| match item {
                Item::StorageSize => Percent::new(90),
                _ => None,
            }),
            rearm_margin_percent_bytes: 5,
            rearm_margin_percent_counts: 0,
        }
    }
}

impl QuotaPolicy {
    /// This policy with a tenant's own settings on top.
    #[must_use]
    pub fn for_tenant(mut self, own: &[SoonSetting; 5]) -> Self {
        for (soon, own) in self.soon.iter_mut().zip(own) {
            match own {
                SoonSetting::Inherit => {}
                SoonSetting::Off => *soon = None,
                SoonSetting::At(percent) => *soon = Some(*percent),
            }
        }
        self
    }

    /// The soon threshold of `item`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "one entry for each item")]
    pub const fn soon_percent(&self, item: Item) -> Option<Percent> {
        self.soon[item.index()]
    }

    /// The usage below which a level with this threshold is armed again.
    fn rearm_below(&self, item: Item, threshold: u64) -> u64 {
        let margin = match item.unit() {
            Unit::Bytes => self.rearm_margin_percent_bytes,
            Unit::Quantity => self.rearm_margin_percent_counts,
        };
        let kept = u128::from(threshold) * u128::from(100 - margin.min(100)) / 100;
        u64::try_from(kept).unwrap_or(threshold)
    }
}

/// One quota with the usage measured against it. An item may be backed by several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Measured {
    /// What is allowed.
    pub quota: Quota,
    /// What is used.
    pub usage: u64,
}

/// The stored state of an item of an account between reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state as last evaluated.
    pub state: State,
    /// When that state was entered.
    pub since: Timestamp,
    /// The highest level that has notified and is not armed again; those below count as notified.
    pub fired: Option<Level>,
}

impl Standing {
    /// An item that was never measured.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self {
            state: State::Unlimited,
            since: now,
            fired: None,
        }
    }
}

/// The change of an item's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Of what.
    pub item: Item,
    /// The state before.
    pub from: State,
    /// The state now.
    pub to: State,
}

/// The outcome of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// To be stored.
    pub standing: Standing,
    /// Where the state changed.
    pub transition: Option<Transition>,
    /// The level to notify of now.
    pub notify: Option<Level>,
}

/// The quota that is worst off: the highest state, then the highest utilization, then the first.
#[must_use]
pub fn worst(measured: &[Measured], soon: Option<Percent>) -> Option<Measured> {
    measured.iter().copied().reduce(|kept, candidate| {
        let is_worse = is_worse(&candidate, &kept, soon);
        if is_worse { candidate } else { kept }
    })
}

/// Compares by state, then by usage/value as fractions (cross-multiplied, so exact).
fn is_worse(candidate: &Measured, kept: &Measured, soon: Option<Percent>) -> bool {
    let state = |m: &Measured| m.quota.state(m.usage, soon);
    if state(candidate) != state(kept) {
        return state(candidate) > state(kept);
    }
    let (Some(a), Some(b)) = (candidate.quota.value, kept.quota.value) else {
        return false;
    };
    u128::from(candidate.usage) * u128::from(b) > u128::from(kept.usage) * u128::from(a)
}

/// Evaluates one item of one account.
#[must_use]
pub fn evaluate(
    item: Item,
    measured: &[Measured],
    previous: Option<Standing>,
    policy: &QuotaPolicy,
    now: Timestamp,
) -> Evaluation {
    let previous = previous.unwrap_or_else(|| Standing::new(now));
    let soon = policy.soon_percent(item);
    let state = worst(measured, soon).map_or(State::Unlimited, |m| m.quota.state(m.usage, soon));
    let still_fired = still_fired(item, measured, previous.fired, policy);
    let level = state.level();
    let notify = level.filter(|level| still_fired.is_none_or(|fired| *level > fired));
    let changed = state != previous.state;
    Evaluation {
        standing: Standing {
            state,
            // A clock that has run ahead since may have said when.
            since: if changed {
                now
            } else {
                previous.since.min(now)
            },
            fired: still_fired.max(level),
        },
        transition: changed.then_some(Transition {
            item,
            from: previous.state,
            to: state,
        }),
        notify,
    }
}

/// The highest level that has notified and is not armed again.
fn still_fired(
    item: Item,
    measured: &[Measured],
    fired: Option<Level>,
    policy: &QuotaPolicy,
) -> Option<Level> {
    Level::ALL
        .into_iter()
        .rev()
        .filter(|level| fired.is_some_and(|fired| *level <= fired))
        .find(|level| !is_armed_again(item, *level, measured, policy))
}

/// One level of an item: where it begins, and whether entering it notifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arming {
    /// Which level.
    pub level: Level,
    /// The usage at which it is entered, of the quota that is worst off.
    pub at: u64,
    /// The usage below which it is armed again after it has notified.
    pub rearm_below: u64,
    /// Whether people are notified when it is entered the next time.
    pub is_armed: bool,
}

/// How each level that an item has is armed, the lowest first.
#[must_use]
pub fn arming(
    item: Item,
    measured: &[Measured],
    previous: Option<Standing>,
    policy: &QuotaPolicy,
) -> Vec<Arming> {
    let soon = policy.soon_percent(item);
    let Some(worst) = worst(measured, soon) else {
        return Vec::new();
    };
    let fired = previous.and_then(|standing| standing.fired);
    let still_fired = still_fired(item, measured, fired, policy);
    let levels = Level::ALL.into_iter().filter_map(|level| {
        let at = worst.quota.threshold(level, soon)?;
        Some(Arming {
            level,
            at,
            rearm_below: policy.rearm_below(item, at),
            is_armed: still_fired.is_none_or(|fired| level > fired),
        })
    });
    levels.collect()
}

/// A level is armed again when every quota behind the item is clearly below it.
fn is_armed_again(item: Item, level: Level, measured: &[Measured], policy: &QuotaPolicy) -> bool {
    measured.iter().all(|m| {
        m.quota
            .threshold(level, policy.soon_percent(item))
            .is_none_or(|threshold| m.usage < policy.rearm_below(item, threshold))
    })
}

#[cfg(test)]
mod tests;
