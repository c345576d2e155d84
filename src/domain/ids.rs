//! Identifiers. Each is its own type, so that a user's id is never taken for a tenant's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID in its canonical, hyphenated form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a UUID such as 1c234e69-5469-424a-a6d1-ff5658b387a6")
    }
}

impl std::error::Error for InvalidId {}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
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
    };
}

uuid_id!(
    /// A tenant: partner, folder, customer or unit.
    TenantId
);
uuid_id!(
    /// A user account.
    UserId
);
uuid_id!(
    /// An API client (OAuth 2 client credentials).
    ClientId
);
uuid_id!(
    /// One mail in the outbox.
    MailId
);
uuid_id!(
    /// A node: one running process of the service. Another start is another node.
    NodeId
);
uuid_id!(
    /// One entry of the audit.
    AuditId
);
uuid_id!(
    /// An infrastructure component (for instance a storage) that an offering item is bound to.
    InfraId
);
uuid_id!(
    /// The billing information of a tenant.
    CustomerId
);
uuid_id!(
    /// A sales tax of a partner.
    TaxId
);
uuid_id!(
    /// A country of the reference data.
    CountryId
);
uuid_id!(
    /// A state, province or the like of a country.
    StateId
);
uuid_id!(
    /// A language of the reference data.
    LanguageId
);
uuid_id!(
    /// The application (service) that an offering item belongs to.
    ApplicationId
);

/// The vendor's "API v1 ID": a number given to each tenant and user at creation, unique over both,
/// never reused. The account table is indexed by it, and tracked links carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct V1Id(pub u32);

/// Text that is not the spelling of an API v1 ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidV1Id;

impl fmt::Display for InvalidV1Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a number such as 1002, at most 4294967295")
    }
}

impl std::error::Error for InvalidV1Id {}

impl FromStr for V1Id {
    type Err = InvalidV1Id;

    /// As it stands in a Buy link: digits, no sign, no leading zero.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = text.parse().map(Self).ok();
        id.filter(|id| id.to_string() == text).ok_or(InvalidV1Id)
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
        assert_eq!("1002".parse(), Ok(V1Id(1002)));
        for other in ["", "+1002", "01002", "-1", "1002 ", "1e3", "4294967296"] {
            assert_eq!(other.parse::<V1Id>(), Err(InvalidV1Id), "{other}");
        }
    }
}
