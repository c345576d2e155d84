//! The schemas of lists: each kind of list has one of its own.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, RefBuilder};
use utoipa::openapi::{KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::super::wire::list::{Items, List, Paging};

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let time = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("The moment of the answer."));
        let paging = RefBuilder::new()
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

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Paging::name().into_owned(), Paging::schema()));
        Paging::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// What every list has.
fn whole<T: ToSchema>() -> ObjectBuilder {
    let items = ArrayBuilder::new()
        .items(Ref::from_schema_name(T::name()))
        .description(Some("The items."));
    ObjectBuilder::new()
        .property("items", items)
        .required("items")
}

impl<T: ToSchema> PartialSchema for Items<T> {
    fn schema() -> RefOr<Schema> {
        whole::<T>().into()
    }
}

impl<T: ToSchema> ToSchema for Items<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Items", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
