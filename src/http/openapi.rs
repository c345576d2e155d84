//! The OpenAPI 3.1 document of every endpoint of every dialect, made from their declarations.

mod common;
pub(crate) mod schema;

use serde_json::{Map, Value, json};

use super::endpoint::{Group, Schemas};

/// The document of these endpoints.
#[must_use]
pub fn document(groups: &[Group]) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for group in groups {
        for endpoint in &group.endpoints {
            let operation = &endpoint.operation;
            let mut written = operation.write(group.name, &mut schemas);
            common::complete(&mut written, operation, group.dialect);
            let item = paths
                .entry(documented_path(operation.path))
                .or_insert_with(|| json!({}));
            item[operation.method.as_str().to_ascii_lowercase()] = written;
        }
    }
    let mut tags: Vec<Value> = groups
        .iter()
        .map(|group| json!({ "name": group.name, "description": group.about }))
        .collect();
    tags.dedup();
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
    each_object(&mut document, bound_integers);
    if let Some(schemas) = document.pointer_mut("/components/schemas") {
        each_object(schemas, say_one_line);
    }
    document
}

/// A path as OpenAPI writes it: it has no word for "all segments that follow".
#[must_use]
pub fn documented_path(path: &str) -> String {
    path.replace("{*", "{")
}

/// Counts are 64 bits wide without a sign; what is derived from the types says so only by half.
fn bound_integers(object: &mut Map<String, Value>) {
    if object.get("format") == Some(&json!("int64")) && object.contains_key("minimum") {
        object.insert("format".to_owned(), json!("uint64"));
        object.entry("maximum").or_insert(json!(u64::MAX));
    }
}

/// A text of bounded length is one line, unless its pattern says more
/// ([`crate::domain::text::check_line`]).
fn say_one_line(object: &mut Map<String, Value>) {
    if object.contains_key("maxLength") && !object.contains_key("format") {
        object.entry("pattern").or_insert(json!(schema::LINE));
    }
}

/// Changes each object in `value`, the outer ones first.
fn each_object(value: &mut Value, change: fn(&mut Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, change)),
        Value::Object(object) => {
            change(object);
            let inner = object.values_mut();
            inner.for_each(|value| each_object(value, change));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages;
    use crate::usecases::count_clicks;
    use http::StatusCode;

    /// Two types of one name would overwrite each other.
    #[test]
    fn a_name_stands_for_one_schema() {
        let mut known = Schemas::new();
        let (clicks, _) = count_clicks::channel(1);
        let redirect_status = StatusCode::FOUND;
        let options = pages::Options {
            clicks,
            redirect_status,
        };
        for group in crate::http::endpoints(options) {
            for endpoint in &group.endpoints {
                for (name, schema) in &endpoint.operation.schemas {
                    let form = serde_json::to_value(schema).unwrap();
                    let first = known.entry(name.clone()).or_insert_with(|| form.clone());
                    assert_eq!(*first, form, "two schemas are called {name}");
                }
            }
        }
        assert!(known.len() > 50);
    }
}
