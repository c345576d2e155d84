//! The OpenAPI 3.1 document of every route of every dialect. A dialect describes its operations in
//! its own `openapi.rs`; what follows from a route (who may call it, how it fails) is taken from the
//! route itself.

mod common;
mod operation;
pub(in crate::http) mod schema;

use serde_json::{Map, Value, json};

pub(in crate::http) use operation::{Group, Operation, delete, get, post, put};

use super::router::Route;
use super::{account, billing, docs, native, pages, partner, reseller};
use operation::Schemas;

/// What every dialect says of its operations.
fn groups() -> Vec<Group> {
    let mut all = account::openapi::groups();
    all.extend(billing::openapi::groups());
    all.extend(reseller::openapi::groups());
    all.extend(partner::openapi::groups());
    all.extend(native::openapi::groups());
    all.extend(pages::openapi::groups());
    all.extend(docs::openapi::groups());
    all
}

/// The document: what the dialects describe, with what follows from `routes`.
///
/// An operation without a route, and a route without an operation, are left as they are: a test
/// finds both.
#[must_use]
pub fn document(routes: &[Route]) -> Value {
    let groups = groups();
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for group in &groups {
        for operation in &group.operations {
            let mut written = operation.write(group, &mut schemas);
            let same =
                |route: &&Route| route.path == operation.path && route.method == operation.method;
            if let Some(route) = routes.iter().find(same) {
                common::complete(&mut written, operation, route);
            }
            let item = paths
                .entry(documented_path(operation.path))
                .or_insert_with(|| json!({}));
            item[operation.method.as_str().to_ascii_lowercase()] = written;
        }
    }
    let tags: Vec<Value> = groups
        .iter()
        .map(|group| json!({ "name": group.name, "description": group.about }))
        .collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "upsell",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Quota upsell for backup clouds",
            "description": include_str!("openapi/about.md"),
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/", "description": "This service" }],
        "tags": tags,
        "components": common::components(schemas, &paths),
        "paths": paths,
    });
    bound_integers(&mut document);
    document
}

/// A path as OpenAPI writes it: it has no word for "all segments that follow".
#[must_use]
pub fn documented_path(path: &str) -> String {
    path.replace("{*", "{")
}

/// Counts are 64 bits wide without a sign; what is derived from the types says so only by half.
fn bound_integers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        Value::Object(object) => {
            if object.get("format") == Some(&json!("int64")) && object.contains_key("minimum") {
                object.insert("format".to_owned(), json!("uint64"));
                object.entry("maximum").or_insert(json!(u64::MAX));
            }
            object.values_mut().for_each(bound_integers);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two types of one name would overwrite each other.
    #[test]
    fn a_name_stands_for_one_schema() {
        let mut known = Schemas::new();
        for group in groups() {
            for operation in &group.operations {
                for (name, schema) in &operation.schemas {
                    let form = serde_json::to_value(schema).unwrap();
                    let first = known.entry(name.clone()).or_insert_with(|| form.clone());
                    assert_eq!(*first, form, "two schemas are called {name}");
                }
            }
        }
        assert!(known.len() > 50);
    }
}
