//! Rate limit of the mails to one person (generic cell rate algorithm): a burst of one day's mails,
//! then one mail per share of a day. The stored state is one time, until which the counted mails
//! use up the allowance.

use std::time::Duration;

use crate::time::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Maximum clock skew between two nodes that count the same mails.
const CLOCKS_APART: Duration = Duration::from_secs(300);

/// Mails that are requested together are counted at slightly different times, in any order. A wait
/// below this is none; it is less than half a share, so it never adds a mail to a day.
const NO_WAIT: Duration = Duration::from_secs(1);

/// The result of counting one more mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// When it may be sent: `now`, or later where the allowance is used up.
    pub at: Timestamp,
    /// To be stored, if it is counted.
    pub used_until: Timestamp,
}

/// The share of a day of one of `per_day` mails; no mail waits longer.
#[must_use]
pub fn share(per_day: u32) -> Duration {
    DAY / per_day.max(1)
}

/// Counts one more mail at `now`, of `per_day` that are allowed. `used_until` is the stored state.
#[must_use]
pub fn count(used_until: Option<Timestamp>, per_day: u32, now: Timestamp) -> Counted {
    let share = share(per_day);
    let emptiest = now.plus(DAY);
    // A mail may wait for its share. Further ahead it was noted by a clock that ran ahead, and counts no more.
    let counts = |until: &Timestamp| *until <= emptiest.plus(share).plus(CLOCKS_APART);
    let from = used_until
        .filter(counts)
        .map_or(now, |until| until.clamp(now, emptiest));
    let used_until = from.plus(share);
    let at = used_until.minus(DAY).max(now);
    let is_now = at.since(now) < NO_WAIT.min(share / 2);
    Counted {
        at: if is_now { now } else { at },
        used_until,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn later(secs: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(secs))
    }

    #[test]
    fn a_days_mails_go_at_once_then_one_by_one() {
        let mut used = None;
        for number in 0..4 {
            let counted = count(used, 4, NOW);
            assert_eq!(counted.at, NOW, "{number}");
            used = Some(counted.used_until);
        }
        // Six hours for each: the fifth in six hours, not earlier.
        assert_eq!(count(used, 4, NOW).at, later(6 * 3600));
        assert_eq!(count(used, 4, later(3600)).at, later(6 * 3600));
        let fifth = count(used, 4, later(6 * 3600));
        assert_eq!(fifth.at, later(6 * 3600));
        let sixth = count(Some(fifth.used_until), 4, later(6 * 3600));
        assert_eq!(sixth.at, later(12 * 3600));
        // A day later all of them are there again.
        let rested = later(30 * 3600);
        assert_eq!(count(used, 4, rested), count(None, 4, rested));
    }

    #[test]
    fn who_asked_first_and_is_counted_last_does_not_wait() {
        for per_day in [1, 4, 86_400, 1_000_000] {
            let counted_first = later(1).minus(Duration::from_millis(1));
            let used = counted_first.plus(share(per_day) * (per_day - 1));
            let earlier = counted_first.minus(Duration::from_millis(100).min(share(per_day) / 4));
            assert_eq!(count(Some(used), per_day, earlier).at, earlier, "{per_day}");
            // One mail more than the day's has to wait all the same.
            let used = count(Some(used), per_day, counted_first).used_until;
            let next = count(Some(used), per_day, counted_first);
            let waits = next.at > counted_first || share(per_day).is_zero();
            assert!(waits, "{per_day}");
        }
    }

    #[test]
    fn a_clock_that_ran_ahead_shuts_nobody_out() {
        let ahead = later(8 * 24 * 3600);
        assert_eq!(count(Some(ahead), 4, NOW), count(None, 4, NOW));
        // That of another node, which is a little ahead.
        let counted = count(Some(later(24 * 3600 + 60)), 4, NOW);
        assert_eq!(counted.at, later(6 * 3600));
        assert_eq!(count(Some(Timestamp::from_secs(0)), 1, NOW).at, NOW);
        // What waits for its share is counted from then on.
        assert_eq!(count(Some(counted.used_until), 4, NOW).at, later(6 * 3600));
    }
}
