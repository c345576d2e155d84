//! A brand's colour, and colours that are readable on and beside it (WCAG 2.2 §1.4.3).

use std::fmt;

use serde::{Serialize, Serializer};

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

/// Contrast that text needs (level AA).
pub(crate) const TEXT_CONTRAST: f64 = 4.5;

/// Contrast that the shape of a control needs (WCAG 2.2 §1.4.11).
pub(crate) const SHAPE_CONTRAST: f64 = 3.0;

impl Color {
    /// White.
    pub const WHITE: Self = Self::rgb(0xff, 0xff, 0xff);

    /// Black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);

    /// The colour of the neutral brand.
    pub const NEUTRAL: Self = Self::rgb(0x1d, 0x4e, 0xd8);

    pub(crate) const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Six hexadecimal digits, as the brand has them (rule `brand-options`), with or
    /// without `#`. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self::rgb(part(0)?, part(2)?, part(4)?))
    }

    /// Six lower-case hexadecimal digits without `#`.
    #[must_use]
    pub fn digits(self) -> String {
        let channels = [self.red, self.green, self.blue].into_iter();
        let digits = channels.flat_map(|channel| [channel >> 4, channel & 0xf]);
        digits
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    /// Relative luminance, 0 (black) to 1 (white).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// The contrast ratio of two colours, 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    /// White or black, whichever can be read on this colour: one of them always has at least
    /// 4.58. White wins where both do, as on the buttons people know.
    #[must_use]
    pub fn text_on(self) -> Self {
        if self.contrast(Self::WHITE) >= TEXT_CONTRAST {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// Whether it has next to no hue.
    pub(crate) fn is_grey(self) -> bool {
        let Self { red, green, blue } = self;
        red.max(green).max(blue) - red.min(green).min(blue) < 24
    }

    /// This colour, moved towards black or white just as far as it needs to have `contrast`
    /// against `background`.
    pub(crate) fn readable_on(self, background: Self, contrast: f64) -> Self {
        let target = background.text_on();
        (0..=20)
            .map(|step| self.mixed(target, step * 5))
            .find(|color| color.contrast(background) >= contrast)
            .unwrap_or(target)
    }

    /// `percent` of `other` mixed into this colour.
    fn mixed(self, other: Self, percent: u16) -> Self {
        let mix = |a: u8, b: u8| {
            let sum = u16::from(a) * (100 - percent) + u16::from(b) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self::rgb(
            mix(self.red, other.red),
            mix(self.green, other.green),
            mix(self.blue, other.blue),
        )
    }
}

impl Default for Color {
    fn default() -> Self {
        Self::NEUTRAL
    }
}

/// As it is displayed.
impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `#` and six digits, as CSS has it.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        f.write_str(&self.digits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_hexadecimal_digits_or_nothing() {
        assert_eq!(Color::parse("000000"), Some(Color::BLACK));
        assert_eq!(Color::parse("#FFffFF"), Some(Color::WHITE));
        for wrong in [
            "", "fff", "00000g", "red", "#1234567", "0000 0", "+12345", "url(x)", "€€",
        ] {
            assert_eq!(Color::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Color::NEUTRAL.to_string(), "#1d4ed8");
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Color::WHITE.contrast(Color::BLACK) - 21.0).abs() < 1e-9);
        let grey = Color::rgb(0x77, 0x77, 0x77);
        assert!((grey.contrast(Color::WHITE) - 4.478).abs() < 0.001);
    }

    #[test]
    fn every_colour_gets_readable_text_and_a_visible_shape() {
        let surfaces = [Color::WHITE, Color::BLACK, Color::rgb(0x16, 0x1b, 0x26)];
        for red in (0..=255).step_by(17) {
            for green in (0..=255).step_by(17) {
                for blue in (0..=255).step_by(17) {
                    let color = Color::rgb(red, green, blue);
                    assert!(color.contrast(color.text_on()) >= TEXT_CONTRAST, "{color}");
                    for surface in surfaces {
                        let text = color.readable_on(surface, TEXT_CONTRAST);
                        assert!(
                            text.contrast(surface) >= TEXT_CONTRAST,
                            "{color} on {surface}"
                        );
                    }
                }
            }
        }
    }
}
