//! Values that only the configuration needs, and how they are validated. The rest are domain types.

use std::fmt;

use ipnet::IpNet;
use url::Url;
use zeroize::Zeroizing;

use crate::store::redis::address::Address;

/// A text that is never shown: not by `Debug`, not by `check-config`; wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Reads what names in Redis begin with. No braces: those are the marks of a cluster's slots.
pub(super) fn name_prefix(text: &str) -> Result<String, String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=32).contains(&text.len()) && text.chars().all(is_good) {
        return Ok(text.to_owned());
    }
    Err("write 1 to 32 letters, digits, - or _".to_owned())
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChoice {
    /// In the data directory of this machine.
    Embedded,
    /// On servers that any number of nodes share.
    Redis(Box<Address>),
}

impl StoreChoice {
    /// Reads `embedded` or a URL.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "embedded" {
            return Ok(Self::Embedded);
        }
        let address = Address::parse(text).map_err(|why| format!("{why}; or write embedded"))?;
        Ok(Self::Redis(Box::new(address)))
    }
}

impl fmt::Display for StoreChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Redis(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Reads where the service is reached from outside: an absolute `http` or `https` URL without user,
/// query and fragment. The result has no `/` at its end, so that a path can follow.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let url = web_url(text, "https://upsell.example.com")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment; end it before the ? or #".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Reads a web origin as browsers send it in `Origin`: scheme, host and optional port, nothing after
/// them, no wildcard.
pub(super) fn web_origin(text: &str) -> Result<String, String> {
    let example = "https://console.example.com";
    if text.contains('*') {
        return Err(format!(
            "wildcards are refused; name each origin, such as {example}"
        ));
    }
    let url = web_url(text, example)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "an origin ends after the host and port, such as {example}"
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// What public URLs and origins have in common.
fn web_url(text: &str, example: &str) -> Result<Url, String> {
    let wrong = || format!("write an absolute http or https URL such as {example}");
    if text.contains(|c: char| {
        c.is_control() || c.is_whitespace() || matches!(c, '\\' | ';' | '\'' | '"')
    }) {
        return Err(wrong());
    }
    let url = Url::parse(text).map_err(|_| wrong())?;
    let authority = text.split_once("://").map(|(_, rest)| rest);
    let sound = matches!(url.scheme(), "http" | "https")
        && authority.is_some_and(|rest| !rest.starts_with('/'))
        && url.username().is_empty()
        && url.password().is_none();
    if sound { Ok(url) } else { Err(wrong()) }
}

/// Reads the name or address of a mail server, or the name this one says in `EHLO`: a DNS name
/// (RFC 1123 §2.1) or an IP address, lower-cased. It cannot break out of an SMTP line.
pub(super) fn host_name(text: &str) -> Result<String, String> {
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name_ok = text.len() <= 253 && text.split('.').all(label_ok);
    if name_ok || text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(text.to_ascii_lowercase());
    }
    Err("write a host name such as smtp.example.com, without scheme and port".to_owned())
}

/// How the connection to an SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314 §3.3), usually port 465.
    Tls,
    /// `STARTTLS`, required (RFC 3207), usually port 587.
    StartTls,
    /// Plain text, for a relay on the same machine; usually port 25.
    None,
}

impl Encryption {
    /// The port where none is configured.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Reads a network: `10.0.0.0/8`, or one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| "write networks such as 10.0.0.0/8 or fd00::/8".to_owned())
}
