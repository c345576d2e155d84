//! Reads requests: JSON bodies, forms, queries, headers. Ambiguous input (a duplicate key or
//! parameter) is refused.

mod strict;

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, IF_MATCH};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};

use super::error::ApiError;
use super::message::{Head, Request};

/// The media type of a request without its parameters, in lower case.
#[must_use]
pub fn media_type(head: &Head) -> Option<String> {
    let value = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase(),
    )
}

/// Refuses compressed request bodies: decompressing what strangers send costs too much.
///
/// # Errors
/// [`ApiError::ContentEncoding`].
pub fn refuse_encoding(head: &Head) -> Result<(), ApiError> {
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err(ApiError::ContentEncoding);
    }
    Ok(())
}

/// Reads a JSON body.
///
/// # Errors
/// 415 where it is no JSON by its media type; 400 with the path of the field where it is broken,
/// has a duplicate key, or does not fit `T`.
pub fn json<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    if media_type(&request.head).as_deref() != Some("application/json") {
        return Err(ApiError::MediaType("application/json"));
    }
    json_bytes(&request.body)
}

/// Reads JSON.
///
/// # Errors
/// As [`json`].
pub fn json_bytes<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    let broken = |error: serde_json::Error| ApiError::malformed("body", explain(&error));
    serde_json::from_slice::<NoDuplicates>(body).map_err(broken)?;
    read(&mut serde_json::Deserializer::from_slice(body), "body")
}

/// Reads a `T` from JSON: its objects from objects only, never from arrays. `whole` is what errors
/// call the JSON as a whole.
///
/// # Errors
/// 400 with the path of the field that does not fit `T`.
pub fn read<'de, T, D>(json: D, whole: &str) -> Result<T, ApiError>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de, Error = serde_json::Error>,
{
    serde_path_to_error::deserialize(strict::Strict(json)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { whole.to_owned() } else { path };
        ApiError::Malformed {
            field,
            why: explain(error.inner()),
        }
    })
}

/// What serde says, without the position where it says nothing to a caller, and as what to write
/// rather than what was read.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() {
        return format!("no valid JSON: {text}");
    }
    let text = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(what, _)| what);
    let unfit = ["invalid type: ", "invalid value: ", "unknown variant "];
    let unfit = unfit.iter().any(|start| text.starts_with(start));
    // The last one: what comes before may quote the caller.
    match text.rsplit_once(", expected ") {
        Some((_, expected)) if unfit => format!("must be {expected}"),
        _ => text.to_owned(),
    }
}

/// Walks any JSON value and refuses objects that name a key twice.
struct NoDuplicates;

impl<'de> Deserialize<'de> for NoDuplicates {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = NoDuplicates;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_i64<E>(self, _: i64) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_u64<E>(self, _: u64) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_f64<E>(self, _: f64) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_str<E>(self, _: &str) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_unit<E>(self) -> Result<NoDuplicates, E> {
        Ok(NoDuplicates)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<NoDuplicates, A::Error> {
        while seq.next_element::<NoDuplicates>()?.is_some() {}
        Ok(NoDuplicates)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NoDuplicates, A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<NoDuplicates>()?;
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format!(
                    "the key {key:?} stands twice"
                )));
            }
        }
        Ok(NoDuplicates)
    }
}

/// The parameters of a query or a form, each at most once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// The query of a request.
    ///
    /// # Errors
    /// 400 where it is not UTF-8 or has a parameter twice.
    pub fn of_query(head: &Head) -> Result<Self, ApiError> {
        Self::of_text(head.uri.query().unwrap_or_default())
    }

    /// The text of a query.
    ///
    /// # Errors
    /// As [`Params::of_query`].
    pub fn of_text(query: &str) -> Result<Self, ApiError> {
        Self::parse(query.as_bytes(), "query")
    }

    /// A form body.
    ///
    /// # Errors
    /// 415 where it is no form; 400 as [`Params::of_query`].
    pub fn of_form(request: &Request) -> Result<Self, ApiError> {
        const FORM: &str = "application/x-www-form-urlencoded";
        if media_type(&request.head).as_deref() != Some(FORM) {
            return Err(ApiError::MediaType(FORM));
        }
        Self::parse(&request.body, "body")
    }

    fn parse(bytes: &[u8], what: &str) -> Result<Self, ApiError> {
        let lossless = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| percent_decode_str(text).decode_utf8().is_ok());
        let Some(text) = lossless else {
            return Err(ApiError::malformed(what, "must be UTF-8, percent-encoded"));
        };
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text)
            .map_err(|_| ApiError::malformed(what, "must be name=value pairs joined by &"))?;
        let mut seen = std::collections::HashSet::new();
        for (name, _) in &pairs {
            if !seen.insert(name.as_str()) {
                return Err(ApiError::malformed(
                    name.clone(),
                    "the parameter stands twice",
                ));
            }
        }
        Ok(Self { pairs })
    }

    /// The value of `name`, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Refuses parameters other than `known`; the native dialect does, the vendors' do not.
    ///
    /// # Errors
    /// 400 naming the first unknown one.
    pub fn only<S: AsRef<str>>(&self, known: &[S]) -> Result<(), ApiError> {
        let unknown = self
            .pairs
            .iter()
            .find(|(name, _)| !known.iter().any(|known| known.as_ref() == name));
        match unknown {
            None => Ok(()),
            Some((name, _)) => {
                let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
                let known = known.join(", ");
                let name: String = name.chars().take(64).collect();
                Err(ApiError::malformed(
                    name,
                    format!("unknown parameter; known are: {known}"),
                ))
            }
        }
    }
}

/// The version that `If-Match` asks for: `"3"` is version 3; `*` asks for none in particular.
///
/// # Errors
/// 412 where it names no version that could be current; 400 where it stands twice.
pub fn if_match(head: &Head) -> Result<Option<u64>, ApiError> {
    let mut values = head.headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(ApiError::malformed("If-Match", "the header stands twice"));
    }
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    // Tags are compared as they are written, and versions are written in one way only.
    let version = version.and_then(|digits| {
        let version = digits.parse::<u64>().ok();
        version.filter(|version| version.to_string() == digits)
    });
    version.map(Some).ok_or(ApiError::PreconditionFailed)
}

#[cfg(test)]
mod tests;
