//! Queries: a struct whose fields are the parameters. Parsing, documentation and the check for
//! unknown parameters come from one declaration.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value as Json, json};

use crate::domain::ids::{TaxId, TenantId, UserId, V1Id};
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::openapi::schema;

/// The parameters of a query, as [`query!`] defines them.
pub(crate) trait Query: Sized {
    /// Reads them.
    ///
    /// # Errors
    /// 400 with the name of the first that is wrong.
    fn read(params: &Params) -> Result<Self, ApiError>;
}

/// Defines the query of an endpoint. A field is called as its parameter, unless `as` says
/// otherwise; `=` gives an example, which requests of tests send.
macro_rules! query {
    (
        $(#[doc = $about:literal])+
        $visible:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident $(as $wire:literal)?: $kind:ty $(= $example:expr)?,
            )+
        }
    ) => {
        $(#[doc = $about])+
        $visible struct $name {
            $($(#[doc = $doc])+ $visible $field: $kind,)+
        }

        impl $crate::http::endpoint::Query for $name {
            fn read(
                params: &$crate::http::input::Params,
            ) -> Result<Self, $crate::http::error::ApiError> {
                Ok(Self {
                    $($field: {
                        let name = $crate::http::endpoint::query!(@name $field $($wire)?);
                        $crate::http::endpoint::Parameter::read(name, params.get(name))?
                    },)+
                })
            }
        }

        impl $crate::http::endpoint::Take for $name {
            fn describe(operation: &mut $crate::http::endpoint::Operation) {
                $({
                    let name = $crate::http::endpoint::query!(@name $field $($wire)?);
                    #[allow(unused_mut, reason = "not every parameter has an example")]
                    let mut described =
                        <$kind as $crate::http::endpoint::Parameter>::describe(
                            name,
                            concat!($($doc),+).trim(),
                        );
                    $(described.insert("example".to_owned(), serde_json::json!($example));)?
                    operation.query(described);
                })+
            }

            fn take(
                call: &$crate::http::endpoint::PublicCall,
            ) -> Result<Self, $crate::http::error::ApiError> {
                $crate::http::endpoint::Query::read(&call.query)
            }
        }
    };
    (@name $field:ident $wire:literal) => { $wire };
    (@name $field:ident) => { stringify!($field) };
}

pub(crate) use query;

/// A parameter of a query: what a field of [`query!`] can be.
pub(crate) trait Parameter: Sized + Send {
    /// Describes it for the document.
    fn describe(name: &str, about: &str) -> Described;

    /// Reads its text; `None` where the query has no such parameter.
    ///
    /// # Errors
    /// 400 with its name.
    fn read(name: &str, text: Option<&str>) -> Result<Self, ApiError>;
}

/// A value that a parameter can have.
pub(crate) trait Value: Sized + Send {
    /// Whether commas stand between several values.
    const IS_LIST: bool = false;

    /// Its schema.
    fn schema() -> Json;

    /// Reads it.
    ///
    /// # Errors
    /// What to write instead.
    fn parse(text: &str) -> Result<Self, String>;
}

/// A parameter as the document has it.
pub(crate) type Described = Map<String, Json>;

/// Describes a parameter.
pub(crate) fn described(name: &str, is_required: bool, schema: Json, about: &str) -> Described {
    Map::from_iter([
        ("in".to_owned(), json!("query")),
        ("name".to_owned(), json!(name)),
        ("required".to_owned(), json!(is_required)),
        ("schema".to_owned(), schema),
        ("description".to_owned(), json!(about)),
    ])
}

fn describe<T: Value>(name: &str, about: &str, is_required: bool) -> Described {
    let mut described = described(name, is_required, T::schema(), about);
    if T::IS_LIST {
        described.insert("style".to_owned(), json!("form"));
        described.insert("explode".to_owned(), json!(false));
    }
    described
}

impl<T: Value> Parameter for Option<T> {
    fn describe(name: &str, about: &str) -> Described {
        describe::<T>(name, about, false)
    }

    fn read(name: &str, text: Option<&str>) -> Result<Self, ApiError> {
        let value = text.map(T::parse).transpose();
        value.map_err(|why| ApiError::malformed(name, why))
    }
}

/// A parameter that must be there.
pub(crate) struct Required<T>(pub(crate) T);

impl<T: Value> Parameter for Required<T> {
    fn describe(name: &str, about: &str) -> Described {
        describe::<T>(name, about, true)
    }

    fn read(name: &str, text: Option<&str>) -> Result<Self, ApiError> {
        let text = text.ok_or_else(|| ApiError::malformed(name, "the parameter is required"))?;
        let value = T::parse(text).map_err(|why| ApiError::malformed(name, why));
        value.map(Self)
    }
}

/// How many at most: 1 to `MAX`, else `DEFAULT`.
pub(crate) struct Limit<const DEFAULT: usize, const MAX: usize>(pub(crate) usize);

impl<const DEFAULT: usize, const MAX: usize> Parameter for Limit<DEFAULT, MAX> {
    fn describe(name: &str, about: &str) -> Described {
        described(name, false, schema::integer(1, MAX as u64), about)
    }

    fn read(name: &str, text: Option<&str>) -> Result<Self, ApiError> {
        let number = text.map(|text| whole(text, 1, MAX)).transpose();
        let number = number.map_err(|why| ApiError::malformed(name, why))?;
        Ok(Self(number.unwrap_or(DEFAULT)))
    }
}

/// A whole number from `min` to `max`, without a sign.
fn whole<T: FromStr + PartialOrd + fmt::Display>(text: &str, min: T, max: T) -> Result<T, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    let number = number.filter(|number| *number >= min && *number <= max);
    number.ok_or_else(|| format!("must be a whole number from {min} to {max}"))
}

/// A whole number from `MIN` to `MAX`.
pub(crate) struct Whole<const MIN: usize, const MAX: usize>(pub(crate) usize);

impl<const MIN: usize, const MAX: usize> Value for Whole<MIN, MAX> {
    fn schema() -> Json {
        schema::integer(MIN as u64, MAX as u64)
    }

    fn parse(text: &str) -> Result<Self, String> {
        whole(text, MIN, MAX).map(Self)
    }
}

/// A version, or any other number of 64 bits.
impl Value for u64 {
    fn schema() -> Json {
        schema::integer(0, Self::MAX)
    }

    fn parse(text: &str) -> Result<Self, String> {
        whole(text, 0, Self::MAX)
    }
}

impl Value for String {
    fn schema() -> Json {
        schema::any_text()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

/// In any case: Python writes `True`.
impl Value for bool {
    fn schema() -> Json {
        json!({ "type": "boolean" })
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }
}

/// Values with commas between them: one to `MAX`.
pub(crate) struct List<T, const MAX: usize>(pub(crate) Vec<T>);

impl<T: Value, const MAX: usize> Value for List<T, MAX> {
    const IS_LIST: bool = true;

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema(), "minItems": 1, "maxItems": MAX })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').collect();
        if parts.len() > MAX {
            return Err(format!("takes at most {MAX} values"));
        }
        if parts.contains(&"") {
            let why = "has an empty value; give values with commas between them, or leave it out";
            return Err(why.to_owned());
        }
        let parsed = parts.into_iter().map(T::parse);
        parsed.collect::<Result<_, _>>().map(Self)
    }
}

