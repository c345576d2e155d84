//! When a failed mail is retried, and when it becomes a dead letter.

use std::time::Duration;

use crate::time::Timestamp;

/// When failed mails are tried again and when they are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The wait after the first failure; doubles with each further one.
    pub base: Duration,
    /// The longest wait between two attempts.
    pub max: Duration,
    /// After this many attempts a mail is a dead letter.
    pub max_attempts: u32,
    /// A mail older than this is not tried again.
    pub max_age: Duration,
}

impl Default for RetryPolicy {
    /// One minute, doubling to at most 4 hours; given up after 5 days (RFC 5321 §4.5.4.1 asks
    /// for 4–5 days) or 40 attempts.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(60),
            max: Duration::from_secs(4 * 3600),
            max_attempts: 40,
            max_age: Duration::from_secs(5 * 86_400),
        }
    }
}

/// The decision after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Try again then.
    RetryAt(Timestamp),
    /// Give up: the mail is a dead letter.
    GiveUp(GaveUp),
}

/// Why a mail is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// It was refused, or cannot be sent as it is: trying again does not help.
    Refused,
    /// No attempt is left.
    Attempts,
    /// It is older than the maximum age.
    Age,
}

impl GaveUp {
    /// The reason as it is stored with the mail and shown to operators; `failure`: how the last
    /// attempt failed.
    #[must_use]
    pub fn says(self, failure: &str) -> String {
        match self {
            Self::Refused => failure.to_owned(),
            Self::Attempts => format!("no attempt is left; the last one: {failure}"),
            Self::Age => format!("too old to be tried again; the last attempt: {failure}"),
        }
    }
}

impl RetryPolicy {
    /// The longest wait after attempt number `attempts` (from 1).
    #[must_use]
    pub fn longest_wait(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.max)
    }

    /// Decides after attempt number `attempts` (from 1) of a mail created at `created_at` failed
    /// for a passing reason. `random` is any number; it spreads the retries over the upper half
    /// of the wait, so that a server that comes back is not met by all mails at once.
    #[must_use]
    pub fn after_failure(
        &self,
        attempts: u32,
        created_at: Timestamp,
        now: Timestamp,
        random: u64,
    ) -> AfterFailure {
        if attempts >= self.max_attempts {
            return AfterFailure::GiveUp(GaveUp::Attempts);
        }
        if now.since(created_at) >= self.max_age {
            return AfterFailure::GiveUp(GaveUp::Age);
        }
        let wait = self.longest_wait(attempts);
        let half_micros = u64::try_from(wait.as_micros() / 2).unwrap_or(u64::MAX / 2);
        let jitter_micros = random % half_micros.saturating_add(1);
        let wait = Duration::from_micros(half_micros.saturating_add(jitter_micros));
        AfterFailure::RetryAt(now.plus(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn waits_double_up_to_the_longest_with_jitter_in_the_upper_half() {
        let policy = RetryPolicy::default();
        for (attempts, longest_secs) in [
            (1, 60),
            (2, 120),
            (3, 240),
            (8, 7680),
            (9, 14_400),
            (39, 14_400),
        ] {
            let upper_half = t(longest_secs / 2)..=t(longest_secs);
            for random in [0, 1, 12_345_678_901, u64::MAX] {
                let next = policy.after_failure(attempts, t(0), t(0), random);
                let is_in = matches!(next, AfterFailure::RetryAt(at) if upper_half.contains(&at));
                assert!(is_in, "{attempts} {random} {next:?}");
            }
        }
    }

    #[test]
    fn gives_up_by_count_and_by_age() {
        let policy = RetryPolicy::default();
        let after = |attempts, now| policy.after_failure(attempts, t(0), t(now), 0);
        assert_eq!(after(40, 1), AfterFailure::GiveUp(GaveUp::Attempts));
        assert_eq!(after(1, 5 * 86_400), AfterFailure::GiveUp(GaveUp::Age));
        let last = after(1, 5 * 86_400 - 1);
        assert!(matches!(last, AfterFailure::RetryAt(_)));
    }
}
