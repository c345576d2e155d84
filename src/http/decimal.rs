//! Decimals in JSON: numbers on the wire, read and written digit by digit. serde's own numbers
//! would go through `f64`, which loses digits and the scale.

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::decimal::Decimal;

/// A decimal as a field of a JSON body: `19.95`, with all its digits and the scale that it was
/// written with. Not a string, and not with an exponent.
///
/// It stands only in what is read from and written to JSON text: `serde_json::Value` in between
/// would lose digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl PartialSchema for Number {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some(
                "A decimal, exact to the digit: at most 28 digits, no exponent, and its scale is kept \
                 (`0.00` stays `0.00`). Do not read it through a binary float.",
            ))
            .into()
    }
}

impl ToSchema for Number {
    fn name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        Self(decimal)
    }
}

impl From<Number> for Decimal {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let token = Box::<RawValue>::deserialize(deserializer)?;
        let decimal = token.get().parse().map_err(D::Error::custom)?;
        Ok(Self(decimal))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let token = RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?;
        token.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde::{Deserialize, Serialize};

    use super::Number;
    use crate::http::error::ApiError;
    use crate::http::input;

    #[derive(Debug, Serialize, Deserialize)]
    struct Offer {
        price: Number,
        #[serde(skip_serializing_if = "Option::is_none")]
        volume: Option<Number>,
        #[serde(default)]
        extras: Vec<Number>,
    }

    fn read(text: &str) -> Result<Offer, ApiError> {
        input::json_bytes(&Bytes::copy_from_slice(text.as_bytes()))
    }

    /// Through the whole reader of requests: whatever it wraps around the JSON, digits survive.
    #[test]
    fn digits_and_scale_survive() {
        for text in [
            r#"{"price":0.00,"extras":[]}"#,
            r#"{"price":19.95,"volume":2.5,"extras":[0.1,4.810,60]}"#,
            r#"{"price":1234567890123456789012345.678,"extras":[]}"#,
            r#"{"price":9999999999999999999999999999,"volume":-0.0000000000000000000000000001,"extras":[]}"#,
        ] {
            let offer = read(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(serde_json::to_string(&offer).unwrap(), text);
        }
        let spaced = read("{ \"price\" :\n\t19.950 , \"volume\" : null }").unwrap();
        assert_eq!(spaced.price.0.to_string(), "19.950");
        assert_eq!(spaced.volume, None);
    }

    #[test]
    fn errors_name_the_field_and_say_what_to_write() {
        for (text, field, part) in [
            (r#"{"price":"19.95"}"#, "price", "must be a decimal number"),
            (r#"{"price":null}"#, "price", "must be a decimal number"),
            (r#"{"price":{"a":1}}"#, "price", "must be a decimal number"),
            (r#"{"price":1.5e3}"#, "price", "without an exponent"),
            (
                r#"{"price":0,"volume":true}"#,
                "volume",
                "must be a decimal",
            ),
            (
                r#"{"price":0,"extras":[1,2,"3"]}"#,
                "extras[2]",
                "must be a decimal",
            ),
            (
                r#"{"price":10000000000000000000000000000}"#,
                "price",
                "at most 28 digits",
            ),
            (r#"{"price":01}"#, "body", "no valid JSON"),
            (r#"{"price":1.}"#, "body", "no valid JSON"),
            (r#"{"price":1e999}"#, "body", "no valid JSON"),
            (r#"{"price":1,"price":1}"#, "body", "stands twice"),
            (
                r#"{"price":1,"volume":{"a":1,"a":1}}"#,
                "body",
                "stands twice",
            ),
        ] {
            let Err(ApiError::Malformed { field: found, why }) = read(text) else {
                panic!("{text} was taken");
            };
            assert_eq!(found, field, "{text}");
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