/// Implements [`Value`] for types with a parser of their own: `Type, schema;`.
macro_rules! parsed {
    ($($kind:ty, $schema:expr;)+) => {$(
        impl Value for $kind {
            fn schema() -> Json {
                $schema
            }

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|why| format!("{why}"))
            }
        }
    )+};
}

parsed! {
    TenantId, schema::id();
    UserId, schema::id();
    TaxId, schema::id();
    V1Id, schema::integer(0, u64::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    query! {
        /// Of a list.
        struct ListQuery {
            /// How many at most.
            limit: Limit<100, 1000>,
            /// Which page.
            page as "Page": Option<Whole<1, 9>> = 2,
            /// These.
            names: Option<List<String, 2>>,
            /// Whether all.
            full: Required<bool>,
        }
    }

    fn read(query: &str) -> Result<ListQuery, ApiError> {
        ListQuery::read(&Params::of_text(query).unwrap())
    }

    #[test]
    fn parameters_are_read_by_their_types() {
        let found = read("full=True&limit=1000&Page=9&names=a,b").unwrap();
        assert!(found.full.0);
        assert_eq!((found.limit.0, found.page.unwrap().0), (1000, 9));
        assert_eq!(found.names.unwrap().0, ["a", "b"]);
        let found = read("full=false").unwrap();
        assert_eq!(found.limit.0, 100);
        assert!(found.page.is_none() && found.names.is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, field) in [
            ("", "full"),
            ("full=1", "full"),
            ("full=true&limit=0", "limit"),
            ("full=true&limit=1001", "limit"),
            ("full=true&limit=+1", "limit"),
            ("full=true&limit=", "limit"),
            ("full=true&Page=10", "Page"),
            ("full=true&names=", "names"),
            ("full=true&names=a,,b", "names"),
            ("full=true&names=a,b,c", "names"),
        ] {
            let found = read(query).map(|_| ()).unwrap_err();
            assert!(
                matches!(&found, ApiError::Malformed { field: named, .. } if named == field),
                "{query}: {found:?}"
            );
        }
    }

    #[test]
    fn the_document_says_what_is_read() {
        let described = <Option<Whole<1, 9>>>::describe("Page", "Which page.");
        assert_eq!(
            described["schema"],
            json!({ "type": "integer", "minimum": 1, "maximum": 9 })
        );
        assert_eq!(described["required"], false);
        let described = <Option<List<String, 2>>>::describe("names", "These.");
        assert_eq!(described["schema"]["maxItems"], 2);
        assert_eq!(described["explode"], false);
        assert_eq!(<Required<bool>>::describe("full", "")["required"], true);
    }
}
