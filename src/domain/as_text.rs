//! Values that are stored as their text. Deserializing uses the value's own parser, so a stored
//! text that the parser refuses is an error.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::billing::VatNumber;
use super::client::ApiScopes;
use super::contact::EmailAddress;
use super::decimal::Decimal;
use super::plan::Currency;
use super::reseller::name::Name;
use super::snooze::AlertId;

macro_rules! stored_as_text {
    ($($value:ident: $read:expr),+ $(,)?) => {$(
        impl Serialize for $value {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read: fn(&str) -> Option<Self> = $read;
                let text = String::deserialize(deserializer)?;
                read(&text).ok_or_else(|| D::Error::custom(concat!("invalid ", stringify!($value))))
            }
        }
    )+};
}

stored_as_text!(
    AlertId: |text| text.parse().ok(),
    ApiScopes: |text| Self::parse(text).ok(),
    Currency: Self::from_code,
    Decimal: |text| text.parse().ok(),
    EmailAddress: |text| text.parse().ok(),
    Name: |text| text.parse().ok(),
    VatNumber: |text| text.parse().ok(),
);
