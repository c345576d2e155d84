//! When a mail that failed is tried again, and when it is given up.

use std::time::Duration;

use crate::domain::time::Timestamp;

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

/// What follows a failed attempt.
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
    /// It was tried as often as mails are.
    Attempts,
    /// It is older than mails are tried.
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
            for random in [0, 1, 12_345_678_901, u64::MAX] {
                let AfterFailure::RetryAt(at) = policy.after_failure(attempts, t(0), t(0), random)
                else {
                    panic!("gave up at {attempts}");
                };
                assert!(
                    at >= t(longest_secs / 2) && at <= t(longest_secs),
                    "{attempts} {random} {at:?}"
                );
            }
        }
    }

    #[test]
    fn gives_up_by_count_and_by_age() {
        let policy = RetryPolicy::default();
        assert_eq!(
            policy.after_failure(40, t(0), t(1), 0),
            AfterFailure::GiveUp(GaveUp::Attempts)
        );
        assert_eq!(
            policy.after_failure(1, t(0), t(5 * 86_400), 0),
            AfterFailure::GiveUp(GaveUp::Age)
        );
        assert!(matches!(
            policy.after_failure(1, t(0), t(5 * 86_400 - 1), 0),
            AfterFailure::RetryAt(_)
        ));
    }
}
