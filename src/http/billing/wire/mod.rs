//! The JSON of the billing dialect: the fields that the vendor prints, in its order.

pub(super) mod configuration;
pub(super) mod customer;
pub(super) mod tax;

use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::time::Timestamp;
use crate::http::output;

/// A number that the vendor writes as a text (`"TimeRegistrationRoundupTime":"10"` in the answer,
/// `10` in the request). Read as either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberText(pub(super) i64);

impl PartialSchema for NumberText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(
                [Type::String, Type::Integer]
                    .into_iter()
                    .collect::<SchemaType>(),
            )
            .description(Some("A whole number, written as a text, read as either."))
            .pattern(Some("^[0-9]{1,4}$"))
            .minimum(Some(0))
            .into()
    }
}

impl ToSchema for NumberText {}

impl Serialize for NumberText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for NumberText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = NumberText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, such as 10 or \"10\"")
            }

            fn visit_i64<E>(self, value: i64) -> Result<NumberText, E> {
                Ok(NumberText(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<NumberText, E> {
                let value = i64::try_from(value);
                value
                    .map(NumberText)
                    .map_err(|_| E::custom("the number is too large"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<NumberText, E> {
                let value = text.parse().map(NumberText);
                value.map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A moment as the vendor writes it: UTC, without saying so (`2024-10-08T07:17:40.707`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Timestamp);

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A time in UTC, written without saying so."))
            .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"))
            .into()
    }
}

impl ToSchema for Moment {}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = output::time(self.0);
        // Times are written with microseconds and this offset.
        let bare = text.strip_suffix("+00:00").unwrap_or(&text);
        let bare = bare.strip_suffix("000").unwrap_or(bare);
        serializer.serialize_str(bare.strip_suffix(".000").unwrap_or(bare))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = output::parse_time(&text).or_else(|| output::parse_time(&format!("{text}Z")));
        time.map(Self)
            .ok_or_else(|| D::Error::custom("must be a time such as 2026-12-31T00:00:00"))
    }
}

/// A list whose items are not looked at.
pub(super) type AnyList = Option<Vec<IgnoredAny>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_numbers_and_as_texts() {
        let read = |text: &str| serde_json::from_str::<NumberText>(text).ok();
        for (text, expected) in [
            ("10", Some(10)),
            ("\"10\"", Some(10)),
            ("-1", Some(-1)),
            ("10.5", None),
            ("\"\"", None),
            ("\"ten\"", None),
            ("18446744073709551615", None),
        ] {
            assert_eq!(read(text).map(|number| number.0), expected, "{text}");
        }
        assert_eq!(serde_json::to_string(&NumberText(10)).unwrap(), "\"10\"");
    }

    #[test]
    fn moments_are_written_as_the_vendor_does() {
        for (given, written) in [
            ("2024-10-08T07:17:40.707", "2024-10-08T07:17:40.707"),
            ("2026-12-31T00:00:00", "2026-12-31T00:00:00"),
            ("2026-12-31T02:00:00+02:00", "2026-12-31T00:00:00"),
            ("2026-12-31T00:00:00.000001Z", "2026-12-31T00:00:00.000001"),
        ] {
            let json = serde_json::to_string(given).unwrap();
            let read: Moment = serde_json::from_str(&json).unwrap();
            let expected = serde_json::to_string(written).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), expected);
        }
        assert!(serde_json::from_str::<Moment>("\"tomorrow\"").is_err());
    }
}
