//! What operations share in the document: security, errors, and the headers of writes.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::domain::client::ApiScope;
use crate::http::dialect::{Dialect, OAuthError, Problem};
use crate::http::endpoint::{Access, Operation, Schemas};
use crate::http::{account, billing, partner, reseller};

/// Every dialect, with the name that its shared answers begin with.
const DIALECTS: [(Dialect, &str); 7] = [
    (Dialect::Account, "Account"),
    (Dialect::Token, "Token"),
    (Dialect::Billing, "Billing"),
    (Dialect::Reseller, "Reseller"),
    (Dialect::Partner, "Partner"),
    (Dialect::Native, "Native"),
    (Dialect::Page, "Page"),
];

/// The statuses of errors and what they mean, the same in every dialect.
const ERRORS: [(u16, &str); 16] = [
    (400, "Malformed: the message says which part, and why."),
    (401, "Missing or invalid credentials."),
    (
        403,
        "The token lacks the scope, or its holder may not do this.",
    ),
    (
        404,
        "Unknown, or outside the caller's subtree: the two are answered alike.",
    ),
    (
        406,
        "The answer exists in none of the media types in `Accept`.",
    ),
    (408, "The body did not arrive in time."),
    (
        409,
        "Conflict: a stale `version`, a name that is taken, or a request with the same `Idempotency-Key` that is still in flight.",
    ),
    (
        412,
        "`If-Match` names another version than the current one.",
    ),
    (413, "The body is longer than this endpoint allows."),
    (
        414,
        "The URL is longer than 8 KiB: send long data in the body.",
    ),
    (
        415,
        "A media type that this endpoint does not take, or any `Content-Encoding`.",
    ),
    (
        422,
        "Understood, but refused by a rule; or the `Idempotency-Key` was used for another request.",
    ),
    (
        429,
        "Too many requests, or failed log-ins; `Retry-After` says when to come again.",
    ),
    (431, "Too many headers, or headers that are too long."),
    (
        500,
        "Internal error: the log line with the same request id has the cause.",
    ),
    (
        503,
        "Not available at the moment; `Retry-After` says when to come again.",
    ),
];

/// Adds to `written` what follows from the declaration of its endpoint.
#[expect(
    clippy::indexing_slicing,
    reason = "the document is made of objects, at the start"
)]
pub(super) fn complete(written: &mut Value, operation: &Operation, dialect: Dialect) {
    written["security"] = security(operation.access, dialect);
    let is_write = operation.access != Access::Public && operation.method != Method::GET;
    let parameters = [
        (operation.is_conditional, "IfMatch"),
        (is_write, "IdempotencyKey"),
    ];
    if let Some(known) = written["parameters"].as_array_mut() {
        let wanted = parameters.into_iter().filter(|(wanted, _)| *wanted);
        known.extend(
            wanted.map(|(_, name)| json!({ "$ref": format!("#/components/parameters/{name}") })),
        );
    }
    let mut statuses = statuses(operation, is_write);
    statuses.extend(&operation.refusals);
    if operation.is_conditional {
        statuses.extend([409, 412]);
    }
    for status in statuses {
        let name = shared_name(dialect, status);
        let entry = &mut written["responses"][status.to_string()];
        if entry.is_null() {
            *entry = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
}

/// How an endpoint can fail, as far as its access, method and path tell.
fn statuses(operation: &Operation, is_write: bool) -> Vec<u16> {
    let mut statuses = vec![400, 413, 414, 415, 429, 431, 500, 503];
    if operation.method != Method::GET {
        statuses.push(408);
    }
    if operation.path.contains('{') {
        statuses.push(404);
    }
    if is_write {
        statuses.extend([409, 422]);
    }
    match operation.access {
        Access::Public => {}
        Access::Token => statuses.push(401),
        Access::Scope(_) => statuses.extend([401, 403]),
    }
    statuses
}

/// Who may call an endpoint.
fn security(access: Access, dialect: Dialect) -> Value {
    let scopes: Vec<&str> = match access {
        Access::Public => return json!([]),
        Access::Token => vec![],
        Access::Scope(scope) => vec![scope.name()],
    };
    match dialect {
        Dialect::Partner => json!([{ "partnerToken": scopes }]),
        _ => json!([{ "clientCredentials": scopes }, { "accessToken": scopes }]),
    }
}

fn shared_name(dialect: Dialect, status: u16) -> String {
    let name = DIALECTS.iter().find(|(known, _)| *known == dialect);
    format!("{}{status}", name.map_or("", |(_, name)| name))
}

/// `components` of the document, which refers to them from `paths`.
pub(super) fn components(mut schemas: Schemas, paths: &Map<String, Value>) -> Value {
    let mut used = BTreeSet::new();
    references(paths.values(), &mut used);
    let mut responses = Map::new();
    for (dialect, _) in DIALECTS {
        for (status, about) in ERRORS {
            let name = shared_name(dialect, status);
            if used.contains(format!("#/components/responses/{name}").as_str()) {
                responses.insert(name, response(dialect, status, about, &mut schemas));
            }
        }
    }
    json!({
        "schemas": schemas,
        "responses": responses,
        "parameters": {
            "IfMatch": {
                "in": "header", "name": "If-Match", "required": false,
                "description": "Do it only if the version is still this one: the `ETag` of an earlier answer. `*` asks for no version in particular.",
                "schema": { "type": "string", "pattern": "^(\"[0-9]{1,20}\"|\\*)$" },
            },
            "IdempotencyKey": {
                "in": "header", "name": "Idempotency-Key", "required": false,
                "description": "Makes a repetition harmless: for 24 hours the same key with the same request gets the first answer again.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            },
        },
        "headers": {
            "ETag": {
                "description": "The version, for `If-Match`.",
                "required": true,
                "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" },
            },
            "RetryAfter": {
                "description": "Seconds.",
                "required": true,
                "schema": { "type": "integer", "minimum": 0 },
            },
            "RateLimit": {
                "description": "For each limit that applies: its name, how many more requests may come (`r`), and within how many seconds no more than these (`t`). Not there after failed log-ins.",
                "schema": { "type": "string" },
                "example": "\"address\";r=19999;t=1, \"client\";r=19999;t=1",
            },
            "RateLimitPolicy": {
                "description": "For each limit that applies: its name, how many requests may come at once (`q`), and in how many seconds as many are allowed again (`w`).",
                "schema": { "type": "string" },
                "example": "\"address\";q=20000;w=10, \"client\";q=20000;w=10",
            },
        },
        "securitySchemes": security_schemes(),
    })
}

fn security_schemes() -> Value {
    let scopes: Map<String, Value> = ApiScope::ALL
        .iter()
        .map(|scope| (scope.name().to_owned(), json!(scope.meaning())))
        .collect();
    json!({
        "clientCredentials": {
            "type": "oauth2",
            "description": "An API client gets a token with its id and secret; the token reaches the client's tenant and all below it.",
            "flows": { "clientCredentials": { "tokenUrl": "/api/2/idp/token", "scopes": scopes } },
        },
        "accessToken": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token from `POST /api/2/idp/token`. The operation says which scope it must have.",
        },
        "partnerToken": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "`OAuth <token>`: the same tokens, with the scheme `OAuth` instead of `Bearer`.",
        },
        "clientSecret": {
            "type": "http", "scheme": "basic",
            "description": "The client's id and secret. They may stand in the form instead, as `client_id` and `client_secret`.",
        },
    })
}

