//! The host of a mail server: its name or address, and which of them a tenant may name.
//!
//! A use case checks a tenant's server when it is written; the outbox checks each address again when it
//! connects. Both apply the same rules, which are in `address.rs`.

mod address;

use std::fmt;
use std::net::IpAddr;

pub use address::{Refused, Unusable, check_address, check_tenant_server, is_port_allowed};

/// What is said of a text that is no [`Host`].
pub const NOT_A_HOST: &str = "must be a host name such as smtp.example.com, or an IP address";

/// Longest domain name in its ASCII form, in bytes (RFC 1035 §2.3.4).
const MAX_DOMAIN_BYTES: usize = 253;

/// A DNS name in its ASCII form, or an IP address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name, lower case, international labels as `xn--…`.
    Name(DomainName),
    /// An address typed as such.
    Address(IpAddr),
}

impl Host {
    /// Takes a host name (international ones are converted) or an IP address, the latter with or
    /// without square brackets. Refuses what only looks like a name but is read as an address by
    /// the system's resolver, such as `127.1` or `0x7f000001`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Self::Address(address));
        }
        let name = DomainName::parse(text)?;
        (!ends_in_a_number(name.as_str())).then_some(Self::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name.as_str()),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// The rule by which URL parsers tell IPv4 addresses in odd spellings from names.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x")
}

/// A DNS name: ASCII, lower case, labels of letters, digits, hyphens and underscores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Converts international labels (UTS 46) and checks the result. No trailing dot, no white
    /// space, no control character, no empty label.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 4 * MAX_DOMAIN_BYTES {
            return None;
        }
        let ascii = idna::domain_to_ascii(text).ok()?;
        let good = ascii.len() <= MAX_DOMAIN_BYTES && ascii.split('.').all(is_label);
        good.then_some(Self(ascii))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_spelling_and_never_hide_an_address() {
        let cases = [
            ("smtp.example.com", Some("smtp.example.com")),
            ("SMTP.Example.COM", Some("smtp.example.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", Some("localhost")),
            ("smtp_relay", Some("smtp_relay")),
            ("192.0.2.7", Some("192.0.2.7")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("", None),
            (".", None),
            ("example.com.", None),
            ("a..b", None),
            ("127.1", None),
            ("2130706433", None),
            ("0x7f000001", None),
            ("0177.0.0.1", None),
            ("1.2.3.4.5", None),
            ("a b", None),
            ("a\r\nb", None),
            ("a\0b", None),
            ("a\u{2028}b", None),
            ("user@host", None),
            ("host:25", None),
            ("fe80::1%eth0", None),
            ("-a.example", None),
        ];
        for (text, expected) in cases {
            let parsed = Host::parse(text).map(|host| host.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
        assert_eq!(Host::parse(&"a".repeat(5_000)), None);
    }
}
