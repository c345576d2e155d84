//! Bounds how often a log line is repeated while events come in a flood.

use std::sync::{Mutex, PoisonError};

use super::bucket::{Bucket, Rate};
use super::now_ns;
use crate::domain::time::Timestamp;

/// Ten lines at once, then one every ten seconds.
const RATE: Rate = Rate::one_every(10, 10);

/// Says when a line may be written again.
#[derive(Debug, Default)]
pub(super) struct LogThrottle(Mutex<(Bucket, u64)>);

impl LogThrottle {
    /// `Some` when a line may be written: how many were left out since the last one.
    pub(super) fn may_log(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bucket, left_out) = &mut *state;
        if bucket.take(RATE, now_ns(now)).is_allowed {
            return Some(std::mem::take(left_out));
        }
        *left_out = left_out.saturating_add(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_makes_few_lines() {
        let throttle = LogThrottle::default();
        let at = |seconds: i64| Timestamp::from_secs(1_800_000_000 + seconds);
        let said = (0..6_000)
            .filter(|_| throttle.may_log(at(0)).is_some())
            .count();
        assert_eq!(said, 10);
        assert_eq!(throttle.may_log(at(10)), Some(5_990));
        assert_eq!(throttle.may_log(at(20)), Some(0));
    }
}
