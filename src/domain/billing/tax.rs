//! Sales taxes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::decimal::{Decimal, DecimalError};
use crate::ids::{TaxId, TenantId};

/// A sales tax that a partner charges. It can be used for every tenant at or below the partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// Its own id.
    pub id: TaxId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The name on invoices.
    pub name: String,
    /// Its code in the partner's bookkeeping.
    pub code: String,
    /// How much it is.
    #[serde(rename = "rate_percent")]
    pub rate: TaxRate,
    /// Whether a customer can be given it; those who have it keep it.
    pub active: bool,
    /// Whether a customer can be given it even while it is not active.
    pub allow_inactive: bool,
    /// The one that forms should offer first. Nothing here follows it.
    pub is_default: bool,
    /// Grows by one with each change.
    pub version: u64,
}

/// A tax rate in per cent: below 100, with at most four digits after the point, at the scale that
/// it was written with (`20.00` stays `20.00`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Decimal")]
pub struct TaxRate(Decimal);

/// Why a number is no tax rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTaxRate {
    /// It is no decimal number.
    Number(DecimalError),
    /// It is below 0 or not below 100, or has more than four digits after the point.
    Bounds,
}

impl fmt::Display for BadTaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(error) => error.fmt(f),
            Self::Bounds => f.write_str(
                "must be 0 or more and below 100, with at most 4 digits after the point",
            ),
        }
    }
}

impl std::error::Error for BadTaxRate {}

impl TaxRate {
    /// No tax at all: what a tax has that is created without a rate.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// In per cent.
    #[must_use]
    pub const fn percent(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for TaxRate {
    type Error = BadTaxRate;

    fn try_from(percent: Decimal) -> Result<Self, BadTaxRate> {
        const MAX_SCALE: u32 = 4;
        let below_100 = percent.compare(Decimal::from(100)).is_lt();
        if percent.is_negative() || !below_100 || percent.scale() > MAX_SCALE {
            return Err(BadTaxRate::Bounds);
        }
        Ok(Self(percent))
    }
}

impl FromStr for TaxRate {
    type Err = BadTaxRate;

    fn from_str(text: &str) -> Result<Self, BadTaxRate> {
        text.parse::<Decimal>()
            .map_err(BadTaxRate::Number)?
            .try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_exact_and_keep_their_scale() {
        for text in ["0", "0.0", "20", "20.00", "8.875", "99.9999", "0.0001"] {
            let rate: TaxRate = text.parse().unwrap();
            assert_eq!(rate.percent().to_string(), text);
        }
        for text in ["100", "100.0", "-0.1", "0.00001", "1e1", "", "20%", "1,5"] {
            assert!(text.parse::<TaxRate>().is_err(), "{text}");
        }
    }
}
