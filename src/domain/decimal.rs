//! Exact decimal numbers, for money and volumes. A number keeps the scale that it was written with:
//! `0.00` stays `0.00` (rule `partner-plans`). A result that cannot be held exactly is an error;
//! nothing is rounded and floating point is never used.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The most digits that a number has, not counting leading zeros.
pub const MAX_DIGITS: u32 = 28;
/// The most digits that stand after the point.
pub const MAX_SCALE: u32 = 28;
/// The first magnitude with more than [`MAX_DIGITS`] digits.
const LIMIT: i128 = 10_i128.pow(MAX_DIGITS);

/// A decimal number with its scale: at most 28 significant digits (the zeros at its end count),
/// at most 28 of them after the point.
///
/// Two numbers are equal (`==`) when they are written the same: `1.0` is not `1.00`.
/// [`Decimal::compare`] looks at the value alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits as one whole number; below [`LIMIT`] in magnitude.
    mantissa: i128,
    /// How many of the digits stand after the point.
    scale: u32,
}

/// The text is no number that a [`Decimal`] holds, or a result is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// The text has another form than a number in JSON.
    Form,
    /// It is written with an exponent.
    Exponent,
    /// It has more than 28 digits, or more than 28 after the point.
    OutOfRange,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("must be a decimal number such as 19.95"),
            Self::Exponent => {
                f.write_str("must be a decimal number without an exponent: write 1500, not 1.5e3")
            }
            Self::OutOfRange => write!(
                f,
                "must have at most {MAX_DIGITS} digits, of them at most {MAX_SCALE} after the point"
            ),
        }
    }
}

impl std::error::Error for DecimalError {}

impl Decimal {
    /// The number 0, without digits after the point.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// A price in hundredths: `of_hundredths(1995)` is 19.95.
    #[must_use]
    pub fn of_hundredths(hundredths: u64) -> Self {
        Self {
            mantissa: i128::from(hundredths),
            scale: 2,
        }
    }

    fn checked(mantissa: i128, scale: u32) -> Result<Self, DecimalError> {
        if mantissa.abs() >= LIMIT || scale > MAX_SCALE {
            return Err(DecimalError::OutOfRange);
        }
        Ok(Self { mantissa, scale })
    }

    /// Whether it is below 0. No zero is, also not `-0.00`.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether it is 0, at any scale.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// How many digits stand after the point.
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// The sum, exact, with the greater of the two scales.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] where it has too many digits.
    pub fn checked_add(self, other: Self) -> Result<Self, DecimalError> {
        let scale = self.scale.max(other.scale);
        let widen = |number: Self| {
            let by = 10_i128.pow(scale - number.scale);
            number.mantissa.checked_mul(by)
        };
        let sum = widen(self)
            .zip(widen(other))
            .and_then(|(a, b)| a.checked_add(b));
        Self::checked(sum.ok_or(DecimalError::OutOfRange)?, scale)
    }

    /// The product, exact, with the sum of the two scales.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] where it has too many digits.
    pub fn checked_mul(self, other: Self) -> Result<Self, DecimalError> {
        let product = self.mantissa.checked_mul(other.mantissa);
        let scale = self.scale + other.scale;
        Self::checked(product.ok_or(DecimalError::OutOfRange)?, scale)
    }

    /// Which of the two values is greater, whatever their scales.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        let parts = |number: Self| {
            let one = 10_i128.pow(number.scale);
            let widen = 10_i128.pow(MAX_SCALE - number.scale);
            // The rest is below `one`, so it stays below 10^28.
            (number.mantissa / one, number.mantissa % one * widen)
        };
        parts(self).cmp(&parts(other))
    }
}

impl From<u64> for Decimal {
    fn from(whole: u64) -> Self {
        Self {
            mantissa: i128::from(whole),
            scale: 0,
        }
    }
}

/// Writes all digits at the number's own scale, in the form that [`Decimal::from_str`] reads.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let one = 10_u128.pow(self.scale);
        let magnitude = self.mantissa.unsigned_abs();
        write!(f, "{sign}{}", magnitude / one)?;
        if self.scale == 0 {
            return Ok(());
        }
        let width = usize::try_from(self.scale).map_err(|_| fmt::Error)?;
        write!(f, ".{:0width$}", magnitude % one)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads the form of RFC 8259 §6 without its exponent: `-`, digits without leading zeros,
    /// and a point only between digits.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let magnitude = text.strip_prefix('-').unwrap_or(text);
        let negative = magnitude.len() < text.len();
        let parts = magnitude.split_once('.');
        let (whole, fraction) = parts.map_or((magnitude, None), |(whole, fraction)| {
            (whole, Some(fraction))
        });
        check_form(whole, fraction)?;
        let fraction = fraction.unwrap_or_default();
        let scale = u32::try_from(fraction.len()).map_err(|_| DecimalError::OutOfRange)?;
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa * 10 + i128::from(digit - b'0');
            if mantissa >= LIMIT {
                return Err(DecimalError::OutOfRange);
            }
        }
        Self::checked(if negative { -mantissa } else { mantissa }, scale)
    }
}

fn check_form(whole: &str, fraction: Option<&str>) -> Result<(), DecimalError> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let last = fraction.unwrap_or(whole);
    if let Some((number, power)) = last.split_once(['e', 'E']) {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        let before = fraction.is_none_or(|_| digits(whole));
        let known = before && digits(number) && digits(power);
        return Err(if known {
            DecimalError::Exponent
        } else {
            DecimalError::Form
        });
    }
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if !digits(whole) || leading_zero || !fraction.is_none_or(digits) {
        return Err(DecimalError::Form);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
