//! The token bucket: pure, in integers, with the time passed in.
//!
//! A bucket is one number, the time at which it is full again (GCRA, the virtual scheduling of
//! ITU-T I.371). So a bucket that is full is worth nothing and need not be kept.

use super::table::Entry;

const NANOS_PER_S: u64 = 1_000_000_000;

/// How fast a bucket refills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    interval_ns: u64,
    burst: u32,
}

impl Rate {
    /// `per_s` requests a second, and up to `burst` at once; `None` where `per_s` is 0.
    pub(super) const fn per_second(per_s: u32, burst: u32) -> Option<Self> {
        match NANOS_PER_S.checked_div(per_s as u64) {
            Some(interval_ns) => Some(Self { interval_ns, burst }),
            None => None,
        }
    }

    /// One request every `interval_s` seconds, and up to `burst` at once.
    pub(super) const fn one_every(interval_s: u32, burst: u32) -> Self {
        Self {
            interval_ns: interval_s as u64 * NANOS_PER_S,
            burst,
        }
    }

    /// The most requests at once.
    pub(super) const fn burst(self) -> u32 {
        self.burst
    }

    /// How long an empty bucket takes to be full, in seconds.
    pub(super) const fn window_s(self) -> u64 {
        seconds(self.depth_ns())
    }

    const fn depth_ns(self) -> u64 {
        self.interval_ns.saturating_mul(self.burst as u64)
    }
}

/// Whole seconds, rounded up, at least one: what headers can say.
const fn seconds(ns: u64) -> u64 {
    let whole = ns.div_ceil(NANOS_PER_S);
    if whole == 0 { 1 } else { whole }
}

/// How much later than another a request can be counted that was received before it.
const OVERTAKEN_NS: u64 = 60 * NANOS_PER_S;

/// What a bucket says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    /// How many more may come at once.
    pub(super) remaining: u64,
    /// Of a request that may be served: until the bucket is full. Of one that may not: until the
    /// next may.
    pub(super) in_s: u64,
    /// Whether it may be served.
    pub(super) is_allowed: bool,
}

/// One bucket. The default is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bucket {
    full_at_ns: u64,
}

impl Bucket {
    /// Takes one request out, if there is one.
    pub(super) fn take(&mut self, rate: Rate, now_ns: u64) -> Decision {
        let decision = self.look(rate, now_ns);
        self.full_at_ns = self.full_at(rate, now_ns);
        if decision.is_allowed {
            self.full_at_ns = self.full_at_ns.saturating_add(rate.interval_ns);
        }
        decision
    }

    /// How it stands, and how long it takes to be full.
    pub(super) fn standing(&self, rate: Rate, now_ns: u64) -> Decision {
        let missing_ns = self.full_at(rate, now_ns).saturating_sub(now_ns);
        let remaining = rate.depth_ns().saturating_sub(missing_ns) / rate.interval_ns.max(1);
        Decision {
            remaining,
            in_s: seconds(missing_ns),
            is_allowed: remaining > 0,
        }
    }

    /// What [`Bucket::take`] would say.
    pub(super) fn look(&self, rate: Rate, now_ns: u64) -> Decision {
        let full_at_ns = self.full_at(rate, now_ns).saturating_add(rate.interval_ns);
        let missing_ns = full_at_ns.saturating_sub(now_ns);
        match rate.depth_ns().checked_sub(missing_ns) {
            Some(left_ns) => Decision {
                remaining: left_ns / rate.interval_ns.max(1),
                in_s: seconds(missing_ns),
                is_allowed: true,
            },
            None => Decision {
                remaining: 0,
                in_s: seconds(missing_ns.saturating_sub(rate.depth_ns())),
                is_allowed: false,
            },
        }
    }

    /// No bucket is emptier than empty. One that seems so by more than requests overtake each other was
    /// filled before the clock was set back: it is full.
    const fn full_at(&self, rate: Rate, now_ns: u64) -> u64 {
        let emptiest_ns = now_ns.saturating_add(rate.depth_ns());
        let mut full_at_ns = self.full_at_ns;
        if full_at_ns > emptiest_ns.saturating_add(OVERTAKEN_NS) {
            full_at_ns = now_ns;
        }
        if full_at_ns > emptiest_ns {
            full_at_ns = emptiest_ns;
        }
        if full_at_ns < now_ns {
            full_at_ns = now_ns;
        }
        full_at_ns
    }
}

