//! API clients and what they may do.

use serde::{Deserialize, Serialize};

use super::ids::{ClientId, TenantId};
use super::named::named;
use super::time::Timestamp;

named! {
    /// One thing that an API client may be allowed to do, always within its tenant's subtree.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[allow(missing_docs)] // `meaning` says what each allows
    pub enum ApiScope {
        AccountRead = "account_read",
        AccountWrite = "account_write",
        Clients = "clients",
        UsageWrite = "usage_write",
        AlertsRead = "alerts_read",
        AlertsWrite = "alerts_write",
        EmailsRead = "emails_read",
        EmailsWrite = "emails_write",
        BillingRead = "billing_read",
        BillingWrite = "billing_write",
        Plans = "plans",
        PartnersRead = "partners_read",
        PartnersWrite = "partners_write",
        AuditRead = "audit_read",
    }
}

impl ApiScope {
    /// What it allows, for people.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AccountRead => "Read tenants, users, brands, offering items, usages.",
            Self::AccountWrite => "Change tenants, users, brands, offering items.",
            Self::Clients => "Read and manage API clients.",
            Self::UsageWrite => "Report usage.",
            Self::AlertsRead => "Read alerts, headers, proposals, quotas, clicks; preview.",
            Self::AlertsWrite => "Snooze alerts.",
            Self::EmailsRead => "Read the outbox.",
            Self::EmailsWrite => "Send its dead letters again.",
            Self::BillingRead => {
                "Read billing customers, taxes and the service desk's configuration."
            }
            Self::BillingWrite => "Change customers and taxes.",
            Self::Plans => "Read and change price plans and domains of resellers.",
            Self::PartnersRead => "Read partner plans.",
            Self::PartnersWrite => "Change partner plans.",
            Self::AuditRead => "Read who changed what.",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ApiScopes(u32);

/// A word in a scope list that names no scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScope(pub String);

impl std::fmt::Display for UnknownScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = ApiScopes::all();
        write!(f, "unknown scope {:?}; known are: {all}", self.0)
    }
}

impl std::error::Error for UnknownScope {}

impl ApiScopes {
    /// Every scope there is.
    #[must_use]
    pub fn all() -> Self {
        Self::of(&ApiScope::ALL)
    }

    /// These scopes.
    #[must_use]
    pub fn of(scopes: &[ApiScope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Reads names parted by blanks; an empty text is no scope at all.
    ///
    /// # Errors
    /// The first word that names no scope.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        text.split_ascii_whitespace()
            .try_fold(Self(0), |set, word| {
                let unknown = || UnknownScope(word.chars().take(64).collect());
                let scope = ApiScope::from_name(word).ok_or_else(unknown)?;
                Ok(Self(set.0 | scope.bit()))
            })
    }

    /// Whether `scope` is in the set.
    #[must_use]
    pub const fn allows(self, scope: ApiScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of `other` is in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl std::fmt::Display for ApiScopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scopes = ApiScope::ALL.into_iter();
        let allowed = scopes.filter(|scope| self.allows(*scope));
        let names: Vec<&str> = allowed.map(ApiScope::name).collect();
        f.write_str(&names.join(" "))
    }
}

/// The SHA-256 of a client's secret. The secret has 256 random bits, so a plain hash is enough:
/// there is nothing to guess.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHash(pub [u8; 32]);

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// An API client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its UUID, the `client_id` of OAuth 2.
    pub id: ClientId,
    /// It reaches this tenant and all below it.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// What its secret hashes to.
    #[serde(rename = "secret_sha256")]
    pub secret_hash: SecretHash,
    /// What it may do.
    pub scopes: ApiScopes,
    /// A disabled client gets no token, and tokens it has are refused.
    pub enabled: bool,
    /// When it was created.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_lists_are_read_and_written() {
        let set = ApiScopes::parse(" account_read  usage_write ").unwrap();
        assert_eq!(set.to_string(), "account_read usage_write");
        assert!(set.allows(ApiScope::UsageWrite) && !set.allows(ApiScope::AccountWrite));
        assert!(ApiScopes::all().contains(set) && !set.contains(ApiScopes::all()));
        assert_eq!(ApiScopes::parse("root"), Err(UnknownScope("root".into())));
        let all = ApiScopes::all();
        assert_eq!(ApiScopes::parse(&all.to_string()), Ok(all));
    }
}
