//! Numbers as a language writes them: sizes in binary units, counts, percentages, dates.
//! Integers only: byte counts exceed what an `f64` holds exactly.

use chrono::{DateTime, Datelike, Timelike};

use super::RenderError;
use super::locale::{Locale, Meta};
use crate::domain::decimal::Decimal;
use crate::domain::time::Timestamp;

/// Which way a size is rounded to the one decimal that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    Down,
    Up,
}

impl Rounding {
    /// How to round usage and quota so that the two *shown* numbers stand to each other as the
    /// true ones do. Below the quota, usage goes down and the quota up: 1023.99 of 1024 GiB never
    /// reads as full. Above it the other way round: an exceeded quota never reads as kept.
    pub(crate) fn of_pair(usage: u64, quota: u64) -> (Self, Self) {
        match usage.cmp(&quota) {
            std::cmp::Ordering::Less => (Self::Down, Self::Up),
            std::cmp::Ordering::Equal => (Self::Down, Self::Down),
            std::cmp::Ordering::Greater => (Self::Up, Self::Down),
        }
    }
}

impl Meta {
    /// `bytes` in the largest binary unit in which it is at least 1, with at most one decimal:
    /// "1.5 GiB", "1,5 GiB".
    pub(crate) fn size(&self, bytes: u64, rounding: Rounding) -> String {
        let mut power = usize::try_from(bytes.max(1).ilog2() / 10).unwrap_or(0);
        let mut tenths = tenths(bytes, power, rounding);
        // 1023.99 MiB rounded up is 1 GiB, not 1,024 MiB.
        if tenths == 10_240 && power + 1 < self.units.len() {
            power += 1;
            tenths = 10;
        }
        let mut text = self.integer(tenths / 10);
        if !tenths.is_multiple_of(10) {
            text.push_str(&self.decimal);
            text.push_str(&(tenths % 10).to_string());
        }
        text.push_str(&self.unit_space);
        text.push_str(self.units.get(power).map_or("B", String::as_str));
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
    /// Usage as a percentage of the quota, whole and rounded down, so that 100 % is only ever
    /// read when it is true. `None` for a quota of 0.
    pub(crate) fn percent(&self, usage: u64, quota: u64) -> Result<Option<String>, RenderError> {
        let Some(percent) = percent(usage, quota) else {
            return Ok(None);
        };
        let number = self.meta.integer(percent);
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

/// Usage in whole percent of the quota, rounded down; `None` for a quota of 0.
pub(crate) fn percent(usage: u64, quota: u64) -> Option<u64> {
    let percent = (u128::from(usage) * 100).checked_div(u128::from(quota))?;
    Some(u64::try_from(percent).unwrap_or(u64::MAX))
}

/// `bytes` in tenths of the `power`-th binary unit.
fn tenths(bytes: u64, power: usize, rounding: Rounding) -> u64 {
    let unit = 1_u128 << (10 * power);
    let tenths = match rounding {
        Rounding::Down => u128::from(bytes) * 10 / unit,
        Rounding::Up => (u128::from(bytes) * 10).div_ceil(unit),
    };
    u64::try_from(tenths).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
