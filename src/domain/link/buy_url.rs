//! The Buy URL. This parser checks it when it is written and again when it is used.

use std::fmt;

use serde::{Serialize, Serializer};
use url::{Host, Url};

use super::host::mixes_scripts;

/// The longest Buy URL, in bytes.
pub const MAX_BUY_URL_BYTES: usize = 2_048;

/// What a deployment allows beyond the strict rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuyUrlRules {
    /// `http` besides `https`.
    pub allow_http: bool,
    /// IP addresses and `localhost` for hosts.
    pub allow_ip_hosts: bool,
}

/// Why a text is no Buy URL. Its `Display` says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuyUrlError {
    /// Nothing there.
    Empty,
    /// Over [`MAX_BUY_URL_BYTES`].
    TooLong,
    /// A space, line break, control or invisible character, anywhere.
    Invisible,
    /// A backslash: browsers take it for a slash.
    Backslash,
    /// `%0d`, `%0a` or `%00`: a line break for whoever decodes it.
    EncodedLineBreak,
    /// No scheme, or another one than `https` and `http`.
    Scheme,
    /// `http`, which the deployment does not allow.
    Http,
    /// No `//` after the scheme, or no host after it.
    NoHost,
    /// A user name or password before the host.
    UserInfo,
    /// A host that ends with a dot, or has an empty label.
    DottedHost,
    /// An IP address (in any spelling), which the deployment does not allow.
    IpHost,
    /// `localhost`: the reader's own computer. Allowed where IP addresses are.
    Localhost,
    /// Port 0, which no server has.
    PortZero,
    /// A host that mixes scripts within a label and so may look like another.
    MixedScripts,
    /// Anything else that no browser would follow: a bad port, a bad host name.
    Malformed,
}

impl fmt::Display for BuyUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; write a URL such as https://shop.example.com/buy",
            Self::TooLong => "is longer than 2048 bytes; write a shorter one",
            Self::Invisible => {
                "contains a space, line break or invisible character; remove it or write it as %20"
            }
            Self::Backslash => "contains a backslash; write / or %5C",
            Self::EncodedLineBreak => "contains %0D, %0A or %00; remove it",
            Self::Scheme => "must begin with https://",
            Self::Http => {
                "begins with http://, which this deployment does not allow; write https:// (or set links.allow_http)"
            }
            Self::NoHost => "has no host after the scheme; write https://shop.example.com/buy",
            Self::UserInfo => "contains a user name or password before the host; remove it and the @",
            Self::DottedHost => "has a host with a dot at its end or two in a row; remove them",
            Self::IpHost => {
                "has an IP address for a host, which this deployment does not allow; write a host name (or set links.allow_ip_hosts)"
            }
            Self::Localhost => {
                "names the reader's own computer; write a host name that readers can reach (or set links.allow_ip_hosts)"
            }
            Self::PortZero => "has port 0, which no server has; leave it out or write the shop's",
            Self::MixedScripts => {
                "has a host that mixes letters of several scripts in one label; write it in one script"
            }
            Self::Malformed => "has a host or port that no browser accepts; check its spelling",
        })
    }
}

impl std::error::Error for BuyUrlError {}

/// A shop's address that is safe to send a browser to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BuyUrl {
    /// As it was written.
    text: String,
    /// The same in ASCII, for `Location` and `href`: the host in its ASCII form, other
    /// characters percent-encoded, every ASCII byte after the host as it was written.
    wire: String,
    /// Where in `wire` the `?` of the query is, or would be.
    query_at: usize,
    /// Where in `wire` the `#` of the fragment is, or would be.
    fragment_at: usize,
}

impl BuyUrl {
    /// Checks a Buy URL. Nothing is fetched and no name is resolved.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str, rules: BuyUrlRules) -> Result<Self, BuyUrlError> {
        check_text(text)?;
        let rest = after_scheme(text, rules)?;
        let scheme_length = text.len() - rest.len();
        let authority_length = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(authority_length);
        if authority.is_empty() {
            return Err(BuyUrlError::NoHost);
        }
        if authority.contains('@') {
            return Err(BuyUrlError::UserInfo);
        }
        if authority.contains('%') {
            return Err(BuyUrlError::Malformed);
        }
        let url = Url::parse(text).map_err(|_| BuyUrlError::Malformed)?;
        let host = check_host(&url, rules)?;

