//! Usage records as they come in: read one by one, so that a broken one never undoes another.

mod value;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::ids::{AccountId, InfraId};
use crate::domain::meter::{UsageKey, UsageName, UsageNames};
use crate::domain::quota::Item;
use crate::domain::text::check_line;
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::output::parse_time;
use crate::usecases::report_usage::UsageReport;
use value::Value;

/// More records than this in one body are refused: each may be answered by an error of its own.
pub(super) const MAX_RECORDS: usize = 262_144;

/// The longest `usage_name` and `edition`, in bytes.
const MAX_TEXT_BYTES: usize = 128;

/// Defines the fields of a record with their names: places in [`Record::values`].
macro_rules! fields {
    ($($field:ident = $name:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Field {
            $($field,)+
        }

        impl Field {
            const COUNT: usize = [$($name),+].len();

            const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)+
                }
            }

            fn of_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$field),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    TenantId = "tenant_id",
    UserId = "user_id",
    Item = "item",
    UsageName = "usage_name",
    Value = "value",
    InfraId = "infra_id",
    Edition = "edition",
    ObservedAt = "observed_at",
}

/// A line number, from 1, and what is reported there.
pub(super) type Line = (usize, Result<UsageReport, ApiError>);

/// The records of a JSON array.
///
/// # Errors
/// 400 where the whole is no array of JSON values, or too long.
pub(super) fn of_array(body: &[u8], names: &UsageNames) -> Result<Vec<Line>, ApiError> {
    let broken = |why: serde_json::Error| {
        ApiError::malformed("body", format!("no JSON array of records: {why}"))
    };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let lines = reader.deserialize_seq(Array(names)).map_err(broken)?;
    reader.end().map_err(broken)?;
    Ok(lines)
}

/// The records of newline-delimited JSON; blank lines count as lines, and are skipped.
///
/// # Errors
/// 400 where there are too many.
pub(super) fn of_lines(body: &[u8], names: &UsageNames) -> Result<Vec<Line>, ApiError> {
    let mut lines = Vec::new();
    for (index, text) in body.split(|byte| *byte == b'\n').enumerate() {
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if lines.len() == MAX_RECORDS {
            return Err(ApiError::malformed("body", too_many()));
        }
        let record = serde_json::from_slice::<Record<'_>>(text)
            .map_err(|why| ApiError::malformed("record", format!("no valid JSON: {why}")));
        lines.push((index + 1, record.and_then(|record| record.read(names))));
    }
    Ok(lines)
}

fn too_many() -> String {
    format!("takes at most {MAX_RECORDS} records; send the rest in another request")
}

struct Array<'n>(&'n UsageNames);

impl<'de> Visitor<'de> for Array<'_> {
    type Value = Vec<Line>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut lines = Vec::new();
        while let Some(record) = seq.next_element::<Record<'de>>()? {
            if lines.len() == MAX_RECORDS {
                return Err(A::Error::custom(too_many()));
            }
            lines.push((lines.len() + 1, record.read(self.0)));
        }
        Ok(lines)
    }
}

