//! The document itself, described.

use serde_json::json;

use crate::http::openapi::{Group, get, schema};

/// What is answered here.
pub(in crate::http) fn groups() -> Vec<Group> {
    vec![Group {
        name: "Documentation",
        about: "This document, and the page to read it on.",
        path: vec![("file", schema::any_text(), "The name of the file.")],
        operations: vec![
            get(
                "/api/upsell/v1/openapi.json",
                "readOpenApi",
                "This document",
            )
            .answers_raw(
                200,
                "OpenAPI 3.1.",
                "application/json",
                json!({ "type": "object" }),
                None,
            )
            .cached(),
            get("/docs", "readDocs", "The page to read it on").answers_raw(
                200,
                "The page.",
                "text/html",
                schema::any_text(),
                None,
            ),
            get("/docs/{file}", "readDocsFile", "What that page loads")
                .answers_raw(200, "The file.", "text/css", schema::any_text(), None)
                .answers_raw(
                    200,
                    "The file.",
                    "text/javascript",
                    schema::any_text(),
                    None,
                )
                .cached(),
        ],
    }]
}
