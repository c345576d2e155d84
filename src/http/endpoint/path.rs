//! The named segments of a path.

use serde_json::Value;

use super::{Operation, PublicCall, Take};
use crate::domain::ids::{ClientId, MailId, TenantId, UserId};
use crate::http::error::ApiError;
use crate::http::openapi::schema;
use crate::usecases::error::{Error, What};

/// The named parts of a path, in their order.
#[derive(Clone, Default)]
pub struct PathParams(Vec<(String, String)>);

impl PathParams {
    /// What a route matched, as it was sent.
    pub(crate) fn of(matched: &matchit::Params<'_, '_>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(matched.iter().map(owned).collect())
    }

    /// The same percent-decoded.
    ///
    /// # Errors
    /// 400 where a part is not UTF-8.
    pub(crate) fn decoded(&self) -> Result<Self, ApiError> {
        let decoded = self.0.iter().map(|(name, value)| {
            let value = percent_encoding::percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| ApiError::malformed("path", "must be UTF-8"))?;
            Ok((name.clone(), value.into_owned()))
        });
        decoded.collect::<Result<_, ApiError>>().map(Self)
    }

    /// The part of that name; empty where the route has none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn at(&self, place: usize) -> &str {
        self.0.get(place).map_or("", |(_, value)| value.as_str())
    }
}

/// A value that a part of a path names.
pub(crate) trait Segment: Sized + Send {
    /// What it is, for the document.
    const ABOUT: &'static str;

    /// Its schema.
    fn schema() -> Value;

    /// Reads it. What names nothing that can exist is answered like what does not exist.
    ///
    /// # Errors
    /// As for what is unknown.
    fn parse(text: &str) -> Result<Self, ApiError>;
}

/// The named parts of a path, by their place: one, or a tuple of two.
pub(crate) struct Path<T>(pub(crate) T);

fn describe<T: Segment>(operation: &mut Operation, place: usize) {
    let name = operation.segments().nth(place).unwrap_or_default();
    operation.segment(name, T::schema(), T::ABOUT);
}

impl<T: Segment> Take for Path<T> {
    fn describe(operation: &mut Operation) {
        describe::<T>(operation, 0);
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        T::parse(call.path.at(0)).map(Self)
    }
}

impl<T: Segment, U: Segment> Take for Path<(T, U)> {
    fn describe(operation: &mut Operation) {
        describe::<T>(operation, 0);
        describe::<U>(operation, 1);
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        Ok(Self((
            T::parse(call.path.at(0))?,
            U::parse(call.path.at(1))?,
        )))
    }
}

/// Defines ids that paths name: `Type, What::Variant, "what it is";`.
macro_rules! ids {
    ($($kind:ty, $missing:expr, $about:literal;)+) => {$(
        impl Segment for $kind {
            const ABOUT: &'static str = $about;

            fn schema() -> Value {
                schema::id()
            }

            fn parse(text: &str) -> Result<Self, ApiError> {
                text.parse().map_err(|_| Error::NotFound($missing).into())
            }
        }
    )+};
}

ids! {
    TenantId, What::Tenant, "The tenant's id.";
    UserId, What::User, "The user's id.";
    ClientId, What::Client, "The client's id.";
    MailId, What::Mail, "The mail's id.";
}
