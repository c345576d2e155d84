//! Clicks on tracked links, counted three ways: raw, unique, likely human.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ids::{AccountRef, V1Id};
use super::link::Placement;
use super::time::Timestamp;

/// A followed tracked link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    /// The user's tenant.
    pub tenant: AccountRef,
    /// The user of the link.
    pub user: AccountRef,
    /// Where the link stood.
    pub placement: Placement,
    /// When it was followed.
    pub at: Timestamp,
    /// Whether the request itself looks like a person's: no prefetch header, no known scanner.
    pub looks_human: bool,
}

/// Mail scanners follow links within seconds of the delivery; a person takes longer.
pub const SCANNER_BURST: Duration = Duration::from_secs(10);

impl Click {
    /// Whether a person is likely behind it. `mail_sent_at` is when the user was last sent mail.
    #[must_use]
    pub fn is_likely_human(&self, mail_sent_at: Option<Timestamp>) -> bool {
        let from_mail = self.placement == Placement::Email;
        let in_burst =
            from_mail && mail_sent_at.is_some_and(|sent| self.at.distance(sent) < SCANNER_BURST);
        self.looks_human && !in_burst
    }

    /// The hour it was made in, counted from 1970-01-01T00.
    #[must_use]
    pub fn hour(&self) -> u32 {
        u32::try_from(self.at.secs() / 3600).unwrap_or(0)
    }

    /// The day it was made on, counted from 1970-01-01.
    #[must_use]
    pub fn day(&self) -> u32 {
        self.hour() / 24
    }
}

/// How often a link was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClickCounts {
    /// Every GET.
    pub raw: u64,
    /// One per user, placement and hour.
    pub unique: u64,
    /// Those that a person is likely behind.
    pub likely_human: u64,
}

impl ClickCounts {
    /// Adds one click.
    pub const fn add(&mut self, is_first_of_hour: bool, is_likely_human: bool) {
        self.raw = self.raw.saturating_add(1);
        self.unique = self.unique.saturating_add(is_first_of_hour as u64);
        self.likely_human = self.likely_human.saturating_add(is_likely_human as u64);
    }

    /// Adds other counts.
    pub const fn merge(&mut self, other: Self) {
        self.raw = self.raw.saturating_add(other.raw);
        self.unique = self.unique.saturating_add(other.unique);
        self.likely_human = self.likely_human.saturating_add(other.likely_human);
    }
}

/// Counts by placement, in the order of [`Placement::ALL`].
pub type CountsByPlacement = BTreeMap<Placement, ClickCounts>;

/// A batch of clicks that one node counts at once: its number, and the node's tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchId {
    /// Tells nodes apart.
    pub node: u32,
    /// Grows with each batch of the node.
    pub number: u64,
}

/// Maximum nodes whose last batches are stored; the oldest is dropped.
const MAX_NODES: usize = 16;

/// Maximum distinct visitors of one hour; further ones are not counted as unique.
const MAX_VISITORS: usize = 1_000_000;

/// The clicks of a tenant's people on the day of the last one, and who clicked in its hour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TenantClicks {
    /// The hour of the last click, counted from 1970-01-01T00.
    pub hour: u32,
    /// What was counted on that day.
    pub counts: CountsByPlacement,
    /// By user, where they clicked within the hour: a bit for each placement, by its code.
    pub visitors: BTreeMap<V1Id, u8>,
    /// How many days were closed: the number of the next.
    pub days_closed: u32,
    /// The last batch of each node, so that none is counted twice.
    pub batches: Vec<BatchId>,
}

/// A day that is over, with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedDay {
    /// The day, counted from 1970-01-01.
    pub day: u32,
    /// Distinguishes it from the same day closed at another time: by a clock that was set back.
    pub number: u32,
    /// What was counted on it.
    pub counts: CountsByPlacement,
}

impl TenantClicks {
    /// The day of the last click, counted from 1970-01-01.
    #[must_use]
    pub const fn day(&self) -> u32 {
        self.hour / 24
    }

    /// Notes that a batch is counted. `false`: it was before, and nothing of it is to be counted.
    pub fn begin(&mut self, batch: BatchId) -> bool {
        if self.batches.contains(&batch) {
            return false;
        }
        self.batches.retain(|other| other.node != batch.node);
        if self.batches.len() >= MAX_NODES {
            self.batches.remove(0);
        }
        self.batches.push(batch);
        true
    }

    /// Counts a click. What it adds, and the day that it ends. A click of the hour before the last
    /// counts in the last: nodes write their clicks a moment later. An hour that is further ahead
    /// is of a clock that ran ahead, and ends.
    pub fn count(
        &mut self,
        click: &Click,
        is_likely_human: bool,
    ) -> (ClickCounts, Option<ClosedDay>) {
        let hour = click.hour();
        let closed = if hour > self.hour || self.hour > hour + 1 {
            self.begin_hour(hour)
        } else {
            None
        };
        let bit = 1 << (click.placement.code() - 1);
        let has_room = self.visitors.len() < MAX_VISITORS;
        let is_first = match self.visitors.get_mut(&click.user.number) {
            Some(places) => {
                let is_first = *places & bit == 0;
                *places |= bit;
                is_first
            }
            None if has_room => self.visitors.insert(click.user.number, bit).is_none(),
            None => false,
        };
        let mut one = ClickCounts::default();
        one.add(is_first, is_likely_human);
        self.counts.entry(click.placement).or_default().merge(one);
        (one, closed)
    }

