//! An SMTP server as configured: host, port, encryption, log-in, and who configured it.

use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

use crate::smtp_host::NOT_A_HOST;
pub use crate::smtp_host::{DomainName, Host};

/// Longest user name and longest password, in bytes (RFC 4616 §2 asks for 255 at least).
const MAX_CREDENTIAL_BYTES: usize = 1024;

/// Why a server cannot be described so. The texts are for the person who typed the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Not a host name and not an IP address.
    #[error("{NOT_A_HOST}")]
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
    /// A tenant, through the API: the address policy applies (see `smtp_host`).
    Tenant,
}

/// A user name and a password. Never printed; the memory is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(super) user: Zeroizing<String>,
    pub(super) password: Zeroizing<String>,
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
    /// With TLS also the name that its certificate must bear.
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) credentials: Option<Credentials>,
    pub(super) trust: Trust,
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
