//! The JSON of the account management dialect: the fields that the vendor prints, in responses in
//! alphabetical order.

pub(super) mod brand;
pub(super) mod client;
pub(super) mod contact;
pub(super) mod list;
pub(super) mod names;
pub(super) mod offering;
pub(super) mod policy;
pub(super) mod search;
pub(super) mod tenant;
pub(super) mod token;
pub(super) mod usage;
pub(super) mod user;

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::{Uuid, uuid};

/// A value that is written as a text and has its own parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<T>(pub(crate) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(Error::custom)
    }
}

/// A yes or no that the vendor writes as 1 or 0 (`hide_predefined: 1`). Read as either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some([0, 1]));
        let flag = ObjectBuilder::new().schema_type(Type::Boolean);
        OneOfBuilder::new()
            .item(number)
            .item(flag)
            .description(Some("A yes or no. Written as 1 or 0, read as either."))
            .into()
    }
}

impl ToSchema for Flag {}

impl Serialize for Flag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(u8::from(self.0))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0, 1, true or false")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Flag, E> {
                match value {
                    0 => Ok(Flag(false)),
                    1 => Ok(Flag(true)),
                    other => Err(E::invalid_value(Unexpected::Unsigned(other), &self)),
                }
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// The identity provider and the two-factor status that every answer names alike.
pub(super) const IDP_ID: Uuid = uuid!("11111111-1111-1111-1111-111111111111");
/// See [`IDP_ID`].
pub(super) const MFA_STATUS: &str = "disabled";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;

    #[test]
    fn flags_are_read_as_numbers_and_as_booleans() {
        let read = |text: &str| serde_json::from_str::<Flag>(text).map(|flag| flag.0).ok();
        for (text, expected) in [
            ("1", Some(true)),
            ("0", Some(false)),
            ("true", Some(true)),
            ("false", Some(false)),
            ("2", None),
            ("-1", None),
            ("\"1\"", None),
            ("1.0", None),
            ("null", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(serde_json::to_string(&Flag(true)).unwrap(), "1");
    }

    #[test]
    fn ids_have_one_spelling() {
        let read = |text: &str| serde_json::from_str::<Text<TenantId>>(text).is_ok();
        assert!(read("\"ede9f834-70b3-476c-83d9-736f9f8c7dae\""));
        assert!(!read("\"ede9f83470b3476c83d9736f9f8c7dae\""));
        assert!(!read("7"));
    }
}
