//! Content negotiation: how much a caller wants a media type (RFC 9110 §12.5.1).

use http::header::ACCEPT;

use super::message::Head;

/// The `Accept` lines of a request as one list; `None` where it states no preference.
#[must_use]
pub fn wishes(head: &Head) -> Option<String> {
    let mut accepts = String::new();
    for value in head.headers.get_all(ACCEPT) {
        accepts.push_str(value.to_str().unwrap_or_default());
        accepts.push(',');
    }
    let says_something = !accepts.trim_matches([',', ' ', '\t']).is_empty();
    says_something.then_some(accepts)
}

/// The rank of a media type in an `Accept` list. The greater one is preferred: by its quality, then
/// by how specific its range is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rank {
    /// The quality in thousandths; 0: not acceptable.
    pub quality: u16,
    /// 3: named itself; 2: its kind; 1: anything.
    pub specificity: u8,
}

/// The rank of a media type in an `Accept` list: the most specific range that fits it counts.
#[must_use]
pub fn rank(accepts: &str, kind: &str, subtype: &str) -> Rank {
    let mut found = Rank::default();
    for entry in accepts.split(',') {
        let mut parts = entry.split(';');
        let range = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let specificity = match range.split_once('/') {
            Some(("*", "*")) => 1,
            Some((major, "*")) if major == kind => 2,
            Some((major, minor)) if major == kind && minor == subtype => 3,
            _ => continue,
        };
        if specificity > found.specificity {
            let quality = parts.find_map(weight).unwrap_or(1000);
            found = Rank {
                quality,
                specificity,
            };
        }
    }
    found
}

/// The quality of a media type in an `Accept` list, in thousandths.
#[must_use]
pub fn quality(accepts: &str, kind: &str, subtype: &str) -> u16 {
    rank(accepts, kind, subtype).quality
}

/// The value of `q=`, which is named in either case; `None` for another parameter.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    name.trim()
        .eq_ignore_ascii_case("q")
        .then(|| permille(value))
}

/// `0.8` as 800; an invalid quality counts as 0.
fn permille(text: &str) -> u16 {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        // RFC 9110 §12.4.2: a quality is at most 1.
        "1" if decimals.bytes().all(|byte| byte == b'0') => 1000,
        "0" => format!("{decimals:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_range_counts() {
        for (accept, json, html) in [
            ("text/html", 0, 1000),
            ("*/*", 1000, 1000),
            ("text/html,application/xhtml+xml,*/*;q=0.8", 800, 1000),
            ("application/json, text/html;q=0.9", 1000, 900),
            ("text/*;q=0.3, text/html;q=0.7", 0, 700),
            ("text/html;q=0", 0, 0),
            ("*/*, text/html;q=0", 1000, 0),
            ("TEXT/HTML ; Q=1.000", 0, 1000),
            ("text/html;level=1;q=0.4", 0, 400),
            ("image/png", 0, 0),
            ("text/html;q=7", 0, 0),
            ("text/html;q=1.001", 0, 0),
        ] {
            assert_eq!(quality(accept, "application", "json"), json, "{accept}");
            assert_eq!(quality(accept, "text", "html"), html, "{accept}");
        }
    }

    #[test]
    fn of_equal_qualities_the_closer_name_wins() {
        let accept = "application/xml, */*";
        assert!(rank(accept, "application", "xml") > rank(accept, "application", "json"));
        let accept = "application/xml;q=0.9, */*";
        assert!(rank(accept, "application", "xml") < rank(accept, "application", "json"));
    }
}
