//! Identifiers. Each is its own type, so that a user's id is never taken for a tenant's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::quota::Scope;
use super::text::BadText;

/// The text is not a UUID in its canonical, hyphenated form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a UUID such as 1c234e69-5469-424a-a6d1-ff5658b387a6")
    }
}

impl std::error::Error for InvalidId {}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is already known to be one.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// A fresh random (version 4) id.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The 16 bytes, in network order.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Takes only the hyphenated form (36 characters): one id, one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

uuid_ids! {
    /// A tenant: partner, folder, customer or unit.
    TenantId,
    /// A user account.
    UserId,
    /// An API client (OAuth 2 client credentials).
    ClientId,
    /// One mail in the outbox.
    MailId,
    /// A node: one running process of the service. Another start is another node.
    NodeId,
    /// One entry of the audit.
    AuditId,
    /// An infrastructure component (for instance a storage) that an offering item is bound to.
    InfraId,
    /// The billing information of a tenant.
    CustomerId,
    /// A sales tax of a partner.
    TaxId,
    /// A country of the reference data.
    CountryId,
    /// A state, province or the like of a country.
    StateId,
    /// A language of the reference data.
    LanguageId,
    /// The application (service) that an offering item belongs to.
    ApplicationId,
}

/// The vendor's "API v1 ID": a number given to each tenant and user at creation, unique over both,
/// never reused. The account table is indexed by it, and tracked links carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct V1Id(pub u32);

impl FromStr for V1Id {
    type Err = BadText;

    /// As it stands in a Buy link: digits, no sign, no leading zero.
    fn from_str(text: &str) -> Result<Self, BadText> {
        const FORM: BadText = BadText::Form("must be a number such as 1002, at most 4294967295");
        let id = text.parse().map(Self).ok();
        id.filter(|id| id.to_string() == text).ok_or(FORM)
    }
}

impl fmt::Display for V1Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An account with its number, which finds its meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountRef {
    /// Which account.
    pub id: AccountId,
    /// Its API v1 ID.
    pub number: V1Id,
}

/// Whose quota it is: an account is a tenant or a user, each with its own meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccountId {
    /// A tenant's quota.
    #[serde(rename = "t")]
    Tenant(TenantId),
    /// A user's own quota.
    #[serde(rename = "u")]
    User(UserId),
}

impl AccountId {
    /// The id, without a word on whose it is.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Tenant(id) => id.uuid(),
            Self::User(id) => id.uuid(),
        }
    }

    /// Whether its quotas are a tenant's or a user's own.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Tenant(_) => Scope::Tenant,
            Self::User(_) => Scope::User,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id: TenantId = "ede9f834-70b3-476c-83d9-736f9f8c7dae".parse().unwrap();
        assert_eq!(id.to_string(), "ede9f834-70b3-476c-83d9-736f9f8c7dae");
        for other in [
            "",
            "ede9f83470b3476c83d9736f9f8c7dae",
            "{ede9f834-70b3-476c-83d9-736f9f8c7dae}",
            "urn:uuid:ede9f834-70b3-476c-83d9-736f9f8c7dae",
            "zde9f834-70b3-476c-83d9-736f9f8c7dae",
        ] {
            assert_eq!(other.parse::<TenantId>(), Err(InvalidId), "{other}");
        }
        assert_eq!(AccountId::Tenant(id).scope(), Scope::Tenant);
        assert_eq!(AccountId::User(UserId::random()).scope(), Scope::User);
        assert_eq!("1002".parse(), Ok(V1Id(1002)));
        for other in ["", "+1002", "01002", "-1", "1002 ", "1e3", "4294967296"] {
            assert!(other.parse::<V1Id>().is_err(), "{other}");
        }
    }
}
