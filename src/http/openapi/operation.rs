//! How a dialect describes what it answers to. What every route has in common (the token and its
//! scope, the errors, `Idempotency-Key`) is added where the document is put together: it follows
//! from the route.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// Named schemas, each with the one form that it has.
pub(super) type Schemas = BTreeMap<String, Value>;

/// Operations on one kind of thing.
pub(in crate::http) struct Group {
    /// What stands over them.
    pub(in crate::http) name: &'static str,
    /// What the thing is, in Markdown.
    pub(in crate::http) about: &'static str,
    /// The parts of the paths: name, schema, meaning.
    pub(in crate::http) path: Vec<(&'static str, Value, &'static str)>,
    /// What can be done.
    pub(in crate::http) operations: Vec<Operation>,
}

/// One method of one path.
pub(in crate::http) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    summary: &'static str,
    about: Option<&'static str>,
    parameters: Vec<Value>,
    body: Option<Body>,
    answers: Vec<Answer>,
    /// Statuses of errors beyond those that follow from the route.
    pub(super) refusals: Vec<u16>,
    /// Takes `If-Match`.
    pub(super) is_conditional: bool,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

struct Body {
    is_required: bool,
    content: Map<String, Value>,
}

struct Answer {
    status: u16,
    about: &'static str,
    content: Map<String, Value>,
    headers: Map<String, Value>,
}

/// GET: see [`Operation::new`].
pub(in crate::http) fn get(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
) -> Operation {
    Operation::new(Method::GET, path, id, summary)
}

/// PUT: see [`Operation::new`].
pub(in crate::http) fn put(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
) -> Operation {
    Operation::new(Method::PUT, path, id, summary)
}

/// POST: see [`Operation::new`].
pub(in crate::http) fn post(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
) -> Operation {
    Operation::new(Method::POST, path, id, summary)
}

/// DELETE: see [`Operation::new`].
pub(in crate::http) fn delete(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
) -> Operation {
    Operation::new(Method::DELETE, path, id, summary)
}

