//! What stands under an account's number: whose it is, and what links and reports need of the profile,
//! so that all accounts can be read in one short pass. Binary, as there are as many as accounts.
//!
//! ```text
//! version 1 | id (16) | flags | tenant, or tenant above (16; the root has none) | 5 soon thresholds, a tenant's
//! ```

use uuid::Uuid;

use super::super::engine::StoreError;
use super::bytes::{Reader as Bytes, Writer, bit, decode};
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::proposal::Reader;
use crate::domain::quota::Percent;
use crate::domain::tenant::{SoonSetting, Tenant};
use crate::domain::user::User;

const VERSION: u8 = 1;

const USER: u8 = 1;
const ENABLED: u8 = 1 << 1;
const COMPANY_ADMIN: u8 = 1 << 2;
const BUYER: u8 = 1 << 3;
const HAS_PARENT: u8 = 1 << 4;

/// A soon threshold that is inherited; 0 is off, 1–99 is the tenant's own.
const INHERITED: u8 = 0xFF;

/// An account under its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// A tenant.
    Tenant(NumberedTenant),
    /// A user.
    User(NumberedUser),
}

/// What links and reports need of a tenant's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedTenant {
    /// Whose number it is.
    pub id: TenantId,
    /// See [`Tenant::enabled`].
    pub enabled: bool,
    /// The tenant above; `None` for the root.
    pub parent: Option<TenantId>,
    /// Its own word on the soon thresholds, by item.
    pub soon_percent: [SoonSetting; 5],
}

/// The same of a user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberedUser {
    /// Whose number it is.
    pub id: UserId,
    /// See [`User::enabled`].
    pub enabled: bool,
    /// The user's tenant.
    pub tenant: TenantId,
    /// What the proposal depends on.
    pub reader: Reader,
}

impl From<&Tenant> for NumberedTenant {
    fn from(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id,
            enabled: tenant.enabled,
            parent: tenant.parent_id(),
            soon_percent: tenant.settings.soon_percent,
        }
    }
}

impl From<&User> for NumberedUser {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            enabled: user.enabled,
            tenant: user.tenant_id,
            reader: user.reader(),
        }
    }
}

impl Numbered {
    /// Whose number it is.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Tenant(tenant) => AccountId::Tenant(tenant.id),
            Self::User(user) => AccountId::User(user.id),
        }
    }

    /// The bytes to store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(VERSION);
        writer.bytes(self.account().uuid().as_bytes());
        match self {
            Self::Tenant(tenant) => {
                let has_parent = bit(HAS_PARENT, tenant.parent.is_some());
                writer.byte(bit(ENABLED, tenant.enabled) | has_parent);
                if let Some(parent) = tenant.parent {
                    writer.bytes(parent.bytes());
                }
                for soon in tenant.soon_percent {
                    writer.byte(match soon {
                        SoonSetting::Inherit => INHERITED,
                        SoonSetting::Off => 0,
                        SoonSetting::At(percent) => percent.get(),
                    });
                }
            }
            Self::User(user) => {
                let admin = bit(COMPANY_ADMIN, user.reader.company_admin);
                let reader = admin | bit(BUYER, user.reader.buyer);
                writer.byte(USER | bit(ENABLED, user.enabled) | reader);
                writer.bytes(user.tenant.bytes());
            }
        }
        writer.into_bytes()
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are damaged, or of another version.
    pub fn decode(body: &[u8]) -> Result<Self, StoreError> {
        decode("account of a number", VERSION, body, read)
    }
}

fn read(bytes: &mut Bytes<'_>) -> Result<Numbered, &'static str> {
    let uuid = |bytes: &mut Bytes<'_>| bytes.array().map(|id| Uuid::from_bytes(*id));
    let id = uuid(bytes)?;
    let flags = bytes.byte()?;
    let has = |flag| flags & flag != 0;
    let enabled = has(ENABLED);
    Ok(if has(USER) {
        Numbered::User(NumberedUser {
            id: UserId::new(id),
            enabled,
            tenant: TenantId::new(uuid(bytes)?),
            reader: Reader {
                company_admin: has(COMPANY_ADMIN),
                buyer: has(BUYER),
            },
        })
    } else {
        let parent = has(HAS_PARENT).then(|| uuid(bytes)).transpose()?;
        Numbered::Tenant(NumberedTenant {
            id: TenantId::new(id),
            enabled,
            parent: parent.map(TenantId::new),
            soon_percent: bytes.array::<5>()?.map(|byte| match byte {
                INHERITED => SoonSetting::Inherit,
                number => Percent::new(number).map_or(SoonSetting::Off, SoonSetting::At),
            }),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(1);

    /// The bytes outlive the program that wrote them.
    #[test]
    fn accounts_have_these_bytes() {
        let parent = TenantId::new(Uuid::from_u128(2));
        let soon = [
            SoonSetting::Inherit,
            SoonSetting::Off,
            SoonSetting::At(Percent::new(99).unwrap()),
            SoonSetting::Inherit,
            SoonSetting::Inherit,
        ];
        let tenant = |parent| {
            Numbered::Tenant(NumberedTenant {
                id: TenantId::new(ID),
                enabled: true,
                parent,
                soon_percent: soon,
            })
        };
        let user = |company_admin| {
            Numbered::User(NumberedUser {
                id: UserId::new(ID),
                enabled: false,
                tenant: parent,
                reader: Reader {
                    company_admin,
                    buyer: !company_admin,
                },
            })
        };
        let id = |last: u8| [&[0; 15][..], &[last]].concat();
        let soon = [0xFF, 0, 99, 0xFF, 0xFF];
        let bytes = |flags: u8, above: &[u8], soon: &[u8]| {
            [&[1][..], &id(1), &[flags], above, soon].concat()
        };
        for (numbered, expected) in [
            (tenant(None), bytes(0b0_0010, &[], &soon)),
            (tenant(Some(parent)), bytes(0b1_0010, &id(2), &soon)),
            (user(true), bytes(0b0_0101, &id(2), &[])),
            (user(false), bytes(0b0_1001, &id(2), &[])),
        ] {
            let encoded = numbered.encode();
            assert_eq!(encoded, expected);
            assert_eq!(Numbered::decode(&encoded), Ok(numbered));
            for length in 0..encoded.len() {
                assert!(Numbered::decode(&encoded[..length]).is_err(), "{length}");
            }
            assert!(Numbered::decode(&[&encoded[..], &[0]].concat()).is_err());
            assert!(Numbered::decode(&[&[2], &encoded[1..]].concat()).is_err());
        }
    }
}
