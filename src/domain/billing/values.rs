//! VAT numbers, bank accounts and bounded numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::BadText;

/// A whole number from 0 to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Bounded<const MAX: u16>(u16);

/// The number is not from 0 to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBounds(u16);

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be a whole number from 0 to {}", self.0)
    }
}

impl std::error::Error for OutOfBounds {}

impl<const MAX: u16> Bounded<MAX> {
    /// A number that is known to be within bounds when the program is compiled.
    #[must_use]
    pub const fn constant<const N: u16>() -> Self {
        const { assert!(N <= MAX) };
        Self(N)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl<const MAX: u16> TryFrom<i64> for Bounded<MAX> {
    type Error = OutOfBounds;

    fn try_from(number: i64) -> Result<Self, OutOfBounds> {
        let number = u16::try_from(number).map_err(|_| OutOfBounds(MAX))?;
        if number > MAX {
            return Err(OutOfBounds(MAX));
        }
        Ok(Self(number))
    }
}

/// A number for value added tax, as its country's office gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatNumber(String);

impl VatNumber {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VatNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VatNumber {
    type Err = BadText;

    /// Each country has a form of its own, and companies write them with blanks and points: only
    /// length and characters are looked at.
    fn from_str(text: &str) -> Result<Self, BadText> {
        const MIN_CHARS: usize = 4;
        const MAX_CHARS: usize = 20;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" .-/+*".contains(&byte);
        if !text.bytes().all(allowed) {
            return Err(BadText::Form(
                "may hold ASCII letters, digits, blanks and . - / + *",
            ));
        }
        // All of it is ASCII here.
        if text.len() > MAX_CHARS {
            return Err(BadText::TooLong(MAX_CHARS));
        }
        let significant = text.bytes().filter(u8::is_ascii_alphanumeric).count();
        if significant < MIN_CHARS {
            return Err(BadText::TooShort(MIN_CHARS));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A bank account by its IBAN, without blanks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount(String);

impl BankAccount {
    /// An account whose check digits fit. Those who read requests come here by way of the
    /// reference data, which know the forms of all countries.
    #[must_use]
    pub const fn of_checked_iban(electronic: String) -> Self {
        Self(electronic)
    }

    /// The IBAN without blanks.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows the last four characters only: the rest belongs in no log.
impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().saturating_sub(4);
        write!(
            f,
            "BankAccount(…{})",
            self.0.get(shown..).unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds() {
        for (number, fits) in [
            (0, true),
            (365, true),
            (366, false),
            (-1, false),
            (65_536, false),
            (i64::MAX, false),
            (i64::MIN, false),
        ] {
            let bounded = Bounded::<365>::try_from(number);
            assert_eq!(bounded.is_ok(), fits, "{number}");
            if let Ok(bounded) = bounded {
                assert_eq!(i64::from(bounded.get()), number);
            }
        }
    }

    #[test]
    fn vat_numbers() {
        for good in [
            "A23456789B",
            "DE123456789",
            "CHE-123.456.789 MWST",
            "12.345.678/0001-95",
            "IE1+23456W",
        ] {
            assert_eq!(good.parse::<VatNumber>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "A1",
            "- - - -",
            "DE123456789\r\n",
            "DÉ123456789",
            "<b>1234</b>",
            &"1".repeat(21),
        ] {
            assert!(bad.parse::<VatNumber>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn accounts_stay_out_of_logs() {
        let account = BankAccount::of_checked_iban("DE44500105175407324931".to_owned());
        assert_eq!(format!("{account:?}"), "BankAccount(…4931)");
    }
}