impl Entry for Bucket {
    fn forgotten_at(&self) -> u64 {
        self.full_at_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: u64 = NANOS_PER_S;

    #[test]
    fn a_burst_then_the_rate() {
        let rate = Rate::per_second(10, 3).unwrap();
        let (mut bucket, start) = (Bucket::default(), 1_000 * S);
        let taken: Vec<_> = (0..4).map(|_| bucket.take(rate, start)).collect();
        let remaining: Vec<_> = taken.iter().map(|d| (d.is_allowed, d.remaining)).collect();
        assert_eq!(remaining, [(true, 2), (true, 1), (true, 0), (false, 0)]);
        assert!(!bucket.take(rate, start + S / 10 - 1).is_allowed);
        assert!(bucket.take(rate, start + S / 10).is_allowed);
        assert!(!bucket.take(rate, start + S / 10).is_allowed);
        assert_eq!(Rate::per_second(0, 3), None);
    }

    #[test]
    fn whole_seconds_are_told() {
        let rate = Rate::one_every(30, 2);
        let (mut bucket, start) = (Bucket::default(), 1_000 * S);
        assert_eq!((rate.burst(), rate.window_s()), (2, 60));
        assert_eq!(bucket.take(rate, start).in_s, 30);
        assert_eq!(bucket.take(rate, start).in_s, 60);
        let refused = bucket.take(rate, start + 1);
        assert_eq!((refused.is_allowed, refused.in_s), (false, 30));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let rate = Rate::per_second(10, 5).unwrap();
        let mut bucket = Bucket::default();
        bucket.take(rate, 1_000_000 * S);
        let first = bucket.take(rate, 1_000 * S);
        assert_eq!((first.is_allowed, first.remaining), (true, 4));
        // Requests that overtake each other do not fill it.
        for _ in 0..5 {
            bucket.take(rate, 1_002 * S);
        }
        assert!(!bucket.take(rate, 1_001 * S).is_allowed);
        // It counts from the new time on.
        let mut now_ns = 1_000 * S;
        let mut served = 0;
        for _ in 0..100 {
            now_ns += S / 10;
            served += u64::from(bucket.take(rate, now_ns).is_allowed);
        }
        assert!(served >= 95, "{served}");
    }

    proptest! {
        /// In no span of time more is served than the burst and what the rate refills meanwhile;
        /// whoever keeps to the rate is never refused; and what is announced is true.
        #[test]
        fn no_more_than_burst_and_rate_and_no_less(
            per_s in 1_u32..5_000,
            burst in 1_u32..50,
            steps in prop::collection::vec(0_u64..S, 1..200),
        ) {
            let rate = Rate::per_second(per_s, burst).unwrap();
            let (mut bucket, mut polite) = (Bucket::default(), Bucket::default());
            let (start, mut now_ns, mut served) = (7 * S, 7 * S, 0_u128);
            let mut announced = u64::from(burst);
            let mut polite_at = start;
            for step in steps {
                now_ns += step;
                let before = bucket.look(rate, now_ns);
                let decision = bucket.take(rate, now_ns);
                prop_assert_eq!(before, decision);
                prop_assert!(announced == 0 || decision.is_allowed);
                served += u128::from(decision.is_allowed);
                announced = decision.remaining;
                prop_assert_eq!(bucket.standing(rate, now_ns).remaining, announced);
                prop_assert!(announced <= u64::from(burst));
                let refilled = u128::from((now_ns - start) / rate.interval_ns);
                prop_assert!(served <= u128::from(burst) + refilled);
                if !decision.is_allowed {
                    let later = bucket.look(rate, now_ns + decision.in_s * S);
                    prop_assert!(later.is_allowed);
                }
                prop_assert!(polite.take(rate, polite_at).is_allowed);
                polite_at += rate.interval_ns;
            }
        }
    }
}
