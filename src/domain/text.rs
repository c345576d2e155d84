//! Checks of texts from outside, made before a text is stored. A text that passes stays on one line
//! and is safe in a mail header, a subject or a page.

use std::fmt;
use std::net::IpAddr;

use url::Url;

/// No web address is longer than this many bytes.
const MAX_WEB_ADDRESS_BYTES: usize = 2048;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadText {
    /// It must say something.
    Empty,
    /// It has more characters than this.
    TooLong(usize),
    /// It has fewer characters than this.
    TooShort(usize),
    /// It holds a control character, a line break, or what turns the direction of text.
    Control,
    /// It has the wrong form; the words say which is right.
    Form(&'static str),
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong(max) => write!(f, "must have at most {max} characters"),
            Self::TooShort(min) => write!(f, "must have at least {min} characters"),
            Self::Control => {
                f.write_str("must not hold control characters, line breaks or direction overrides")
            }
            Self::Form(expected) => f.write_str(expected),
        }
    }
}

impl std::error::Error for BadText {}

/// Whether a character would break a line, act on a terminal or a mail header, or turn the order of
/// the text around it (embeddings, overrides and isolates of UAX #9): a name must not make a page,
/// a subject or a log line read as something else. The marks U+200E, U+200F and U+061C order only
/// what is next to them, and honest names hold them.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        )
}

/// A text of one line, at most `max_chars` long; may be empty.
///
/// # Errors
/// [`BadText`].
pub fn check_line(text: &str, max_chars: usize) -> Result<(), BadText> {
    if text.chars().any(is_control) {
        return Err(BadText::Control);
    }
    if text.chars().count() > max_chars {
        return Err(BadText::TooLong(max_chars));
    }
    Ok(())
}

/// As [`check_line`], and not blank.
///
/// # Errors
/// [`BadText`].
pub fn check_name(text: &str, max_chars: usize) -> Result<(), BadText> {
    check_line(text, max_chars)?;
    if text.trim().is_empty() {
        return Err(BadText::Empty);
    }
    Ok(())
}

/// A login. The characters are those that the vendor's public documentation allows.
///
/// # Errors
/// [`BadText`].
pub fn check_login(text: &str) -> Result<(), BadText> {
    const MIN_CHARS: usize = 3;
    const MAX_CHARS: usize = 128;
    check_line(text, MAX_CHARS)?;
    if text.chars().count() < MIN_CHARS {
        return Err(BadText::TooShort(MIN_CHARS));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@_-+:!#$%^*={}'`/?".contains(&byte);
    if text.bytes().all(allowed) {
        return Ok(());
    }
    Err(BadText::Form(
        "may hold ASCII letters, digits and . @ _ - + : ! # $ % ^ * = { } ' ` / ?",
    ))
}

/// A language tag such as `en`, `de` or `pt-BR` (the form of RFC 5646, not its registry).
///
/// # Errors
/// [`BadText::Form`].
pub fn check_language(text: &str) -> Result<(), BadText> {
    let mut parts = text.split(['-', '_']);
    let primary = parts.next().unwrap_or_default();
    let primary_ok =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    let rest_ok = parts.all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    if primary_ok && rest_ok && text.len() <= 35 {
        return Ok(());
    }
    Err(BadText::Form(
        "must be a language tag such as en, de or pt-BR",
    ))
}

/// A colour: six hexadecimal digits (rule `brand-options`).
///
/// # Errors
/// [`BadText::Form`].
pub fn check_color(text: &str) -> Result<(), BadText> {
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(BadText::Form(
        "must be six hexadecimal digits such as 1a73e8, without a #",
    ))
}

/// The address of a brand's page: empty, http(s) with a host and no userinfo, or a path without a
/// scheme (rule `brand-options`: `help_url` may be `api/ams/links/help`).
///
/// # Errors
/// [`BadText`].
pub fn check_web_address(text: &str) -> Result<(), BadText> {
    const FORM: BadText = BadText::Form(
        "must be empty, an address that starts with https:// or http://, or a path without a scheme",
    );
    if text.is_empty() {
        return Ok(());
    }
    if text.chars().any(|c| is_control(c) || c.is_whitespace()) {
        return Err(BadText::Control);
    }
    if text.len() > MAX_WEB_ADDRESS_BYTES {
        return Err(BadText::TooLong(MAX_WEB_ADDRESS_BYTES));
    }
    if text.contains('\\') || text.starts_with("//") {
        return Err(FORM);
    }
    let start = text.split(['/', '?', '#']).next();
    if !start.is_some_and(|start| start.contains(':')) {
        return Ok(());
    }
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        return Err(FORM);
    }
    let parsed = Url::parse(text).map_err(|_| FORM)?;
    let bare = parsed.username().is_empty() && parsed.password().is_none();
    if bare && parsed.host_str().is_some_and(|host| !host.is_empty()) {
        return Ok(());
    }
    Err(FORM)
}

