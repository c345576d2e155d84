//! Builder of what an endpoint takes and answers.

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::query::{Described, described};
use super::{Access, Endpoint, Handler, Schemas};
use crate::http::router::BodyLimit;

/// What an endpoint takes and answers.
pub struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) limit: BodyLimit,
    id: &'static str,
    summary: &'static str,
    about: Option<&'static str>,
    parameters: Vec<Value>,
    body: Option<Body>,
    body_example: Option<Value>,
    answers: Vec<Response>,
    /// Statuses of errors beyond those that follow from the rest.
    pub(crate) refusals: Vec<u16>,
    /// Takes `If-Match`.
    pub(crate) is_conditional: bool,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

struct Body {
    is_required: bool,
    content: Map<String, Value>,
}

struct Response {
    status: u16,
    about: &'static str,
    content: Map<String, Value>,
    headers: Map<String, Value>,
}

impl Operation {
    pub(super) const fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            access: Access::Token,
            limit: |limits| limits.default_bytes,
            id,
            summary,
            about: None,
            parameters: Vec::new(),
            body: None,
            body_example: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            is_conditional: false,
            schemas: Vec::new(),
        }
    }

    /// The declaration is complete: `handler` answers. What it takes is described, too.
    #[must_use]
    pub fn to<C, Takes>(mut self, handler: impl Handler<C, Takes>) -> Endpoint {
        handler.describe(&mut self);
        Endpoint {
            operation: self,
            handler: Box::new(move |call| handler.answer(call)),
        }
    }

    /// Gives it another body limit.
    #[must_use]
    pub const fn limit(mut self, limit: BodyLimit) -> Self {
        self.limit = limit;
        self
    }

    /// An example of the body, one that is taken: tests send it.
    #[must_use]
    pub fn example(mut self, example: Value) -> Self {
        self.body_example = Some(example);
        self
    }

    /// The names of the segments of the path that are not fixed.
    pub(super) fn segments(&self) -> impl Iterator<Item = &'static str> + use<> {
        let parts = self.path.split('/');
        parts
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| name.trim_start_matches('*'))
    }

    /// The names of its query parameters.
    pub(crate) fn query_names(&self) -> Vec<String> {
        let in_query = self.parameters.iter().filter(|one| one["in"] == "query");
        in_query
            .filter_map(|one| one["name"].as_str())
            .map(str::to_owned)
            .collect()
    }

    /// What is to be known beyond the summary, in Markdown.
    #[must_use]
    pub(crate) const fn about(mut self, about: &'static str) -> Self {
        self.about = Some(about);
        self
    }

    /// A part of the path, by its name in the pattern.
    pub(crate) fn segment(&mut self, name: &str, schema: Value, about: &str) {
        self.parameters.push(json!({
            "in": "path", "name": name, "required": true, "schema": schema, "description": about,
        }));
    }

    /// A parameter of the query.
    pub(crate) fn query(&mut self, parameter: Described) {
        self.parameters.push(parameter.into());
    }

    /// A parameter of the query that the handler reads itself.
    #[must_use]
    pub fn reads_query(mut self, name: &str, schema: Value, about: &str) -> Self {
        self.query(described(name, false, schema, about));
        self
    }

    /// A header that may be missing.
    fn header(&mut self, name: &str, schema: Value, about: &str) {
        self.parameters.push(json!({
            "in": "header", "name": name, "required": false, "schema": schema, "description": about,
        }));
    }

    /// A JSON body of this wire type, with the example that was given before.
    pub(crate) fn takes<T: ToSchema>(&mut self, is_required: bool) {
        let (schema, example) = (self.schema::<T>(), self.body_example.take());
        self.add_body("application/json", schema, example);
        if let Some(body) = &mut self.body {
            body.is_required = is_required;
        }
    }

    /// A body in a further media type, which the handler reads itself.
    #[must_use]
    pub(crate) fn takes_as(
        mut self,
        media_type: &str,
        schema: Value,
        example: Option<Value>,
    ) -> Self {
        self.add_body(media_type, schema, example);
        self
    }

    /// A JSON body of this wire type, which the handler reads itself.
    #[must_use]
    pub(crate) fn takes_json<T: ToSchema>(mut self, example: Value) -> Self {
        let schema = self.schema::<T>();
        self.takes_as("application/json", schema, Some(example))
    }

    /// A form of this wire type, which the handler reads itself.
    #[must_use]
    pub(crate) fn takes_form<T: ToSchema>(mut self, example: Value) -> Self {
        let schema = self.schema::<T>();
        self.takes_as("application/x-www-form-urlencoded", schema, Some(example))
    }

    fn add_body(&mut self, media_type: &str, schema: Value, example: Option<Value>) {
        let body = self.body.get_or_insert_with(|| Body {
            is_required: true,
            content: Map::new(),
        });
        let content = content(schema, example);
        body.content.insert(media_type.to_owned(), content);
    }

    /// The body may be missing.
    #[must_use]
    pub(crate) fn or_nothing(mut self) -> Self {
        if let Some(body) = &mut self.body {
            body.is_required = false;
        }
        self
    }

    /// Answers with JSON.
    #[must_use]
    pub(crate) fn answers<T: ToSchema>(self, status: u16, about: &'static str) -> Self {
        self.answers_as::<T>(status, about, "application/json")
    }

    /// Answers with JSON of one of two kinds.
    #[must_use]
    pub(crate) fn answers_one_of<T: ToSchema, U: ToSchema>(
        mut self,
        status: u16,
        about: &'static str,
    ) -> Self {
        let schema = json!({ "oneOf": [self.schema::<T>(), self.schema::<U>()] });
        self.answers_raw(status, about, "application/json", schema)
    }

    /// Answers with a JSON array.
    #[must_use]
    pub(crate) fn answers_list_of<T: ToSchema>(mut self, status: u16, about: &'static str) -> Self {
        let schema = json!({ "type": "array", "items": self.schema::<T>() });
        self.answers_raw(status, about, "application/json", schema)
    }

    /// As [`Self::answers`], with another media type. A status may have several.
    #[must_use]
    pub(crate) fn answers_as<T: ToSchema>(
        mut self,
        status: u16,
        about: &'static str,
        media_type: &str,
    ) -> Self {
        let schema = self.schema::<T>();
        self.answers_raw(status, about, media_type, schema)
    }

    /// Answers with what is no wire type.
    #[must_use]
    pub(crate) fn answers_raw(
        mut self,
        status: u16,
        about: &'static str,
        media_type: &str,
        schema: Value,
    ) -> Self {
        let content = content(schema, None);
        let answer = self.answer(status, about);
        answer.content.insert(media_type.to_owned(), content);
        self
    }

    /// A whole answer, as the answer just added has it.
    #[must_use]
    pub(crate) fn such_as(mut self, example: Value) -> Self {
        if let Some(last) = self.answers.last_mut() {
            let open = |content: &&mut Value| content.get("example").is_none();
            for content in last.content.values_mut().filter(open) {
                content["example"] = example.clone();
            }
        }
        self
    }

    /// Answers without a body.
    #[must_use]
    pub(crate) fn answers_nothing(mut self, status: u16, about: &'static str) -> Self {
        self.answer(status, about);
        self
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the place was found, or is that of the last"
    )]
    fn answer(&mut self, status: u16, about: &'static str) -> &mut Response {
        let known = self.answers.iter().position(|known| known.status == status);
        let place = known.unwrap_or_else(|| {
            self.answers.push(Response {
                status,
                about,
                content: Map::new(),
                headers: Map::new(),
            });
            self.answers.len() - 1
        });
        &mut self.answers[place]
    }

    /// Gives the answer just added a header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &str, schema: Value, about: &str) -> Self {
        if let Some(last) = self.answers.last_mut() {
            let header = json!({ "schema": schema, "description": about });
            last.headers.insert(name.to_owned(), header);
        }
        self
    }

    /// The answer just added has an `ETag`, which `If-Match` takes.
    #[must_use]
    pub(crate) fn tagged(mut self) -> Self {
        if let Some(last) = self.answers.last_mut() {
            let header = json!({ "$ref": "#/components/headers/ETag" });
            last.headers.insert("ETag".to_owned(), header);
        }
        self
    }

    /// Asked again with the tag that is known already, it is answered 304.
    #[must_use]
    pub(crate) fn cached(mut self) -> Self {
        let about = "The `ETag` of what is there already.";
        self.header("If-None-Match", json!({ "type": "string" }), about);
        self.answers_nothing(304, "It is what is there already.")
    }

    /// The write takes `If-Match`.
    #[must_use]
    pub(crate) const fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }

    /// May also be refused with this status, which does not follow from the rest.
    #[must_use]
    pub(crate) fn refuses(mut self, status: u16) -> Self {
        self.refusals.push(status);
        self
    }

    /// The schema of a wire type, by reference.
    fn schema<T: ToSchema>(&mut self) -> Value {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }

    /// The operation as the document has it, but for what follows from its access. `schemas` gets
    /// what it refers to.
    #[expect(
        clippy::indexing_slicing,
        reason = "the document is made of objects, at the start"
    )]
    pub(crate) fn write(&self, tag: &str, schemas: &mut Schemas) -> Value {
        for (name, schema) in &self.schemas {
            let form = serde_json::to_value(schema).unwrap_or_default();
            schemas.insert(name.clone(), form);
        }
        let answers: Map<String, Value> = self
            .answers
            .iter()
            .map(|answer| (answer.status.to_string(), answer.write()))
            .collect();
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": [tag],
            "parameters": self.parameters,
            "responses": answers,
        });
        if let Some(about) = self.about {
            operation["description"] = json!(about);
        }
        if let Some(body) = &self.body {
            operation["requestBody"] =
                json!({ "required": body.is_required, "content": body.content });
        }
        operation
    }
}

impl Response {
    #[expect(
        clippy::indexing_slicing,
        reason = "the document is made of objects, at the start"
    )]
    fn write(&self) -> Value {
        let mut answer = json!({ "description": self.about });
        if !self.content.is_empty() {
            answer["content"] = json!(self.content);
        }
        if !self.headers.is_empty() {
            answer["headers"] = json!(self.headers);
        }
        answer
    }
}

fn content(schema: Value, example: Option<Value>) -> Value {
    match example {
        Some(example) => json!({ "schema": schema, "example": example }),
        None => json!({ "schema": schema }),
    }
}
