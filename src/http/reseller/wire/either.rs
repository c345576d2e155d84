//! What is written in one of several ways: serde and `OpenAPI` derive neither.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, OneOfBuilder, SchemaType};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// `true`, `false`, or the name of a role; the first two also as strings.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "must be true, false or the name of a role")]
pub(crate) enum KeepRoleRequest {
    Flag(bool),
    Text(String),
}

impl From<KeepRoleRequest> for String {
    fn from(keep: KeepRoleRequest) -> Self {
        match keep {
            KeepRoleRequest::Flag(keep) => keep.to_string(),
            KeepRoleRequest::Text(text) => text,
        }
    }
}

impl PartialSchema for KeepRoleRequest {
    fn schema() -> RefOr<Schema> {
        let either = [Type::Boolean, Type::String].into_iter();
        ObjectBuilder::new()
            .schema_type(either.collect::<SchemaType>())
            .min_length(Some(1))
            .description(Some("`false`, `true`, or the name of a role."))
            .into()
    }
}

impl ToSchema for KeepRoleRequest {
    fn name() -> Cow<'static, str> {
        "KeepRole".into()
    }
}

/// A role's name, or an object with its `id` or `name`, such as answers hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RoleRefRequest {
    Id(u64),
    Name(String),
}

impl<'de> Deserialize<'de> for RoleRefRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = RoleRefRequest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a role, or an object with its id or name")
            }

            fn visit_str<E>(self, value: &str) -> Result<RoleRefRequest, E> {
                Ok(RoleRefRequest::Name(value.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RoleRefRequest, A::Error> {
                let (mut id, mut name) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "id" => id = Some(map.next_value()?),
                        "name" => name = Some(map.next_value()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                let by_id = id.map(RoleRefRequest::Id);
                by_id
                    .or_else(|| name.map(RoleRefRequest::Name))
                    .ok_or_else(|| A::Error::custom("a role needs an id or a name"))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl PartialSchema for RoleRefRequest {
    fn schema() -> RefOr<Schema> {
        let text = || {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
        };
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0));
        let by_id = ObjectBuilder::new().property("id", number).required("id");
        let by_name = ObjectBuilder::new()
            .property("name", text())
            .required("name");
        OneOfBuilder::new()
            .item(text())
            .item(AnyOfBuilder::new().item(by_id).item(by_name))
            .description(Some(
                "The name of a role, or an object with its `id` or `name`, such as answers hold.",
            ))
            .into()
    }
}

impl ToSchema for RoleRefRequest {
    fn name() -> Cow<'static, str> {
        "RoleReference".into()
    }
}
