//! Ingestion volume and retention time of a plan or a domain (rule `reseller-plans`).

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::named::named;

/// The longest time, in units: no client means more, and sums of it stay far from any limit.
pub const MAX_RETENTION_VALUE: u32 = 10_000;

named! {
    /// What the time is counted in.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    #[allow(missing_docs)] // the names are the meaning
    pub enum RetentionUnit {
        Days = "DAYS",
        Weeks = "WEEKS",
        Months = "MONTHS",
        Years = "YEARS",
    }
}

/// Ingestion volume and retention time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Retention {
    volume: Decimal,
    unit: RetentionUnit,
    value: u32,
}

/// As it is stored.
#[derive(Deserialize)]
struct Unchecked {
    volume: Decimal,
    unit: RetentionUnit,
    value: u32,
}

impl TryFrom<Unchecked> for Retention {
    type Error = BadRetention;

    fn try_from(stored: Unchecked) -> Result<Self, BadRetention> {
        Self::new(stored.volume, stored.unit, stored.value)
    }
}

/// Why values make no retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRetention {
    /// The volume is below 0.
    Volume,
    /// The time is 0, or longer than [`MAX_RETENTION_VALUE`].
    Value,
}

impl std::fmt::Display for BadRetention {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Volume => f.write_str("must not be below 0"),
            Self::Value => write!(f, "must be 1 to {MAX_RETENTION_VALUE}"),
        }
    }
}

impl Retention {
    /// A retention of `value` times `unit`, for `volume`, which keeps the scale it was given with.
    ///
    /// # Errors
    /// The volume is negative, or the time is none.
    pub fn new(volume: Decimal, unit: RetentionUnit, value: u32) -> Result<Self, BadRetention> {
        if volume.is_negative() {
            return Err(BadRetention::Volume);
        }
        if !(1..=MAX_RETENTION_VALUE).contains(&value) {
            return Err(BadRetention::Value);
        }
        Ok(Self {
            volume,
            unit,
            value,
        })
    }

    /// The volume; the vendor does not say of what, and nothing here depends on it.
    #[must_use]
    pub const fn volume(&self) -> Decimal {
        self.volume
    }

    /// What the time is counted in.
    #[must_use]
    pub const fn unit(&self) -> RetentionUnit {
        self.unit
    }

    /// How many units.
    #[must_use]
    pub const fn value(&self) -> u32 {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_bounds() {
        let of = |volume: &str, value| {
            Retention::new(volume.parse().unwrap(), RetentionUnit::Months, value)
        };
        assert_eq!(of("2.50", 6).unwrap().volume().to_string(), "2.50");
        assert!(of("0", 1).is_ok() && of("0.00", MAX_RETENTION_VALUE).is_ok());
        assert_eq!(of("-0.1", 6), Err(BadRetention::Volume));
        assert_eq!(of("1", 0), Err(BadRetention::Value));
        assert_eq!(of("1", MAX_RETENTION_VALUE + 1), Err(BadRetention::Value));
    }

    #[test]
    fn units_have_the_names_of_the_wire() {
        for unit in RetentionUnit::ALL {
            assert_eq!(RetentionUnit::from_name(unit.name()), Some(unit));
        }
        for bad in ["days", "HOURS", "", "MONTH"] {
            assert_eq!(RetentionUnit::from_name(bad), None);
        }
    }
}