    fn begin_hour(&mut self, hour: u32) -> Option<ClosedDay> {
        let ended = self.day();
        self.visitors.clear();
        self.hour = hour;
        if self.day() == ended || self.counts.is_empty() {
            return None;
        }
        let number = self.days_closed;
        self.days_closed += 1;
        Some(ClosedDay {
            day: ended,
            number,
            counts: std::mem::take(&mut self.counts),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, TenantId, UserId};
    use proptest::prelude::*;

    fn tenant() -> AccountRef {
        AccountRef {
            id: AccountId::Tenant(TenantId::new(uuid::Uuid::nil())),
            number: V1Id(1),
        }
    }

    fn user(number: u32) -> AccountRef {
        AccountRef {
            id: AccountId::User(UserId::new(uuid::Uuid::nil())),
            number: V1Id(number),
        }
    }

    fn at_hour(hour: u32, user_number: u32, placement: Placement) -> Click {
        Click {
            tenant: tenant(),
            user: user(user_number),
            placement,
            at: Timestamp::from_secs(i64::from(hour) * 3600 + 5),
            looks_human: true,
        }
    }

    proptest! {
        /// Against counting by sets: raw, unique per user, place and hour, by day.
        #[test]
        fn what_is_counted_is_what_sets_count(
            clicks in proptest::collection::vec((0_u32..60, 0_u32..4, 0_usize..7, any::<bool>()), 0..80),
        ) {
            // Each node's clicks come in the order of time.
            let mut clicks = clicks;
            clicks.sort_unstable();
            let mut counted = TenantClicks::default();
            let mut days: BTreeMap<u32, CountsByPlacement> = BTreeMap::new();
            let mut seen = std::collections::BTreeSet::new();
            let mut expected: BTreeMap<u32, CountsByPlacement> = BTreeMap::new();
            for (hour, who, place, human) in clicks {
                let placement = Placement::ALL[place];
                let (_, closed) = counted.count(&at_hour(hour, who, placement), human);
                if let Some(closed) = closed {
                    prop_assert!(days.insert(closed.day, closed.counts).is_none());
                }
                let is_first = seen.insert((hour, who, place));
                let day = expected.entry(hour / 24).or_default();
                day.entry(placement).or_default().add(is_first, human);
            }
            if !counted.counts.is_empty() {
                days.insert(counted.day(), counted.counts);
            }
            prop_assert_eq!(days, expected);
        }
    }

    #[test]
    fn late_clicks_count_in_the_last_hour_and_a_clock_set_back_begins_anew() {
        let place = Placement::Email;
        let mut clicks = TenantClicks::default();
        let mut unique = |hour| {
            let (one, closed) = clicks.count(&at_hour(hour, 1, place), true);
            (one.unique, closed.map(|closed| (closed.day, closed.number)))
        };
        assert_eq!(unique(24), (1, None));
        // Of the hour before: another node was a moment late.
        assert_eq!(unique(23), (0, None));
        // Days ahead, back, and there again: each is closed under a number of its own.
        assert_eq!(unique(240), (1, Some((1, 0))));
        assert_eq!(unique(25), (1, Some((10, 1))));
        assert_eq!(unique(240), (1, Some((1, 2))));
    }

    #[test]
    fn a_batch_is_counted_once_and_nodes_are_told_apart() {
        let mut clicks = TenantClicks::default();
        let batch = |node, number| BatchId { node, number };
        assert!(clicks.begin(batch(1, 7)));
        assert!(clicks.begin(batch(2, 7)));
        assert!(!clicks.begin(batch(1, 7)));
        assert!(clicks.begin(batch(1, 8)));
        assert!(!clicks.begin(batch(2, 7)));
        for node in 10..40 {
            assert!(clicks.begin(batch(node, 1)));
        }
        assert_eq!(clicks.batches.len(), MAX_NODES);
        assert!(!clicks.begin(batch(39, 1)));
    }

    #[test]
    fn a_click_within_seconds_of_the_mail_is_a_scanners() {
        let at = |secs| Timestamp::from_secs(secs);
        let click = |placement, looks_human| Click {
            tenant: tenant(),
            user: user(2),
            placement,
            at: at(100),
            looks_human,
        };
        let mail = Placement::Email;
        for (placement, looks_human, sent, expected) in [
            (mail, true, None, true),
            (mail, true, Some(at(95)), false),
            (mail, true, Some(at(90)), true),
            (mail, true, Some(at(101)), false),
            // The clock ran ahead when the mail was sent.
            (mail, true, Some(at(700_000)), true),
            (mail, false, None, false),
            (Placement::PortalHeader, true, Some(at(95)), true),
        ] {
            let verdict = click(placement, looks_human).is_likely_human(sent);
            assert_eq!(verdict, expected, "{placement:?} {looks_human} {sent:?}");
        }
    }
}
