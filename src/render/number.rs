//! Numbers as a language writes them: sizes in binary units, counts, percentages, dates.
//! Integers only: byte counts exceed what an `f64` holds exactly.

use chrono::{DateTime, Datelike, Timelike};

use super::RenderError;
use super::locale::{Locale, Meta};
use crate::domain::decimal::Decimal;
use crate::domain::time::Timestamp;

/// Most decimals of a size.
pub(crate) const MAX_DECIMALS: u32 = 2;

/// A size in parts of a binary unit: 150 hundredths of a GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// How often the unit is to be divided.
    count: u128,
    /// 0 is bytes, 1 is KiB.
    unit: u32,
    decimals: u32,
}

impl Size {
    /// `bytes` in a unit with at most so many decimals, to the nearest.
    pub(crate) fn nearest(bytes: u64, unit: u32, decimals: u32) -> Self {
        let decimals = if unit == 0 { 0 } else { decimals };
        let scaled = u128::from(bytes) * u128::from(10_u64.pow(decimals));
        let half = (1_u128 << (10 * unit)) >> 1;
        let count = (scaled + half) >> (10 * unit);
        Self {
            count,
            unit,
            decimals,
        }
    }

    /// `bytes` alone, to the nearest hundredth of the largest unit.
    pub(crate) fn short(bytes: u64) -> Self {
        Self::nearest(bytes, largest_unit(bytes), MAX_DECIMALS)
    }

    /// `bytes` in the largest unit in which it is at least 1 and needs at most two decimals.
    pub(crate) fn exact(bytes: u64) -> Self {
        let mut unit = largest_unit(bytes);
        loop {
            let size = Self::nearest(bytes, unit, MAX_DECIMALS);
            if size.hundredths() == u128::from(bytes) * 100 || unit == 0 {
                return size;
            }
            unit -= 1;
        }
    }

    /// How many hundredths of a byte it is.
    pub(crate) const fn hundredths(self) -> u128 {
        let missing = MAX_DECIMALS.saturating_sub(self.decimals);
        (self.count * 10_u128.pow(missing)) << (10 * self.unit)
    }

    /// The difference to a smaller size with the same unit and decimals.
    pub(crate) const fn less(self, smaller: Self) -> Self {
        let count = self.count.saturating_sub(smaller.count);
        Self { count, ..self }
    }

    /// Whether it is a tenth of its unit at least, or a whole byte.
    pub(crate) const fn is_a_tenth(self) -> bool {
        self.count * 10 >= 10_u128.pow(self.decimals) && self.count > 0
    }
}

/// The largest binary unit in which `bytes` is at least 1.
pub(crate) fn largest_unit(bytes: u64) -> u32 {
    bytes.max(1).ilog2() / 10
}

impl Meta {
    /// "1.5 GiB", "1,5 GiB".
    pub(crate) fn size(&self, size: Size) -> String {
        let parts = 10_u128.pow(size.decimals);
        let mut text = self.grouped(&(size.count / parts).to_string());
        let rest = size.count % parts;
        if rest > 0 {
            let width = usize::try_from(size.decimals).unwrap_or_default();
            let digits = format!("{rest:0width$}");
            text.push_str(&self.decimal);
            text.push_str(digits.trim_end_matches('0'));
        }
        text.push_str(&self.unit_space);
        let unit = usize::try_from(size.unit).ok();
        let unit = unit.and_then(|at| self.units.get(at));
        text.push_str(unit.map_or("B", String::as_str));
        text
    }

    /// A whole number in groups of three digits.
    pub(crate) fn integer(&self, number: u64) -> String {
        self.grouped(&number.to_string())
    }

    /// A decimal with exactly the digits that it has.
    pub(crate) fn decimal(&self, number: Decimal) -> String {
        let text = number.to_string();
        let (sign, digits) = text
            .strip_prefix('-')
            .map_or(("", &*text), |rest| ("-", rest));
        match digits.split_once('.') {
            None => format!("{sign}{}", self.grouped(digits)),
            Some((whole, rest)) => format!("{sign}{}{}{rest}", self.grouped(whole), self.decimal),
        }
    }

    fn grouped(&self, digits: &str) -> String {
        if digits.len() < self.group_from_digits {
            return digits.to_owned();
        }
        let mut text = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(&self.group);
            }
            text.push(digit);
        }
        text
    }
}

impl Locale {
    /// Usage as a percentage of the quota, with one decimal unless that is 0, and rounded down as
    /// [`crate::domain::quota::utilization`] is: 100 % is read only where it is true. `None` for a
    /// quota of 0.
    pub(crate) fn percent(&self, usage: u64, quota: u64) -> Result<Option<String>, RenderError> {
        let Some(permille) = permille(usage.into(), quota.into()) else {
            return Ok(None);
        };
        let mut number = self.meta.grouped(&(permille / 10).to_string());
        if !permille.is_multiple_of(10) {
            number.push_str(&self.meta.decimal);
            number.push_str(&(permille % 10).to_string());
        }
        self.text("percent", &[("number", &number)]).map(Some)
    }

    /// A date and time in UTC, to the minute; empty outside the years 1 to 9999.
    pub(crate) fn date_time(&self, at: Timestamp) -> Result<String, RenderError> {
        let Some(at) =
            DateTime::from_timestamp(at.secs(), 0).filter(|at| (1..=9999).contains(&at.year()))
        else {
            return Ok(String::new());
        };
        let month = usize::try_from(at.month0())
            .ok()
            .and_then(|at| self.meta.months.get(at));
        self.text(
            "date_time",
            &[
                ("day", &at.day().to_string()),
                ("month", month.map_or("", String::as_str)),
                ("year", &at.year().to_string()),
                ("time", &format!("{:02}:{:02}", at.hour(), at.minute())),
            ],
        )
    }
}

/// Usage in thousandths of the quota, rounded down; `None` for a quota of 0. Both are below 2^72.
pub(crate) fn permille(usage: u128, quota: u128) -> Option<u128> {
    (usage * 1000).checked_div(quota)
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
