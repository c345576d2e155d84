//! The envelope of lists. In the document each kind of list has a schema of its own.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::{self as api, ObjectBuilder};
use utoipa::{PartialSchema as _, ToSchema};
use uuid::Uuid;

use crate::http::wire::paging;

/// A list of objects.
#[derive(Debug, Serialize)]
pub(crate) struct ListResponse<T> {
    /// The moment of the answer.
    pub(crate) timestamp: String,
    /// What is on this page.
    pub(crate) items: Vec<T>,
    /// Where the list goes on.
    pub(crate) paging: Paging,
}

paging! { Paging, Cursors }

/// A list that is whole.
#[derive(Debug, Serialize)]
pub(crate) struct ItemsResponse<T> {
    /// All of it.
    pub(crate) items: Vec<T>,
}

/// Ids as the vendor lists them: `{"items":[uuid,…]}`, and where it goes on, if it does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ids)]
pub(crate) struct IdsResponse {
    /// Ids.
    pub(crate) items: Vec<Uuid>,
    /// Present where the list goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) paging: Option<Paging>,
}

impl<T: ToSchema> utoipa::PartialSchema for ListResponse<T> {
    fn schema() -> api::RefOr<api::Schema> {
        let time = ObjectBuilder::new()
            .schema_type(api::Type::String)
            .format(Some(api::SchemaFormat::KnownFormat(
                api::KnownFormat::DateTime,
            )))
            .description(Some("The moment of the answer."));
        let paging = api::schema::RefBuilder::new()
            .ref_location_from_schema_name(Paging::name())
            .description(Some("Where the list goes on."));
        whole::<T>()
            .property("timestamp", time)
            .required("timestamp")
            .property("paging", paging)
            .required("paging")
            .into()
    }
}

impl<T: ToSchema> ToSchema for ListResponse<T> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, api::RefOr<api::Schema>)>) {
        schemas.push((Paging::name().into_owned(), Paging::schema()));
        Paging::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// What every list has.
fn whole<T: ToSchema>() -> ObjectBuilder {
    let items = api::schema::ArrayBuilder::new()
        .items(api::Ref::from_schema_name(T::name()))
        .description(Some("The items."));
    ObjectBuilder::new()
        .property("items", items)
        .required("items")
}

impl<T: ToSchema> utoipa::PartialSchema for ItemsResponse<T> {
    fn schema() -> api::RefOr<api::Schema> {
        whole::<T>().into()
    }
}

impl<T: ToSchema> ToSchema for ItemsResponse<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Items", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, api::RefOr<api::Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
