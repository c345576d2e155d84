//! The operations of the document as requests: with the examples that it shows, about things that
//! exist.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;

use super::objects::Place;
use crate::openapi::document;
use crate::support::api::{Answer, Api};

/// A body that the document shows, or that a test has for what it does not show.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With `{names}`.
    pub(crate) path: String,
    /// The scopes that a token must have; `None` where it is open to everybody.
    pub(crate) scopes: Option<Vec<String>>,
    /// `Bearer` or `OAuth`.
    pub(crate) scheme: &'static str,
    /// Name and value of the parameters that have an example.
    query: Vec<(String, String)>,
    pub(crate) bodies: Vec<Body>,
    /// The statuses that are described.
    pub(crate) statuses: Vec<u16>,
    /// The example of the answer in JSON, by status.
    pub(crate) answers: BTreeMap<u16, Value>,
}

/// A picture, as far as anybody looks into it.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

/// All operations.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push(read(path, method, operation));
        }
    }
    all
}

fn read(path: &str, method: &str, operation: &Value) -> Operation {
    let schemes = operation["security"].as_array().unwrap();
    let first = schemes.first().map(|scheme| scheme.as_object().unwrap());
    let scopes = first.map(|scheme| {
        let scopes = scheme
            .values()
            .flat_map(|scopes| scopes.as_array().unwrap());
        scopes
            .map(|scope| scope.as_str().unwrap().to_owned())
            .collect()
    });
    let is_partner = first.is_some_and(|scheme| scheme.contains_key("partnerToken"));
    let parameters = operation["parameters"].as_array().unwrap().iter();
    let query = parameters.filter(|parameter| parameter["in"] == "query");
    let query = query.filter_map(|parameter| {
        let value = match &parameter["example"] {
            Value::Null => return None,
            Value::Array(items) => items[0].clone(),
            value => value.clone(),
        };
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Some((parameter["name"].as_str().unwrap().to_owned(), text))
    });
    let contents = operation["requestBody"]["content"].as_object();
    let bodies = contents.into_iter().flatten();
    let responses = operation["responses"].as_object().unwrap();
    let answers = responses.iter().filter_map(|(status, response)| {
        let example = &response["content"]["application/json"]["example"];
        (!example.is_null()).then(|| (status.parse().unwrap(), example.clone()))
    });
    Operation {
        id: operation["operationId"].as_str().unwrap().to_owned(),
        method: method.to_ascii_uppercase().parse().unwrap(),
        path: path.to_owned(),
        scopes,
        scheme: if is_partner { "OAuth" } else { "Bearer" },
        query: query.collect(),
        bodies: bodies
            .map(|(media_type, content)| body(media_type, content))
            .collect(),
        statuses: responses
            .keys()
            .map(|status| status.parse().unwrap())
            .collect(),
        answers: answers.collect(),
    }
}

fn body(media_type: &str, content: &Value) -> Body {
    let bytes = match (&content["example"], media_type) {
        (Value::Null, "image/png") => PNG.to_vec(),
        (Value::Null, "image/jpeg") => b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec(),
        (Value::Null, _) => panic!("a body in {media_type} without an example"),
        (Value::String(text), _) => text.clone().into_bytes(),
        (Value::Object(fields), "application/x-www-form-urlencoded") => {
            let pairs = fields
                .iter()
                .map(|(name, value)| (name, value.as_str().unwrap()));
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(pairs).finish().into_bytes()
        }
        (value, _) => value.to_string().into_bytes(),
    };
    Body {
        media_type: media_type.to_owned(),
        bytes,
    }
}

impl Operation {
    /// The names in the path.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        self.path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect()
    }

    /// Everything of a request that says which things are meant, as text; the examples' ids are
    /// still those of the document.
    pub(crate) fn text(&self) -> String {
        let bodies = self
            .bodies
            .iter()
            .map(|body| String::from_utf8_lossy(&body.bytes));
        let bodies: Vec<_> = bodies.collect();
        format!(
            "{} {} {:?} {}
",
            self.method,
            self.path,
            self.query,
            bodies.join(" ")
        )
    }

    /// Path and query, about the things of `place`.
    pub(crate) fn address(&self, place: &Place) -> String {
        let path = self
            .parameters()
            .into_iter()
            .fold(self.path.clone(), |path, name| {
                let value = place.parameter(&self.path, name);
                let value: String =
                    url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                path.replace(&format!("{{{name}}}"), &value.replace('+', "%20"))
            });
        if self.query.is_empty() {
            return path;
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.query {
            query.append_pair(name, &place.fill(value));
        }
        format!("{path}?{}", query.finish())
    }

    /// Sends it, with `body` about the things of `place`.
    pub(crate) async fn send(
        &self,
        api: &Api,
        authorization: Option<&str>,
        place: &Place,
        body: Option<&Body>,
    ) -> Answer {
        let mut request = api.request(self.method.clone(), &self.address(place));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(body) = body {
            let bytes = match std::str::from_utf8(&body.bytes) {
                Ok(text) => place.fill(text).into_bytes(),
                Err(_) => body.bytes.clone(),
            };
            request = request.header("content-type", &body.media_type).body(bytes);
        }
        api.send(request).await
    }
}