/// A host of a mail server: empty, a host name, or an IP address. Whether it may be reached is
/// decided when it is used.
///
/// # Errors
/// [`BadText::Form`].
pub fn check_host(text: &str) -> Result<(), BadText> {
    if text.is_empty() || is_host_name(text) || text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    Err(BadText::Form(
        "must be a host name such as smtp.example.com, or an IP address",
    ))
}

/// Whether the text is a host name of ASCII letters, digits and hyphens.
pub(super) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_no_line_breaks_and_have_bounds() {
        assert_eq!(check_line("FooBar GmbH & Co – für alle", 30), Ok(()));
        assert_eq!(check_line("äöü", 3), Ok(()));
        assert_eq!(check_line("äöü!", 3), Err(BadText::TooLong(3)));
        for bad in ["a\r\nb", "a\0", "a\u{2028}b", "a\u{85}b", "\u{7f}", "a\tb"] {
            assert_eq!(check_line(bad, 30), Err(BadText::Control), "{bad:?}");
        }
        for turn in ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}') {
            let bad = format!("a{turn}b");
            assert_eq!(check_line(&bad, 30), Err(BadText::Control), "{bad:?}");
        }
        assert_eq!(check_line("\u{200F}שלום\u{200E} مرحبا", 30), Ok(()));
        assert_eq!(check_name("  ", 30), Err(BadText::Empty));
    }

    #[test]
    fn logins() {
        for good in ["JohnDoe", "johndoe@mysite.com", "a.b-c_d+e", "x:y"] {
            assert_eq!(check_login(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "ab",
            "a b c",
            "jöhn",
            "a\nb\nc",
            "<script>",
            &"a".repeat(129),
        ] {
            assert!(check_login(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn languages_and_colours() {
        for good in ["en", "de", "pt-BR", "zh-Hans-CN", "en_US", "fil"] {
            assert_eq!(check_language(good), Ok(()), "{good}");
        }
        for bad in ["", "e", "english", "en-", "en us", "../en", "12"] {
            assert!(check_language(bad).is_err(), "{bad}");
        }
        assert_eq!(check_color("000000"), Ok(()));
        assert_eq!(check_color("a1B2c3"), Ok(()));
        for bad in ["", "#00000", "#1a73e8", "00000g", "0000000", "red"] {
            assert!(check_color(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn web_addresses() {
        for good in [
            "",
            "https://foo.example/help?x=1#y",
            "HTTP://foo.example",
            "api/ams/links/help",
            "/help/a:b",
            "?topic=a:b",
        ] {
            assert_eq!(check_web_address(good), Ok(()), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "mailto:a@b.example",
            "//evil.example",
            "\\\\evil.example",
            "/\\evil.example",
            "https:evil.example",
            "https://",
            "https://user@foo.example",
            "https://user:pw@foo.example",
            "https://foo.example/\r\nX: y",
            "https://foo.example/a b",
            "java\tscript:alert(1)",
            &format!("https://foo.example/{}", "a".repeat(2048)),
        ] {
            assert!(check_web_address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn hosts() {
        for good in [
            "",
            "smtp.example.com",
            "localhost",
            "192.0.2.1",
            "2001:db8::1",
        ] {
            assert_eq!(check_host(good), Ok(()), "{good}");
        }
        for bad in [
            "smtp.example.com:25",
            "a b",
            "-a.example",
            "a..b",
            "http://x",
            "x\r\n",
            "é.fr",
        ] {
            assert!(check_host(bad).is_err(), "{bad:?}");
        }
    }
}