/// Everything that is referred to.
fn references<'a>(values: impl Iterator<Item = &'a Value>, used: &mut BTreeSet<&'a str>) {
    for value in values {
        match value {
            Value::Array(items) => references(items.iter(), used),
            Value::Object(object) => {
                used.extend(object.get("$ref").and_then(Value::as_str));
                references(object.values(), used);
            }
            _ => {}
        }
    }
}

/// An error in the dialect's own envelope.
#[expect(
    clippy::indexing_slicing,
    reason = "the document is made of objects, at the start"
)]
fn response(dialect: Dialect, status: u16, about: &str, schemas: &mut Schemas) -> Value {
    let mut response = json!({ "description": about, "content": envelope(dialect, schemas) });
    let headers = headers(status, dialect);
    if !headers.is_empty() {
        response["headers"] = headers.into();
    }
    response
}

fn headers(status: u16, dialect: Dialect) -> Map<String, Value> {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    let shared = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    let challenge = "WWW-Authenticate".to_owned();
    let after = ("Retry-After".to_owned(), shared("RetryAfter"));
    match status {
        401 if dialect == Dialect::Token => Map::from_iter([(challenge, text("`Basic`."))]),
        401 => Map::from_iter([(challenge, text("The scheme that is expected."))]),
        429 => Map::from_iter([
            after,
            ("RateLimit".to_owned(), shared("RateLimit")),
            ("RateLimit-Policy".to_owned(), shared("RateLimitPolicy")),
        ]),
        503 => Map::from_iter([after]),
        _ => Map::new(),
    }
}

/// The content of an error, by media type.
fn envelope(dialect: Dialect, schemas: &mut Schemas) -> Value {
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    match dialect {
        Dialect::Account => json_of(register::<account::error::ErrorResponse>(schemas)),
        Dialect::Token => json_of(register::<OAuthError>(schemas)),
        Dialect::Native => {
            let schema = register::<Problem>(schemas);
            json!({ "application/problem+json": { "schema": schema } })
        }
        Dialect::Page => json!({ "text/html": { "schema": { "type": "string" } } }),
        Dialect::Billing => json_of(register::<billing::error::ErrorResponse>(schemas)),
        Dialect::Reseller => json_of(register::<reseller::error::ErrorResponse>(schemas)),
        Dialect::Partner => {
            let schema = register::<partner::error::ErrorResponse>(schemas);
            // In XML it is the error alone.
            let xml = json!({ "schema": { "type": "object", "xml": { "name": "error" } } });
            json!({
                "application/json": { "schema": schema },
                "application/xml": xml,
                "text/xml": xml,
            })
        }
    }
}

fn register<T: ToSchema>(schemas: &mut Schemas) -> Value {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        let form = serde_json::to_value(schema).unwrap_or_default();
        schemas.insert(name, form);
    }
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}
