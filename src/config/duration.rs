//! Durations as text: `500ms`, `30s`, `2h`, `7d`, `0`.

use std::time::Duration;

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads a whole number with a unit (`ms`, `s`, `m`, `h`, `d`); a number alone is seconds.
///
/// # Errors
/// Says what to write instead.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "write a whole number with ms, s, m, h or d, such as 30s".to_owned();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit = if unit.is_empty() { "s" } else { unit };
    let (_, millis) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(wrong)?;
    number
        .checked_mul(*millis)
        .map(Duration::from_millis)
        .ok_or_else(|| "is longer than any duration; write a smaller number".to_owned())
}

/// The shortest text that [`parse`] reads back to the same value; parts of a millisecond are cut.
#[must_use]
pub fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0".to_owned();
    }
    UNITS
        .iter()
        .rev()
        .find(|(_, unit)| millis.is_multiple_of(u128::from(*unit)))
        .map_or_else(
            || format!("{millis}ms"),
            |(name, unit)| format!("{}{name}", millis / u128::from(*unit)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_their_durations() {
        for (text, millis, shown) in [
            ("0", 0, "0"),
            ("0s", 0, "0"),
            ("500ms", 500, "500ms"),
            ("1500ms", 1500, "1500ms"),
            ("30", 30_000, "30s"),
            ("30s", 30_000, "30s"),
            ("90s", 90_000, "90s"),
            ("2h", 7_200_000, "2h"),
            ("24h", 86_400_000, "1d"),
            ("7d", 604_800_000, "7d"),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(duration, Duration::from_millis(millis), "{text}");
            assert_eq!(show(duration), shown);
            assert_eq!(parse(&show(duration)), Ok(duration));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "1.5h",
            "1h30m",
            "1 s",
            "1S",
            "1w",
            "\u{661}s",
            "1e3",
            "99999999999999999999s",
            "300000000000000d",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
