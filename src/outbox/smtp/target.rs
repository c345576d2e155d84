//! Which SMTP server, how to speak with it, and who chose it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use zeroize::Zeroizing;

/// Longest user name and longest password, in bytes (RFC 4616 §2 asks for 255 at least).
const MAX_CREDENTIAL_BYTES: usize = 1024;

/// Longest domain name in its ASCII form, in bytes (RFC 1035 §2.3.4).
const MAX_DOMAIN_BYTES: usize = 253;

/// Why a server cannot be described so. The texts are for the person who typed the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Not a host name and not an IP address.
    #[error("must be a host name such as smtp.example.com, or an IP address")]
    Host,
    /// Port 0 is nobody's.
    #[error("the port must be between 1 and 65535")]
    Port,
    /// A user name or password that cannot be sent.
    #[error(
        "user and password must not be empty, hold control characters or be over 1,024 bytes long"
    )]
    Credentials,
    /// A tenant's password would cross the internet in clear text.
    #[error("a user and password need encryption: choose TLS or STARTTLS")]
    PasswordInClear,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314 §3.3; usual on port 465).
    Tls,
    /// Plain until STARTTLS, which is then required: a server that does not offer it, or refuses
    /// it, gets no mail (RFC 3207; usual on ports 25 and 587).
    StartTls,
    /// Never encrypted. For a relay on the same machine or network.
    None,
}

/// Who chose the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The operator, in the configuration: any address and port.
    Operator,
    /// A tenant, through the API: the address policy applies (see `address`).
    Tenant,
}

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
    ///
    /// # Errors
    /// [`InvalidTarget::Host`].
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        let name = DomainName::parse(text).ok_or(InvalidTarget::Host)?;
        if ends_in_a_number(name.as_str()) {
            return Err(InvalidTarget::Host);
        }
        Ok(Self::Name(name))
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

/// A user name and a password. Never printed; the memory is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: Zeroizing<String>,
    password: Zeroizing<String>,
}

impl Credentials {
    /// Both must be 1 to 1,024 bytes without control characters (NUL separates them in
    /// AUTH PLAIN, RFC 4616 §2).
    ///
    /// # Errors
    /// [`InvalidTarget::Credentials`].
    pub fn new(user: String, password: String) -> Result<Self, InvalidTarget> {
        let (user, password) = (Zeroizing::new(user), Zeroizing::new(password));
        let good = |text: &str| {
            (1..=MAX_CREDENTIAL_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
        };
        if !good(&user) || !good(&password) {
            return Err(InvalidTarget::Credentials);
        }
        Ok(Self { user, password })
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

impl Hash for Credentials {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.user.as_str().hash(state);
        self.password.as_str().hash(state);
    }
}

/// An SMTP server as somebody configured it. Connections are shared between mails whose targets
/// are equal in every part, so one tenant never uses what another tenant logged in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    host: Host,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    trust: Trust,
}

impl Target {
    /// Describes a server. Credentials without encryption are the operator's privilege: a relay on
    /// the same host may ask for them, a tenant's server is reached over the internet.
    ///
    /// # Errors
    /// [`InvalidTarget::Port`] or [`InvalidTarget::PasswordInClear`].
    pub fn new(
        host: Host,
        port: u16,
        encryption: Encryption,
        credentials: Option<Credentials>,
        trust: Trust,
    ) -> Result<Self, InvalidTarget> {
        if port == 0 {
            return Err(InvalidTarget::Port);
        }
        let in_clear = encryption == Encryption::None && credentials.is_some();
        if in_clear && trust == Trust::Tenant {
            return Err(InvalidTarget::PasswordInClear);
        }
        Ok(Self {
            host,
            port,
            encryption,
            credentials,
            trust,
        })
    }

    /// The server; with TLS also the name its certificate must bear.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the connection is protected.
    #[must_use]
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// Whom to log in as, if at all.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// Who chose the server.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.trust
    }
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
            let parsed = Host::parse(text).ok().map(|host| host.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
        assert_eq!(Host::parse(&"a".repeat(5_000)), Err(InvalidTarget::Host));
    }

    #[test]
    fn a_tenants_password_never_goes_in_clear() {
        let login = || Credentials::new("user".into(), "secret".into()).unwrap();
        let target = |encryption, trust| {
            let host = Host::parse("smtp.example.com").unwrap();
            Target::new(host, 587, encryption, Some(login()), trust)
        };
        assert_eq!(
            target(Encryption::None, Trust::Tenant).unwrap_err(),
            InvalidTarget::PasswordInClear
        );
        assert!(target(Encryption::None, Trust::Operator).is_ok());
        assert!(target(Encryption::StartTls, Trust::Tenant).is_ok());
    }

    #[test]
    fn credentials_are_checked_and_never_printed() {
        let target = Target::new(
            Host::parse("h").unwrap(),
            465,
            Encryption::Tls,
            Some(Credentials::new("canary-user".into(), "canary-pass".into()).unwrap()),
            Trust::Tenant,
        );
        assert!(!format!("{target:?}").contains("canary"));
        for (user, password) in [("", "p"), ("u", ""), ("u\0", "p"), ("u", "p\r\n")] {
            assert!(Credentials::new(user.into(), password.into()).is_err());
        }
        assert!(Credentials::new("u".repeat(1025), "p".into()).is_err());
    }
}
