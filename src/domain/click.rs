//! Clicks on tracked links, counted three ways (product rule 4).

use std::collections::BTreeMap;
use std::time::Duration;

use super::ids::{TenantId, UserId};
use super::link::Placement;
use super::time::Timestamp;

/// A followed tracked link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    /// The tenant of the link.
    pub tenant_id: TenantId,
    /// The user of the link.
    pub user_id: UserId,
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

/// A click as it is logged: who it was by is judged, whether it is the first of its hour is not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedClick {
    /// The tenant of the link.
    pub tenant_id: TenantId,
    /// The user of the link.
    pub user_id: UserId,
    /// Where the link stood.
    pub placement: Placement,
    /// The hour it was made in, counted from 1970-01-01T00.
    pub hour: u32,
    /// Whether a person is likely behind it.
    pub is_likely_human: bool,
}

impl LoggedClick {
    /// The day it was made on, counted from 1970-01-01.
    #[must_use]
    pub const fn day(&self) -> u32 {
        self.hour / 24
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

/// How often the links of some tenants' people were followed on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayOfClicks {
    /// The last entry of the click log that is counted here: none is counted twice.
    pub counted_to: u64,
    /// By tenant and place, in their order.
    pub counts: BTreeMap<(TenantId, Placement), ClickCounts>,
}

impl DayOfClicks {
    /// Those of one tenant.
    pub fn of_tenant(&self, tenant: TenantId) -> impl Iterator<Item = (Placement, ClickCounts)> {
        let counts = self.counts.range((tenant, Placement::ALL[0])..);
        let counts = counts.take_while(move |((id, _), _)| *id == tenant);
        counts.map(|((_, placement), counts)| (*placement, *counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_within_seconds_of_the_mail_is_a_scanners() {
        let at = |secs| Timestamp::from_secs(secs);
        let click = |placement, looks_human| Click {
            tenant_id: TenantId::random(),
            user_id: UserId::random(),
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