impl Operation {
    /// `id` is the name in generated clients; `summary` says what it does in a few words.
    fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            about: None,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            is_conditional: false,
            schemas: Vec::new(),
        }
    }

    /// What is to be known beyond the summary, in Markdown.
    pub(in crate::http) const fn about(mut self, about: &'static str) -> Self {
        self.about = Some(about);
        self
    }

    /// A parameter of the query; it may be missing.
    pub(in crate::http) fn query(self, name: &str, schema: Value, about: &str) -> Self {
        self.parameter("query", name, schema, about)
    }

    /// A parameter of the query with values joined by commas; it may be missing.
    pub(in crate::http) fn query_list(self, name: &str, schema: Value, about: &str) -> Self {
        self.query(name, schema, about)
            .last_parameter("style", json!("form"))
            .last_parameter("explode", json!(false))
    }

    /// A header; it may be missing.
    pub(in crate::http) fn header(self, name: &str, schema: Value, about: &str) -> Self {
        self.parameter("header", name, schema, about)
    }

    fn parameter(mut self, place: &str, name: &str, schema: Value, about: &str) -> Self {
        self.parameters.push(json!({
            "in": place, "name": name, "required": false, "schema": schema, "description": about,
        }));
        self
    }

    fn last_parameter(mut self, name: &str, value: Value) -> Self {
        if let Some(Value::Object(last)) = self.parameters.last_mut() {
            last.insert(name.to_owned(), value);
        }
        self
    }

    /// The parameter just added must be there.
    pub(in crate::http) fn required(self) -> Self {
        self.last_parameter("required", json!(true))
    }

    /// Gives the parameter just added an example, which requests of tests send.
    pub(in crate::http) fn such_as(self, example: impl Into<Value>) -> Self {
        self.last_parameter("example", example.into())
    }

    /// A JSON body that must be there. Its example is one that is taken.
    pub(in crate::http) fn takes<T: ToSchema>(self, example: Value) -> Self {
        self.takes_as::<T>("application/json", example)
    }

    /// As [`Self::takes`], with another media type. Several may be offered.
    pub(in crate::http) fn takes_as<T: ToSchema>(
        mut self,
        media_type: &str,
        example: Value,
    ) -> Self {
        let schema = self.schema::<T>();
        self.takes_raw(media_type, schema, Some(example))
    }

    /// A body whose schema is no wire type's.
    pub(in crate::http) fn takes_raw(
        mut self,
        media_type: &str,
        schema: Value,
        example: Option<Value>,
    ) -> Self {
        let body = self.body.get_or_insert_with(|| Body {
            is_required: true,
            content: Map::new(),
        });
        let content = content(schema, example);
        body.content.insert(media_type.to_owned(), content);
        self
    }

    /// The body may be missing.
    pub(in crate::http) fn or_nothing(mut self) -> Self {
        if let Some(body) = &mut self.body {
            body.is_required = false;
        }
        self
    }

    /// Answers with JSON. The example is a whole answer, or null where the schema says enough.
    pub(in crate::http) fn answers<T: ToSchema>(
        self,
        status: u16,
        about: &'static str,
        example: Value,
    ) -> Self {
        self.answers_as::<T>(status, about, "application/json", example)
    }

    /// Answers with JSON of one of two kinds.
    pub(in crate::http) fn answers_one_of<T: ToSchema, U: ToSchema>(
        mut self,
        status: u16,
        about: &'static str,
    ) -> Self {
        let schema = json!({ "oneOf": [self.schema::<T>(), self.schema::<U>()] });
        self.answers_raw(status, about, "application/json", schema, None)
    }

    /// Answers with a JSON array.
    pub(in crate::http) fn answers_list_of<T: ToSchema>(
        mut self,
        status: u16,
        about: &'static str,
    ) -> Self {
        let schema = json!({ "type": "array", "items": self.schema::<T>() });
        self.answers_raw(status, about, "application/json", schema, None)
    }

    /// As [`Self::answers`], with another media type. A status may have several.
    pub(in crate::http) fn answers_as<T: ToSchema>(
        mut self,
        status: u16,
        about: &'static str,
        media_type: &str,
        example: Value,
    ) -> Self {
        let schema = self.schema::<T>();
        let example = (!example.is_null()).then_some(example);
        self.answers_raw(status, about, media_type, schema, example)
    }

    /// Answers with what is no wire type.
    pub(in crate::http) fn answers_raw(
        mut self,
        status: u16,
        about: &'static str,
        media_type: &str,
        schema: Value,
        example: Option<Value>,
    ) -> Self {
        let content = content(schema, example);
        let answer = self.answer(status, about);
        answer.content.insert(media_type.to_owned(), content);
        self
    }

    /// Answers without a body.
    pub(in crate::http) fn answers_nothing(mut self, status: u16, about: &'static str) -> Self {
        self.answer(status, about);
        self
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the place was found, or is that of the last"
    )]
    fn answer(&mut self, status: u16, about: &'static str) -> &mut Answer {
        let known = self.answers.iter().position(|known| known.status == status);
        let place = known.unwrap_or_else(|| {
            self.answers.push(Answer {
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
    pub(in crate::http) fn with_header(mut self, name: &str, schema: Value, about: &str) -> Self {
        if let Some(last) = self.answers.last_mut() {
            let header = json!({ "schema": schema, "description": about });
            last.headers.insert(name.to_owned(), header);
        }
        self
    }

    /// The answer just added has an `ETag`, which `If-Match` takes.
    pub(in crate::http) fn tagged(mut self) -> Self {
        if let Some(last) = self.answers.last_mut() {
            let header = json!({ "$ref": "#/components/headers/ETag" });
            last.headers.insert("ETag".to_owned(), header);
        }
        self
    }

    /// Asked again with the tag that is known already, it is answered 304.
    pub(in crate::http) fn cached(self) -> Self {
        let about = "The `ETag` of what is there already.";
        self.header("If-None-Match", json!({ "type": "string" }), about)
            .answers_nothing(304, "It is what is there already.")
    }

    /// The write takes `If-Match`.
    pub(in crate::http) const fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }

    /// May also be refused with this status, which does not follow from the route.
    pub(in crate::http) fn refuses(mut self, status: u16) -> Self {
        self.refusals.push(status);
        self
    }

    /// The schema of a wire type, by reference.
    fn schema<T: ToSchema>(&mut self) -> Value {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }

    /// The operation as the document has it, but for what follows from the route. `schemas` gets
    /// what it refers to.
    #[expect(
        clippy::indexing_slicing,
        reason = "the document is made of objects, at the start"
    )]
    pub(super) fn write(&self, group: &Group, schemas: &mut Schemas) -> Value {
        for (name, schema) in &self.schemas {
            let form = serde_json::to_value(schema).unwrap_or_default();
            schemas.insert(name.clone(), form);
        }
        let in_path = group.path.iter().filter(|(name, ..)| {
            let (one, rest) = (format!("{{{name}}}"), format!("{{*{name}}}"));
            self.path.contains(&one) || self.path.contains(&rest)
        });
        let in_path = in_path.map(|(name, schema, about)| {
            json!({ "in": "path", "name": name, "required": true, "schema": schema, "description": about })
        });
        let parameters: Vec<Value> = in_path.chain(self.parameters.iter().cloned()).collect();
        let answers: Map<String, Value> = self
            .answers
            .iter()
            .map(|answer| (answer.status.to_string(), answer.write()))
            .collect();
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": [group.name],
            "parameters": parameters,
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

impl Answer {
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