/// A record whose fields are known by name, and not yet by meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Record<'a> {
    values: [Option<Value<'a>>; Field::COUNT],
    /// The first thing that is wrong with it as a whole: field and reason.
    problem: Option<(String, &'static str)>,
}

impl<'a> Record<'a> {
    fn broken(field: &str, why: &'static str) -> Self {
        let mut record = Self::default();
        record.complain(field, why);
        record
    }

    fn complain(&mut self, field: &str, why: &'static str) {
        let field = || field.chars().take(64).collect();
        self.problem.get_or_insert_with(|| (field(), why));
    }

    /// What the record reports.
    ///
    /// # Errors
    /// 400: which field, and why.
    fn read(mut self, names: &UsageNames) -> Result<UsageReport, ApiError> {
        if let Some((field, why)) = self.problem {
            return Err(ApiError::malformed(field, why));
        }
        Ok(UsageReport {
            account: self.account()?,
            absolute: self.value()?,
            observed_at: self.observed_at()?,
            key: UsageKey {
                usage_name: self.usage_name(names)?,
                edition: self.bounded(Field::Edition)?,
                infra_id: self.parsed::<InfraId>(Field::InfraId)?,
            },
        })
    }

    fn account(&mut self) -> Result<AccountId, ApiError> {
        match (self.parsed(Field::TenantId)?, self.parsed(Field::UserId)?) {
            (Some(tenant), None) => Ok(AccountId::Tenant(tenant)),
            (None, Some(user)) => Ok(AccountId::User(user)),
            _ => {
                let why = "give exactly one of tenant_id and user_id";
                Err(ApiError::malformed("tenant_id", why))
            }
        }
    }

    fn value(&mut self) -> Result<u64, ApiError> {
        match self.take(Field::Value) {
            Some(Value::Count(value)) => Ok(value),
            None => Err(ApiError::malformed("value", "is required")),
            Some(_) => {
                let why = "must be a whole number from 0 to 18446744073709551615";
                Err(ApiError::malformed("value", why))
            }
        }
    }

    fn observed_at(&mut self) -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = self.text(Field::ObservedAt)? else {
            return Ok(None);
        };
        let why = "must be a time such as 2030-01-31T12:00:00+00:00";
        let time = parse_time(&text).ok_or_else(|| ApiError::malformed("observed_at", why))?;
        Ok(Some(time))
    }

    fn usage_name(&mut self, names: &UsageNames) -> Result<UsageName, ApiError> {
        match (
            self.parsed::<Item>(Field::Item)?,
            self.bounded(Field::UsageName)?,
        ) {
            (None, Some(name)) => Ok(name.into()),
            (Some(item), None) => {
                let found = names.iter().find(|(_, known)| **known == item);
                let why = "no usage name counts as this item here; give usage_name";
                found
                    .map(|(name, _)| name.clone())
                    .ok_or_else(|| ApiError::malformed("item", why))
            }
            _ => {
                let why = "give exactly one of item and usage_name";
                Err(ApiError::malformed("item", why))
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "one value for each field")]
    fn take(&mut self, field: Field) -> Option<Value<'a>> {
        self.values[field as usize]
            .take()
            .filter(|value| *value != Value::Null)
    }

    fn text(&mut self, field: Field) -> Result<Option<Cow<'a, str>>, ApiError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::malformed(field.name(), "must be a text")),
        }
    }

    fn bounded(&mut self, field: Field) -> Result<Option<String>, ApiError> {
        let text = self.text(field)?.map(Cow::into_owned);
        match text {
            Some(text) if text.is_empty() || text.len() > MAX_TEXT_BYTES => {
                let why = format!("must be 1 to {MAX_TEXT_BYTES} bytes long");
                Err(ApiError::malformed(field.name(), why))
            }
            Some(text) => {
                let checked = check_line(&text, MAX_TEXT_BYTES);
                checked.map_err(|why| ApiError::malformed(field.name(), why))?;
                Ok(Some(text))
            }
            None => Ok(None),
        }
    }

    fn parsed<T: std::str::FromStr<Err: fmt::Display>>(
        &mut self,
        field: Field,
    ) -> Result<Option<T>, ApiError> {
        let parsed = self.text(field)?.map(|text| text.parse()).transpose();
        parsed.map_err(|why| ApiError::malformed(field.name(), why))
    }
}

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RecordVisitor)
    }
}

const NO_OBJECT: &str = "must be an object";

/// Takes a JSON value for a record that is no object.
macro_rules! no_object {
    ($($visit:ident($value:ty)),+) => {$(
        fn $visit<E>(self, _: $value) -> Result<Self::Value, E> {
            Ok(Record::broken("record", NO_OBJECT))
        }
    )+};
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    #[expect(clippy::indexing_slicing, reason = "one value for each field")]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = Record::default();
        while let Some(Key(known)) = map.next_key()? {
            let value = map.next_value::<Value<'de>>()?;
            match known {
                Err(name) => record.complain(&name, "is no field of a usage record"),
                Ok(field) if record.values[field as usize].is_some() => {
                    record.complain(field.name(), "stands twice");
                }
                Ok(field) => record.values[field as usize] = Some(value),
            }
        }
        Ok(record)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Record::broken("record", NO_OBJECT))
    }

    no_object! { visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str) }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Record::broken("record", NO_OBJECT))
    }
}

/// A known field, or the name that is not known.
struct Key(Result<Field, String>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(Key(Field::of_name(name).ok_or_else(|| name.to_owned())))
    }
}

#[cfg(test)]
mod tests;
