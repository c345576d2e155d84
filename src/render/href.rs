//! Addresses that are safe in a link.

use std::fmt;

use serde::{Serialize, Serializer};
use url::Url;

/// Longest address that is put into a link, in bytes. A Buy link is at most 2,048 bytes of Buy
/// URL and its parameters; tracked links are far shorter.
const HREF_MAX_BYTES: usize = 4096;

/// An address that is safe in `href`: absolute, `http`, `https`, `mailto` or `tel`, without
/// control characters and without credentials.
///
/// Made from data only by [`Href::parse`] and [`Href::phone`], so a template that prints an `Href` cannot print
/// `javascript:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Href(String);

impl Href {
    /// `None` for an empty text and for anything that is not a safe absolute address: the link
    /// is then left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        if text.is_empty() || text.len() > HREF_MAX_BYTES || text.chars().any(char::is_control) {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let is_safe = match url.scheme() {
            // `https:host` and `https:\\host` parse as `https://host` in browsers' rules; only the
            // plain writing is taken.
            "http" | "https" => {
                let after_scheme = text.get(url.scheme().len()..)?;
                after_scheme
                    .strip_prefix("://")
                    .is_some_and(|rest| !rest.starts_with('/'))
                    && !text.contains('\\')
                    && url.has_host()
                    && url.username().is_empty()
                    && url.password().is_none()
            }
            "mailto" | "tel" => true,
            _ => false,
        };
        is_safe.then(|| Self(url.into()))
    }

    /// A telephone number as people write it ("+1 (111) 111-1111") as a `tel:` address
    /// (RFC 3966); `None` when there is no number of 3 to 20 digits in it.
    #[must_use]
    pub fn phone(text: &str) -> Option<Self> {
        let text = text.trim();
        if text
            .chars()
            .any(|c| !c.is_ascii_digit() && !" +-./()".contains(c))
        {
            return None;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let plus = if text.starts_with('+') { "+" } else { "" };
        (3..=20)
            .contains(&digits.len())
            .then(|| Self(format!("tel:{plus}{digits}")))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `http` or `https`, which alone may be a picture or a page.
    #[must_use]
    pub fn is_web(&self) -> bool {
        self.0.starts_with("http")
    }

    /// What to print where the address itself is the text: without the scheme and a lone slash.
    pub(crate) fn display(&self) -> &str {
        let shown = ["https://", "http://", "mailto:", "tel:"]
            .into_iter()
            .find_map(|scheme| self.0.strip_prefix(scheme))
            .unwrap_or(&self.0);
        shown.strip_suffix('/').unwrap_or(shown)
    }
}

impl fmt::Display for Href {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Href {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_become_links() {
        for safe in [
            "https://example.com/a?b=c&d=%0d%0a#e",
            "http://localhost:8080/",
            "mailto:help@example.com",
            "tel:+111111",
            "HTTPS://EXAMPLE.COM/",
        ] {
            assert!(Href::parse(safe).is_some(), "{safe}");
        }
        for unsafe_ in [
            "",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//host/path",
            "/path",
            "path",
            "\\\\host",
            "https:host",
            "https:\\\\host",
            "https:///host",
            "https://user:pass@host/",
            "https://user@host/",
            "https://",
            "https://host/\r\nSet-Cookie: a",
        ] {
            assert_eq!(Href::parse(unsafe_), None, "{unsafe_}");
        }
        let long = format!("https://h/{}", "x".repeat(5000));
        assert_eq!(Href::parse(&long), None);
    }

    #[test]
    fn quotes_and_brackets_are_encoded() {
        let href = Href::parse("https://h/\"><script>?\"<>").unwrap();
        assert_eq!(href.as_str(), "https://h/%22%3E%3Cscript%3E?%22%3C%3E");
    }

    #[test]
    fn phone_numbers() {
        for (text, expected) in [
            ("+1 1111 1111111", Some("tel:+111111111111")),
            ("(0) 89 / 123-45", Some("tel:08912345")),
            ("call us", None),
            ("+1;ext=javascript:", None),
            ("12", None),
            ("", None),
        ] {
            let href = Href::phone(text);
            assert_eq!(href.as_ref().map(Href::as_str), expected, "{text}");
        }
    }

    #[test]
    fn shown_without_scheme() {
        let shown = |text| Href::parse(text).unwrap().display().to_owned();
        assert_eq!(shown("https://help.example.com/"), "help.example.com");
        assert_eq!(shown("mailto:a@b.c"), "a@b.c");
    }
}
