//! Schemas that no wire type has: parameters, texts of a fixed set, and what is no JSON.

use serde_json::{Value, json};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Defines schemas for texts out of a fixed set: `Name = the set;`, each with a comment that says
/// what the text means. The sets are those of the code, so the two cannot differ.
macro_rules! names {
    ($($(#[doc = $doc:literal])+ $visible:vis $name:ident = $all:expr;)+) => {$(
        $(#[doc = $doc])+
        $visible enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::openapi::schema::set(concat!($($doc),+), $all)
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

pub(in crate::http) use names;

/// What is always null.
pub(in crate::http) enum Null {}

impl PartialSchema for Null {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

impl ToSchema for Null {}

/// Any JSON value.
pub(in crate::http) enum Any {}

impl PartialSchema for Any {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .into()
    }
}

impl ToSchema for Any {}

/// One of `all`.
pub(in crate::http) fn set(
    about: &str,
    all: impl IntoIterator<Item = &'static str>,
) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about.trim()))
        .enum_values(Some(all))
        .into()
}

/// A UUID in its hyphenated form.
pub(in crate::http) fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

/// A whole number.
pub(in crate::http) fn integer(min: u64, max: u64) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}

/// A version: grows by one with each change.
pub(in crate::http) fn version() -> Value {
    integer(0, u64::MAX)
}

/// A text of one line.
pub(in crate::http) fn text(min_chars: usize, max_chars: usize) -> Value {
    json!({ "type": "string", "minLength": min_chars, "maxLength": max_chars, "pattern": LINE })
}

/// A text that matches a pattern (of ECMA-262).
pub(in crate::http) fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// One of these texts.
pub(in crate::http) fn one_of(names: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "type": "string", "enum": names.into_iter().collect::<Vec<_>>() })
}

/// Ids joined by commas.
pub(in crate::http) fn ids(max_items: usize) -> Value {
    json!({ "type": "array", "items": id(), "minItems": 1, "maxItems": max_items })
}

/// API v1 ids joined by commas.
pub(in crate::http) fn v1_ids(max_items: usize) -> Value {
    json!({ "type": "array", "items": integer(0, u64::MAX), "minItems": 1, "maxItems": max_items })
}

/// Texts joined by commas.
pub(in crate::http) fn texts(max_items: usize) -> Value {
    json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "maxItems": max_items })
}

/// Bytes that are no text.
pub(in crate::http) fn binary() -> Value {
    json!({ "type": "string", "format": "binary" })
}

/// A login of users.
pub(in crate::http) fn login() -> Value {
    json!({ "type": "string", "minLength": 3, "maxLength": 128, "pattern": LOGIN })
}

/// Any text.
pub(in crate::http) fn any_text() -> Value {
    json!({ "type": "string" })
}

/// No control characters, line breaks or direction overrides (as [`crate::domain::text`] has it).
pub(in crate::http) const LINE: &str =
    r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";

/// A language tag (as [`crate::domain::text`] has it).
pub(in crate::http) const LANGUAGE: &str = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$";

/// The characters of logins (as [`crate::domain::text`] has it).
pub(in crate::http) const LOGIN: &str = "^[A-Za-z0-9.@_+:!#$%^*={}'`/?-]+$";
