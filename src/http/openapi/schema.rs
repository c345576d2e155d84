//! Schemas without a wire type: parameters, names from a fixed set, binary content.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Defines schemas for texts out of a fixed set: `Name = the set;`, each with a comment that says
/// what the text means. The sets are those of the code, so the two cannot differ.
macro_rules! names {
    ($($(#[doc = $doc:literal])+ $visible:vis $name:ident = $all:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, serde::Serialize)]
        #[allow(dead_code, reason = "of what only requests hold, no value is made")]
        $visible struct $name($visible &'static str);

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::openapi::schema::set(concat!($($doc),+), $all)
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

pub(crate) use names;

/// What is always null.
#[derive(Debug, Serialize)]
pub(crate) struct Null;

impl PartialSchema for Null {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

impl ToSchema for Null {}

/// Any JSON value.
pub(crate) enum Any {}

impl PartialSchema for Any {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .into()
    }
}

impl ToSchema for Any {}

/// One of `all`.
pub(crate) fn set(about: &str, all: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about.trim()))
        .enum_values(Some(all))
        .into()
}

/// A UUID in its hyphenated form.
pub(crate) fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

/// A whole number.
pub(crate) fn integer(min: u64, max: u64) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}

/// A version: grows by one with each change.
pub(crate) fn version() -> Value {
    integer(0, u64::MAX)
}

/// A text of one line.
pub(crate) fn text(min_chars: usize, max_chars: usize) -> Value {
    json!({ "type": "string", "minLength": min_chars, "maxLength": max_chars, "pattern": LINE })
}

/// A text that matches a pattern (of ECMA-262).
pub(crate) fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// One of these texts.
pub(crate) fn one_of(names: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "type": "string", "enum": names.into_iter().collect::<Vec<_>>() })
}

/// Bytes that are no text.
pub(crate) fn binary() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// A login of users.
pub(crate) fn login() -> Value {
    json!({ "type": "string", "minLength": 3, "maxLength": 128, "pattern": LOGIN })
}

/// Any text.
pub(crate) fn any_text() -> Value {
    json!({ "type": "string" })
}

/// No control characters, line breaks or direction overrides (as [`crate::domain::text`] has it).
pub(crate) const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";

/// A language tag (as [`crate::domain::text`] has it).
pub(crate) const LANGUAGE: &str = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$";

/// The characters of logins (as [`crate::domain::text`] has it).
pub(crate) const LOGIN: &str = "^[A-Za-z0-9.@_+:!#$%^*={}'`/?-]+$";