        let mut wire = text.get(..scheme_length).unwrap_or_default().to_owned();
        if authority.is_ascii() {
            wire.push_str(authority);
        } else {
            wire.push_str(host);
            if let Some(port) = url.port() {
                wire.push_str(&format!(":{port}"));
            }
        }
        push_ascii(&mut wire, tail);
        // Encoding made it longer; the bound is on what is sent.
        if wire.len() > MAX_BUY_URL_BYTES {
            return Err(BuyUrlError::TooLong);
        }
        let fragment_at = wire.find('#').unwrap_or(wire.len());
        let query_at = wire
            .find('?')
            .filter(|at| *at < fragment_at)
            .unwrap_or(fragment_at);
        Ok(Self {
            text: text.to_owned(),
            wire,
            query_at,
            fragment_at,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In ASCII, for `Location` and `href`. The edition message's link is this, with nothing
    /// added (rule `buy-url`).
    #[must_use]
    pub fn wire(&self) -> &str {
        &self.wire
    }

    /// Scheme, host and path.
    pub(super) fn before_query(&self) -> &str {
        self.wire.get(..self.query_at).unwrap_or_default()
    }

    /// The query without its `?`.
    pub(super) fn query(&self) -> &str {
        let query = self.wire.get(self.query_at..self.fragment_at);
        query
            .unwrap_or_default()
            .strip_prefix('?')
            .unwrap_or_default()
    }

    /// The fragment with its `#`, or nothing.
    pub(super) fn fragment(&self) -> &str {
        self.wire.get(self.fragment_at..).unwrap_or_default()
    }
}

impl fmt::Display for BuyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for BuyUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Debug for BuyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BuyUrl({:?})", self.text)
    }
}

/// Control characters, line and paragraph separators, and the invisible characters that make a
/// text look different from what it is (zero-width, bidirectional controls, byte order mark).
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn check_text(text: &str) -> Result<(), BuyUrlError> {
    if text.is_empty() {
        return Err(BuyUrlError::Empty);
    }
    if text.len() > MAX_BUY_URL_BYTES {
        return Err(BuyUrlError::TooLong);
    }
    if text.contains(|c: char| is_invisible(c) || c.is_whitespace()) {
        return Err(BuyUrlError::Invisible);
    }
    if text.contains('\\') {
        return Err(BuyUrlError::Backslash);
    }
    let encoded = |escape: &[u8]| {
        text.as_bytes()
            .windows(3)
            .any(|window| window.eq_ignore_ascii_case(escape))
    };
    if encoded(b"%0d") || encoded(b"%0a") || encoded(b"%00") {
        return Err(BuyUrlError::EncodedLineBreak);
    }
    Ok(())
}

/// What follows `https://`.
fn after_scheme(text: &str, rules: BuyUrlRules) -> Result<&str, BuyUrlError> {
    let (scheme, rest) = text.split_once(':').ok_or(BuyUrlError::Scheme)?;
    if scheme.eq_ignore_ascii_case("http") {
        if !rules.allow_http {
            return Err(BuyUrlError::Http);
        }
    } else if !scheme.eq_ignore_ascii_case("https") {
        return Err(BuyUrlError::Scheme);
    }
    rest.strip_prefix("//").ok_or(BuyUrlError::NoHost)
}

fn check_host(url: &Url, rules: BuyUrlRules) -> Result<&str, BuyUrlError> {
    if url.port() == Some(0) {
        return Err(BuyUrlError::PortZero);
    }
    match url.host() {
        None => return Err(BuyUrlError::NoHost),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) if !rules.allow_ip_hosts => {
            return Err(BuyUrlError::IpHost);
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {}
        Some(Host::Domain(name)) => {
            if name.split('.').any(str::is_empty) {
                return Err(BuyUrlError::DottedHost);
            }
            if name.split('.').next_back() == Some("localhost") && !rules.allow_ip_hosts {
                return Err(BuyUrlError::Localhost);
            }
            // Also decodes labels that were written as `xn--…`.
            if mixes_scripts(&url::quirks::domain_to_unicode(name)) {
                return Err(BuyUrlError::MixedScripts);
            }
        }
    }
    url.host_str().ok_or(BuyUrlError::NoHost)
}

/// Appends `text` with every byte beyond ASCII percent-encoded, and nothing else changed.
#[expect(clippy::indexing_slicing, reason = "a half byte is below 16")]
fn push_ascii(out: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii() {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}
