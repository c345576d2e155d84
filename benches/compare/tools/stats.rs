//! Latencies in a histogram with buckets less than 1 % wide.

use std::time::Duration;

use serde_json::{Value, json};

/// Buckets per power of two.
const STEPS: u64 = 128;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Up to 2^40 ns, 18 minutes.
const BUCKETS: usize = (40 * STEPS) as usize;

#[derive(Clone)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max_ns: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            buckets: vec![0; BUCKETS],
            count: 0,
            max_ns: 0,
        }
    }

    pub(crate) fn add(&mut self, duration: Duration) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = bucket_of(ns).min(BUCKETS - 1);
        self.buckets[bucket] += 1;
        self.count += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// The latency that this share of all is not above.
    pub(crate) fn quantile_us(&self, share: f64) -> f64 {
        let rank = ((self.count as f64) * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                let upper = upper_of(bucket as u64).min(self.max_ns);
                return upper as f64 / 1e3;
            }
        }
        0.0
    }

    /// `p50_us` and so on.
    pub(crate) fn to_json(&self) -> Value {
        let round = |us: f64| (us * 10.0).round() / 10.0;
        json!({
            "p50_us": round(self.quantile_us(0.5)),
            "p99_us": round(self.quantile_us(0.99)),
            "p999_us": round(self.quantile_us(0.999)),
            "max_us": round(self.max_ns as f64 / 1e3),
        })
    }
}

const fn bucket_of(ns: u64) -> usize {
    if ns < STEPS {
        return ns as usize;
    }
    let exponent = 63 - ns.leading_zeros() - STEP_BITS;
    ((exponent as u64 + 1) * STEPS + ((ns >> exponent) - STEPS)) as usize
}

const fn upper_of(bucket: u64) -> u64 {
    if bucket < STEPS {
        return bucket;
    }
    let exponent = bucket / STEPS - 1;
    ((bucket % STEPS + STEPS + 1) << exponent) - 1
}

/// Two sets of figures in one object.
pub(crate) fn merged(mut left: Value, right: Value) -> Value {
    if let (Some(left), Value::Object(right)) = (left.as_object_mut(), right) {
        left.extend(right);
    }
    left
}

/// The histogram against sorted lists.
pub(crate) fn check() -> Result<(), String> {
    let mut histogram = Histogram::new();
    for us in 1..=10_000 {
        histogram.add(Duration::from_micros(us));
    }
    for (share, expected) in [(0.5, 5_000.0), (0.99, 9_900.0), (1.0, 10_000.0)] {
        let found = histogram.quantile_us(share);
        if (found - expected).abs() > expected * 0.01 {
            return Err(format!("the {share} quantile is {found}, not {expected}"));
        }
    }
    Ok(())
}
