//! What several handlers share: path segments, query parameters and answers.

use std::marker::PhantomData;

use serde_json::{Value, json};

use crate::domain::client::ApiScope::Plans;
use crate::domain::reseller::name::{MAX_NAME_CHARS, Name};
use crate::domain::reseller::retention::Retention;
use crate::http::endpoint::{Operation, ParameterValue, Segment, get, put, query};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::http::reseller::convert;
use crate::http::reseller::examples::half_a_year;
use crate::http::reseller::wire::RetentionResponse;
use crate::usecases::error::{Error, What};
use crate::usecases::reseller::roles::Home;

impl ParameterValue for Name {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS, "example": "Gold" })
    }

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|why| why.to_string())
    }
}

/// Defines names, in paths, of what exists: `Type, What::Variant, "what it is";`.
macro_rules! known {
    ($($kind:ident, $what:expr, $about:literal;)+) => {$(
        #[doc = $about]
        pub(super) struct $kind(pub(super) Name);

        impl Segment for $kind {
            const ABOUT: &'static str = $about;

            fn schema() -> Value {
                Name::schema()
            }

            fn parse(text: &str) -> Result<Self, ApiError> {
                // What can be no name names nothing.
                Name::parse(text).map(Self).map_err(|_| Error::NotFound($what).into())
            }
        }
    )+};
}

known! {
    PlanName, What::Plan, "The name of the plan; case does not matter.";
    DomainName, What::Domain, "The name of the domain; case does not matter.";
    RoleName, What::Role, "The name of the role; case does not matter.";
}

impl From<PlanName> for Home {
    fn from(PlanName(name): PlanName) -> Self {
        Self::Plan(name)
    }
}

impl From<DomainName> for Home {
    fn from(DomainName(name): DomainName) -> Self {
        Self::Domain(name)
    }
}

/// The name, in a path, of something that may be created.
pub(super) struct New<T>(pub(super) Name, pub(super) PhantomData<T>);

impl<T: Segment> Segment for New<T> {
    const ABOUT: &'static str = T::ABOUT;

    fn schema() -> Value {
        T::schema()
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        convert::name("name", text).map(|name| Self(name, PhantomData))
    }
}

/// The `name` of a body may repeat the one of the path: callers send whole objects back.
pub(super) fn check_repeated(name: &Name, in_body: Option<&str>) -> Result<(), ApiError> {
    let in_body = in_body.map(|text| convert::name("name", text));
    if in_body.transpose()?.is_none_or(|other| other.is(name)) {
        return Ok(());
    }
    let why = "plans and domains are not renamed; leave name out, or repeat the one of the path";
    Err(Error::Refused(why.to_owned()).into())
}

query! {
    /// In which form roles are shown.
    pub(super) struct RolesQuery {
        /// Roles with their policies and resources.
        full: Option<bool>,
    }
}

pub(super) fn reads_retention(path: &'static str, id: &'static str) -> Operation {
    get(path, id, "Ingestion and retention")
        .scope(Plans)
        .answers::<RetentionResponse>(200, "The values.")
        .such_as(half_a_year())
        .tagged()
}

pub(super) fn sets_retention(path: &'static str, id: &'static str) -> Operation {
    put(path, id, "Sets ingestion and retention")
        .scope(Plans)
        .example(half_a_year())
        .answers::<RetentionResponse>(200, "The values.")
        .such_as(half_a_year())
        .tagged()
}

/// The retention of what has this version.
pub(super) fn show_retention(retention: Retention, version: u64) -> Response {
    output::versioned(output::ok(&convert::retention_out(retention)), version)
}
